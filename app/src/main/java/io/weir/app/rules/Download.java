package io.weir.app.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** Fetches a file over HTTPS, following redirections that stay with HTTPS. */
final class Download {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final int OK = 200;

  private final SSLContext tls;

  /**
   * @param tls whom to trust
   */
  Download(SSLContext tls) {
    this.tls = tls;
  }

  /**
   * @param limit octets; a longer file is refused
   * @throws IOException if it cannot be had
   */
  void fetch(URI address, Path target, long limit) throws IOException, InterruptedException {
    if (!"https".equalsIgnoreCase(address.getScheme())) {
      throw new IOException(address + " (expected: https://…)");
    }
    HttpRequest request = HttpRequest.newBuilder(address).timeout(ANSWER_TIMEOUT).build();
    try (HttpClient client = client()) {
      HttpResponse<InputStream> answer =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = answer.body();
          OutputStream out = Files.newOutputStream(target)) {
        if (answer.statusCode() != OK) {
          throw new IOException(address + ": status " + answer.statusCode() + " (expected: 200)");
        }
        copy(body, out, limit, address);
      } finally {
        client.shutdownNow();
      }
    }
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .sslContext(tls)
        .followRedirects(HttpClient.Redirect.NORMAL)
        .connectTimeout(CONNECT_TIMEOUT)
        .build();
  }

  private static void copy(InputStream in, OutputStream out, long limit, URI address)
      throws IOException {
    byte[] buffer = new byte[64 * 1024];
    long size = 0;
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      size += count;
      if (size > limit) {
        throw new IOException(address + ": more than " + limit + " octets");
      }
      out.write(buffer, 0, count);
    }
  }
}
