package io.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.route.Route;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The examples are compiled as they are, but for two things that this machine does not have: the
 * certificates and keys they name are made for the test, and their backends' names become
 * addresses.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("../examples");
  private static final Pattern PEM = Pattern.compile("/etc/weir/([a-z-]+)\\.(pem|key)");
  private static final String[] HOSTS = {"api.example.com", "www.example.com", "example.com"};

  @TempDir Path folder;

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private void compile(Path example, Consumer<Generation> check) throws Exception {
    String text = Files.readString(example);
    Matcher pem = PEM.matcher(text);
    while (pem.find()) {
      String algorithm = pem.group(1).contains("rsa") ? "RSA" : "EC";
      if (pem.group(2).equals("pem")) {
        String[] hosts =
            Stream.concat(Stream.of(HOSTS), Stream.of("*.example.com")).toArray(String[]::new);
        TestCertificates.write(folder, pem.group(1), algorithm, 1, hosts);
      }
    }
    text =
        text.replace("/etc/weir/", "")
            .replace("interfaces: [eth0]", "interfaces: [lo]") // which every machine has
            .replace("required: true ", "required: false ") // for tests without privileges
            .replaceAll("\"[a-z0-9.-]+\\.example\\.com:", "\"192.0.2.99:");
    Files.writeString(folder.resolve("blocked.txt"), "192.0.2.66\n");
    Files.writeString(folder.resolve("identity.key"), "0123456789abcdef".repeat(4) + "\n");
    Files.createDirectories(folder.resolve("rules"));
    for (String rules : List.of("site.conf", "late.conf")) {
      Files.copy(
          EXAMPLES.resolve("rules").resolve(rules),
          folder.resolve("rules").resolve(rules),
          StandardCopyOption.REPLACE_EXISTING);
    }
    Path file = Files.writeString(folder.resolve("weir.yaml"), text);
    switch (Compilation.of(file)) {
      case Compilation.Refused refused -> assertThat(refused.problems()).isEmpty();
      case Compilation.Accepted accepted -> {
        try (Generation generation = accepted.generation()) {
          check.accept(generation);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void compilesToWhatItSays(Path example) throws Exception {
    compile(
        example,
        generation -> {
          ProxySnapshot snapshot = generation.snapshot();
          var config = generation.config();
          assertThat(snapshot.generation()).isEqualTo(1);
          assertThat(snapshot.digest()).matches("[0-9a-f]{12}");
          assertThat(snapshot.listeners()).hasSameSizeAs(config.listeners());
          config.listeners().forEach(listener -> checkListener(snapshot, listener));
          config.pools().forEach(pool -> checkPool(snapshot, pool));
        });
  }

  private static void checkListener(ProxySnapshot snapshot, io.weir.config.Listener wanted) {
    ListenerSettings listener = snapshot.listener(wanted.name());
    assertThat(listener).isNotNull();
    boolean secure = wanted.protocol() != io.weir.config.Listener.Protocol.HTTP;
    assertThat(listener)
        .satisfies(
            l -> assertThat(l.tls() != null).isEqualTo(secure),
            l -> assertThat(l.addresses()).hasSameSizeAs(wanted.addresses()),
            l -> assertThat(l.clients() != null).isEqualTo(wanted.clientLimits().isPresent()));
  }

  private static void checkPool(ProxySnapshot snapshot, io.weir.config.Pool wanted) {
    Pool pool = snapshot.pools().get(wanted.name());
    assertThat(pool).isNotNull();
    assertThat(pool)
        .satisfies(p ->
            assertThat(p.backends()).extracting(Backend::name).hasSameSizeAs(wanted.backends()));
  }

  @Test
  void keepsTheOrderOfRoutesAndAddsThoseThatFollow() throws Exception {
    compile(
        EXAMPLES.resolve("minimal.yaml"),
        generation ->
            assertThat(generation.snapshot().listeners().values())
                .singleElement()
                .satisfies(listener ->
                    assertThat(listener.routes().routes())
                        .extracting(Route::name)
                        .containsExactly("(pool)")));
  }
}
