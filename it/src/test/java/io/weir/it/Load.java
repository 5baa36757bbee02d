package io.weir.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that ask one after the other until told to stop, each on connections of its own, and
 * remember everything but a whole 200. A connection that ended with {@code Connection: close}, or
 * while idle, is no failure: that is how HTTP/1.1 ends connections.
 */
final class Load implements AutoCloseable {
  private static final int REQUESTS_PER_CONNECTION = 50;

  private final int port;
  private final String request;
  private final AtomicLong answers = new AtomicLong();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final CountDownLatch ended;
  private volatile boolean stop;

  private Load(int port, String request, int clients) {
    this.port = port;
    this.request = request;
    ended = new CountDownLatch(clients);
    for (int i = 0; i < clients; i++) {
      Thread.ofPlatform().daemon().start(this::run);
    }
  }

  /** So many clients that send this request. */
  static Load start(int port, String request, int clients) {
    return new Load(port, request, clients);
  }

  private void run() {
    try {
      while (!stop) {
        oneConnection();
      }
    } finally {
      ended.countDown();
    }
  }

  private void oneConnection() {
    try (Wire wire = Wire.to(port)) {
      for (int i = 0; i < REQUESTS_PER_CONNECTION && !stop; i++) {
        wire.send(request);
        Message answer = readAnswer(wire, i == 0);
        if (answer == null) {
          return;
        }
        if (answer.status() != 200 || !answer.whole()) {
          failures.add(answer.startLine() + (answer.whole() ? "" : ", cut"));
        }
        answers.incrementAndGet();
        if (answer.fields("Connection").contains("close")) {
          return;
        }
      }
    } catch (IOException | RuntimeException failed) {
      failures.add(failed.toString());
    }
  }

  /**
   * Null where the connection, kept from an earlier request, was closed in good order meanwhile.
   */
  private static Message readAnswer(Wire wire, boolean first) throws IOException {
    String head = wire.readHead();
    if (head == null) {
      if (first) {
        throw new IOException("closed without an answer");
      }
      return null;
    }
    return wire.readAnswerBody(head);
  }

  /** Whole answers so far. */
  long answers() {
    return answers.get();
  }

  /** What went wrong so far, one line each. */
  List<String> failures() {
    return new ArrayList<>(failures);
  }

  @Override
  public void close() {
    end();
  }

  /** Asks no more, and lets requests in progress end: then no failure is to come. */
  void end() {
    stop = true;
    try {
      ended.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
