package io.weir.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks what single values cannot tell: how the parts of a configuration relate. Finds all
 * problems; runs also on a configuration that has some already, and says nothing about values that
 * stand in for wrong ones.
 */
final class ConfigCheck {
  private final Config config;
  private final Problems problems;
  private final Set<String> pools;
  private final Set<String> certificates;

  ConfigCheck(Config config, Problems problems) {
    this.config = config;
    this.problems = problems;
    this.pools = config.pools().stream().map(Pool::name).collect(Collectors.toSet());
    this.certificates =
        config.certificates().stream().map(Certificate::name).collect(Collectors.toSet());
  }

  void check() {
    unique("certificates", config.certificates().stream().map(Certificate::name).toList());
    unique("pools", config.pools().stream().map(Pool::name).toList());
    unique("listeners", config.listeners().stream().map(Listener::name).toList());
    unique("routes", config.routes().stream().map(Route::name).toList());
    checkCertificates();
    new PoolCheck(config, problems).check();
    new ListenerCheck(config, problems, this).check();
    new RouteCheck(config, problems, this).check();
    new PacketPlaneCheck(config, problems, this).check();
  }

  private void checkCertificates() {
    for (int i = 0; i < config.certificates().size(); i++) {
      Certificate entry = config.certificates().get(i);
      String path = "certificates[" + i + "]";
      if (entry.certificate().isPresent() != entry.key().isPresent()) {
        problems.add(path, "one of certificate and key (expected: both)");
      } else if (entry.allPairs().isEmpty() && !problems.doubtful(path + ".pairs")) {
        problems.add(path, "no files (expected: certificate and key, or pairs)");
      }
    }
  }

  /** Reports a name that several entries of a list have. */
  void unique(String list, List<String> names) {
    Map<String, Integer> first = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Integer other = names.get(i).isEmpty() ? null : first.putIfAbsent(names.get(i), i);
      if (other != null) {
        int line = problems.lineOf(list + "[" + other + "].name");
        problems.add(
            list + "[" + i + "].name",
            names.get(i) + " is the name of another one, on line " + line);
      }
    }
  }

  /** The names of all pools. */
  Set<String> pools() {
    return pools;
  }

  /** Reports a pool that does not exist. */
  void pool(String path, Optional<String> name) {
    name.ifPresent(pool -> reference(path, pool, "pool", pools));
  }

  /** Reports a certificate that does not exist. */
  void certificate(String path, String name) {
    reference(path, name, "certificate", certificates);
  }

  /** Reports a name that nothing has. */
  void reference(String path, String name, String kind, Collection<String> known) {
    if (name.isEmpty() || known.contains(name) || problems.full()) {
      return;
    }
    String hint =
        Text.nearest(name, known)
            .map(near -> "did you mean " + near + "?")
            .orElse("there is no " + kind + " of this name");
    problems.add(path, name + " (expected: the name of a " + kind + ")", hint);
  }
}
