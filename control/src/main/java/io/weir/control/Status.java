package io.weir.control;

import io.weir.config.Problem;
import java.time.Instant;
import java.util.List;

/**
 * What has become of the configuration.
 *
 * @param generation number of the one being served, from 1
 * @param digest of its text
 * @param published since when it is served
 * @param reloads how often one was taken up after the first
 * @param refusals how often one was refused since the start
 * @param problems why the last attempt was refused; empty where it was not
 */
public record Status(
    long generation,
    String digest,
    Instant published,
    long reloads,
    long refusals,
    List<Problem> problems) {}
