package io.weir.app.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScreenTest {
  private static final String BEFORE =
      """
      {"instance": "lb-1", "generation": 3, "digest": "abc", "time": "2026-01-02T03:04:05Z",
       "uptime_seconds": 3725, "connections": 7, "cpu_seconds": 1.0, "resident_bytes": 104857600,
       "draining": false, "problems": [], "latency_bounds_us": [1000, 2000, 4000],
       "reasons": {"ok": 100, "route.none": 1},
       "routes": [{"listener": "web", "route": "all", "pool": "app", "requests": 100,
         "statuses": [0, 0, 100, 0, 0, 0], "latencies": [100, 0, 0]}],
       "pools": [{"name": "app", "panicking": false, "backends": [
         {"name": "a", "state": "HEALTHY", "ejected": false, "in_flight": 1, "latency_us": 250,
          "began": 50, "failures": 0, "open": 4}]}]}
      """;

  private static final String NOW =
      """
      {"instance": "lb-1", "generation": 3, "digest": "abc", "time": "2026-01-02T03:04:07Z",
       "uptime_seconds": 3727, "connections": 9, "cpu_seconds": 1.5, "resident_bytes": 104857600,
       "draining": true, "problems": [{"text": "weir.yaml:1:1: bad\\n    hint: mend it"}],
       "latency_bounds_us": [1000, 2000, 4000],
       "reasons": {"ok": 290, "route.none": 11},
       "routes": [{"listener": "web", "route": "all", "pool": "app", "requests": 300,
         "statuses": [0, 0, 280, 0, 20, 0], "latencies": [100, 150, 50]}],
       "pools": [{"name": "app", "panicking": true, "backends": [
         {"name": "a", "state": "UNHEALTHY", "ejected": false, "in_flight": 2, "latency_us": 1260,
          "began": 150, "failures": 4, "open": 5},
         {"name": "b", "state": "HEALTHY", "ejected": true, "in_flight": 0, "latency_us": 0,
          "began": 0, "failures": 0, "open": 0}]}]}
      """;

  @Test
  void showsRatesAndLatenciesOfTheTimeBetween() throws IOException {
    assertThat(lines(BEFORE, NOW))
        .anySatisfy(line ->
            assertThat(line.split(" +"))
                .containsExactly(
                    "web/all", "100", "90", "0", "10", "0", "0", "2.0", "ms", "4.0", "ms"))
        .contains("route.none 5.0/s");
  }

  @Test
  void showsBackendsWithTheirHealth() throws IOException {
    assertThat(lines(BEFORE, NOW))
        .anySatisfy(line -> assertThat(line).startsWith("pool app PANIC"))
        .anySatisfy(line ->
            assertThat(line.strip().split(" +"))
                .containsExactly("a", "UNHEALTHY", "2", "50", "2.0", "1.3", "ms", "5"))
        .anySatisfy(line ->
            assertThat(line.strip().split(" +"))
                .containsExactly("b", "EJECTED", "0", "0", "0", "-", "0"));
  }

  @Test
  void showsTheProcessAndWhatIsWrongWithIt() throws IOException {
    assertThat(lines(BEFORE, NOW))
        .startsWith(
            "weir lb-1  generation 3 (abc)  up 1h2m  connections 9  CPU 25 %  memory 100 MiB"
                + "  DRAINING",
            "refused: weir.yaml:1:1: bad");
  }

  @Test
  void showsNoNegativeRatesWhereTheProcessStartedAnew() throws IOException {
    String fresh = BEFORE.replace("03:04:05Z", "03:04:09Z");
    assertThat(lines(NOW, fresh)).noneMatch(line -> line.contains(" -1") || line.contains("NaN"));
  }

  @Test
  void showsWhatThereIsOfAStrangeStatus() throws IOException {
    assertThat(lines("{}", "{\"routes\": [7, {}], \"pools\": {\"x\": 1}, \"reasons\": []}"))
        .isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "7", "{", "<html>", "{\"a\": \"b\", ]", "&a [*a"})
  void refusesWhatIsNoStatus(String text) {
    assertThatIOException().isThrownBy(() -> StatusSample.parse(text));
  }

  private static List<String> lines(String before, String now) throws IOException {
    return Screen.lines(StatusSample.parse(before), StatusSample.parse(now));
  }
}
