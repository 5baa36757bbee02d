package io.weir.control;

import io.weir.config.Places;
import io.weir.config.Problem;
import io.weir.proxy.tls.CertificateLoadException;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with a configuration while it is compiled. Each thing is said once. */
final class Complaints {
  private final Places places;
  private final Set<Problem> found = new LinkedHashSet<>();

  Complaints(Places places) {
    this.places = places;
  }

  /** Something that the data plane may refuse to be made of what the operator wrote. */
  interface Attempt<T> {
    @Nullable T make() throws CertificateLoadException, SSLException;
  }

  /** What the attempt makes; null, and a problem at this key, where it is refused. */
  <T> @Nullable T attempt(String path, Attempt<T> attempt) {
    try {
      return attempt.make();
    } catch (IllegalArgumentException | CertificateLoadException | SSLException refused) {
      add(path, String.valueOf(refused.getMessage()));
      return null;
    }
  }

  void add(String path, String message) {
    found.add(places.problem(path, message));
  }

  void add(String path, String message, String hint) {
    found.add(places.problem(path, message, hint));
  }

  /** Something wrong in another file. */
  void add(Problem problem) {
    found.add(problem);
  }

  /** Whether the operator wrote this key. */
  boolean written(String path) {
    return places.written(path);
  }

  boolean none() {
    return found.isEmpty();
  }

  /** All problems in the order of their files. */
  List<Problem> list() {
    return found.stream()
        .sorted(
            Comparator.comparing(Problem::file)
                .thenComparingInt(Problem::line)
                .thenComparingInt(Problem::column))
        .toList();
  }
}
