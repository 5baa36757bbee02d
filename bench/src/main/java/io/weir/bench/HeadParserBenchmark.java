package io.weir.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http1.HeadParser;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading a whole HTTP/1.1 head that came in one piece, the usual case, into a reused head. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HeadParserBenchmark {
  private static final byte[] SHORT_REQUEST =
      """
      GET /1k HTTP/1.1
      Host: www.example.com

      """
          .replace("\n", "\r\n")
          .getBytes(ISO_8859_1);

  private static final byte[] BROWSER_REQUEST =
      """
      GET /articles/2026/weirs-and-sluices?page=2&sort=newest HTTP/1.1
      Host: www.example.com
      User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
      Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
      Accept-Language: en-GB,en;q=0.7,de;q=0.3
      Accept-Encoding: gzip, deflate, br, zstd
      Referer: https://www.example.com/articles
      Connection: keep-alive
      Cookie: session=0f1e2d3c4b5a69788796a5b4c3d2e1f0; theme=dark; consent=necessary
      Upgrade-Insecure-Requests: 1
      Sec-Fetch-Dest: document
      Sec-Fetch-Mode: navigate
      Sec-Fetch-Site: same-origin
      Sec-Fetch-User: ?1
      Priority: u=0, i

      """
          .replace("\n", "\r\n")
          .getBytes(ISO_8859_1);

  private static final byte[] RESPONSE =
      """
      HTTP/1.1 200 OK
      Server: backend
      Date: Thu, 01 Jan 2026 00:00:00 GMT
      Content-Type: text/plain
      Content-Length: 1024
      Connection: keep-alive

      """
          .replace("\n", "\r\n")
          .getBytes(ISO_8859_1);

  private final Head head = new Head();

  @Benchmark
  public Head shortRequest() {
    HeadParser.request(filledWith(SHORT_REQUEST), HeadLimits.DEFAULT);
    return checked();
  }

  @Benchmark
  public Head browserRequest() {
    HeadParser.request(filledWith(BROWSER_REQUEST), HeadLimits.DEFAULT);
    return checked();
  }

  @Benchmark
  public Head response() {
    HeadParser.response(filledWith(RESPONSE), HeadLimits.RESPONSE);
    return checked();
  }

  private Head filledWith(byte[] octets) {
    head.clear();
    head.append(octets, 0, octets.length);
    return head;
  }

  private Head checked() {
    if (!head.complete) {
      throw new IllegalStateException("the head was not read whole");
    }
    return head;
  }
}
