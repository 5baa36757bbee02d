package io.weir.app.rules;

import io.weir.waf.Match;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What became of requests, by the port of the client. */
final class Findings {
  /**
   * One request.
   *
   * @param reason how it ended
   * @param matches what the rules found; null where they did not see it
   */
  record Entry(String reason, @Nullable List<Match> matches) {}

  private final Map<Integer, Entry> byPort = new HashMap<>();

  private Findings() {}

  /**
   * @param log an access log
   * @param matches what the rules found, by the request's id
   */
  static Findings read(Path log, Map<String, List<Match>> matches) throws IOException {
    Findings findings = new Findings();
    for (String line : Files.readAllLines(log)) {
      Map<?, ?> fields = (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(line);
      Entry entry =
          new Entry("" + fields.get("reason"), matches.get("" + fields.get("request_id")));
      findings.byPort.putIfAbsent((Integer) fields.get("client_port"), entry);
    }
    return findings;
  }

  /** The first request of that port, or null. */
  @Nullable Entry of(int port) {
    return byPort.get(port);
  }
}
