package io.weir.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Collects the problems of one file, and knows where in the file each path stands. */
final class Problems {
  /** A file of nothing but problems must not take the memory of one problem per byte. */
  private static final int MOST = 1000;

  private final String file;
  private final List<Problem> found = new ArrayList<>();
  private final Map<String, Mark> places = new HashMap<>();
  private final Set<String> doubtful = new HashSet<>();
  private int omitted;

  Problems(String file) {
    this.file = file;
  }

  /** Remembers where a path stands. */
  void place(String path, Mark mark) {
    places.put(path, mark);
  }

  /** Whether the operator wrote this path, rather than leaving it to its default. */
  boolean written(String path) {
    return places.containsKey(path);
  }

  void add(String path, String message) {
    add(path, message, "");
  }

  /** Reports a problem at the path, or, if it was not written, at the block it belongs to. */
  void add(String path, String message, String hint) {
    add(markOf(path), path, message, hint);
  }

  void add(Mark mark, String path, String message, String hint) {
    if (full()) {
      omitted++;
      return;
    }
    doubtful.add(path);
    found.add(problem(mark, path, message, hint.isEmpty() ? Optional.empty() : Optional.of(hint)));
  }

  /** A problem at the path that is not added to the others. */
  Problem problem(String path, String message, Optional<String> hint) {
    return problem(markOf(path), path, message, hint);
  }

  private Problem problem(Mark mark, String path, String message, Optional<String> hint) {
    return new Problem(file, mark.line(), mark.column(), path, message, hint);
  }

  /** Whether the value at this path was replaced because it was wrong, so that it says nothing. */
  boolean doubtful(String path) {
    return doubtful.contains(path);
  }

  /** Whether this path or one below it is doubtful. */
  boolean doubtfulWithin(String path) {
    return doubtful.stream().anyMatch(at -> at.startsWith(path));
  }

  /** Whether further problems are only counted. */
  boolean full() {
    return found.size() >= MOST;
  }

  boolean none() {
    return found.isEmpty();
  }

  /** All problems in the order of the file. */
  List<Problem> list() {
    List<Problem> sorted = new ArrayList<>(found);
    sorted.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
    if (omitted > 0) {
      sorted.add(
          new Problem(file, 0, 0, "", "and " + omitted + " more problems", Optional.empty()));
    }
    return List.copyOf(sorted);
  }

  /** The line on which a path stands, for messages that point to a second place. */
  int lineOf(String path) {
    return markOf(path).line();
  }

  private Mark markOf(String path) {
    for (String at = path; !at.isEmpty(); at = parent(at)) {
      Mark mark = places.get(at);
      if (mark != null) {
        return mark;
      }
    }
    return Mark.START;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
  }
}
