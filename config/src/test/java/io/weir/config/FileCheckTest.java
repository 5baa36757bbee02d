package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCheckTest {
  private static final Path PEM = Path.of("src/test/resources/pem");

  @TempDir Path folder;

  @BeforeEach
  void copyCertificates() throws IOException {
    for (String name : new String[] {"ec.pem", "ec.key", "rsa.pem", "rsa.key"}) {
      Files.copy(PEM.resolve(name), folder.resolve(name));
    }
  }

  private String problems(String certificate, String sni) throws IOException {
    Path file = folder.resolve("weir.yaml");
    Files.writeString(
        file,
        """
        certificates:
          - { name: c, %s }
        listeners:
          - name: web
            address: "127.0.0.1:443"
            protocol: https
            sni_routing:
              - { sni: "%s", certificate: c }
            pool: app
        pools:
          - { name: app, backends: [{ address: "192.0.2.1:80" }] }
        """
            .formatted(certificate, sni));
    return switch (ConfigReader.load(file)) {
      case ConfigResult.Accepted accepted -> "";
      case ConfigResult.Refused refused ->
          refused.problems().stream()
              .map(p -> p.toString().replace(folder + "/", ""))
              .collect(Collectors.joining("\n"));
    };
  }

  @Test
  void acceptsKeysThatFitAndNamesThatAreCarried() throws IOException {
    String pairs =
        "pairs: [{ certificate: ec.pem, key: ec.key }, { certificate: rsa.pem, key: rsa.key }]";
    assertThat(problems("certificate: ec.pem, key: ec.key", "api.example.com")).isEmpty();
    assertThat(problems("certificate: ec.pem, key: ec.key", "*.example.com")).isEmpty();
    assertThat(problems(pairs, "api.example.com")).isEmpty();
  }

  @Test
  void refusesACertificateWithoutTheNameItIsFor() throws IOException {
    assertThat(problems("certificate: rsa.pem, key: rsa.key", "www.example.com"))
        .isEqualTo(
            "weir.yaml:8:35: listeners[0].sni_routing[0].certificate: c does not carry the name www.example.com\n"
                + "    hint: it carries api.example.com");
  }

  @Test
  void refusesANameThatOnlyOneOfThePairsCarries() throws IOException {
    String pairs =
        "pairs: [{ certificate: ec.pem, key: ec.key }, { certificate: rsa.pem, key: rsa.key }]";
    assertThat(problems(pairs, "www.example.com"))
        .contains("does not carry the name www.example.com");
  }

  @Test
  void refusesTheKeyOfAnotherCertificate() throws IOException {
    assertThat(problems("certificate: ec.pem, key: rsa.key", "api.example.com"))
        .contains("certificates[0].key: rsa.key is not the key of the certificate beside it");
  }

  @Test
  void refusesFilesThatAreMissingOrSomethingElse() throws IOException {
    assertThat(problems("certificate: no.pem, key: ec.pem", "api.example.com"))
        .contains("certificates[0].certificate: no.pem: no such file")
        .contains("certificates[0].key: ec.pem (expected: a private key in PEM");
    assertThat(problems("certificate: ec.key, key: ec.key", "api.example.com"))
        .contains("certificates[0].certificate: ec.key (expected: certificates in PEM)");
  }

  @Test
  void saysWhenTheConfigurationItselfIsMissing() {
    assertThat(ConfigReader.load(folder.resolve("none.yaml")))
        .isInstanceOfSatisfying(
            ConfigResult.Refused.class,
            refused ->
                assertThat(refused.problems())
                    .singleElement()
                    .asString()
                    .endsWith("none.yaml: no such file"));
  }
}
