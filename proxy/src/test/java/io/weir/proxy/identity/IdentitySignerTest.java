package io.weir.proxy.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is signed is what the verifiers of the guide accept, in each of their languages. */
class IdentitySignerTest {
  private static final Path VERIFIERS = Path.of("../docs/guide/verify-client");
  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final long NOW = 1_763_802_525;
  private static final String ID = "c0ffee00c0ffee00c0ffee00c0ffee00";

  @TempDir private Path folder;

  private static String signed(String keyId, String key, String address, Provenance how) {
    byte[] text = new byte[500];
    ClientIdentity client = new ClientIdentity(IpAddress.parse(address), 4711, how);
    int end =
        new IdentitySigner(keyId, key.getBytes(US_ASCII))
            .write(text, 7, client, "web".getBytes(US_ASCII), ID.getBytes(US_ASCII), NOW);
    return new String(text, 7, end - 7, US_ASCII);
  }

  @Test
  void signsAValueThatIsAlwaysTheSame() {
    assertThat(signed("2026-11", KEY, "2001:db8::7", Provenance.FORWARDED_HEADER))
        .isEqualTo(
            "v=1;kid=2026-11;t=1763802525;id=c0ffee00c0ffee00c0ffee00c0ffee00;addr=2001:db8::7"
                + ";port=4711;via=forwarded-header;listener=web;sig="
                + EXPECTED_SIGNATURE);
  }

  /** Made by {@code openssl dgst -sha256 -hmac} and {@code basenc --base64url}. */
  private static final String EXPECTED_SIGNATURE = "NdFKlm97Dooc7lxNv_T78aspKIUoPJO61pwaJD0JS5c";

  @Test
  void refusesAKeyThatIsTooShort() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IdentitySigner("1", new byte[31]))
        .withMessage("key: 31 octets (expected: at least 32)");
  }

  @Test
  void isTheSameWithTheSameKey() {
    IdentitySigner one = new IdentitySigner("1", KEY.getBytes(US_ASCII));
    assertThat(one)
        .isEqualTo(new IdentitySigner("1", KEY.getBytes(US_ASCII)))
        .hasSameHashCodeAs(new IdentitySigner("1", KEY.getBytes(US_ASCII)))
        .isNotEqualTo(new IdentitySigner("2", KEY.getBytes(US_ASCII)))
        .isNotEqualTo(new IdentitySigner("1", new byte[32]));
  }

  // ------------------------------------------------------------------ the verifiers of the guide

  private static List<String> command(String language) {
    return switch (language) {
      case "python" -> List.of("python3", VERIFIERS.resolve("verify_client.py").toString());
      case "go" -> List.of("go", "run", VERIFIERS.resolve("verify_client.go").toString());
      default ->
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              VERIFIERS.resolve("VerifyClient.java").toString());
    };
  }

  private String verify(String language, String value, String id, long now) throws Exception {
    Path key = Files.writeString(folder.resolve("identity.key"), KEY + "\n");
    List<String> command = new ArrayList<>(command(language));
    command.addAll(List.of(key.toString(), "1", id, value, Long.toString(now)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("GOCACHE", folder.toString());
    Process process = builder.start();
    return new String(process.getInputStream().readAllBytes(), US_ASCII).strip();
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(part -> Files.isExecutable(Path.of(part, program)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"python", "java", "go"})
  void isAcceptedByTheVerifiersOfTheGuide(String language) throws Exception {
    assumeThat(isInstalled(command(language).getFirst()) || language.equals("java"))
        .as(language + " is installed")
        .isTrue();
    String value = signed("1", KEY, "203.0.113.7", Provenance.PROXY_PROTOCOL);
    assertThat(verify(language, value, ID, NOW + 60))
        .isEqualTo("203.0.113.7 4711 proxy-protocol web");

    assertThat(verify(language, value, ID, NOW + 61)).contains("refused: too old");
    assertThat(verify(language, value, ID.replace('c', 'd'), NOW)).contains("refused: signed for");
    assertThat(verify(language, value.replace("113.7", "113.8"), ID, NOW))
        .contains("refused: wrong signature");
    assertThat(verify(language, value.replace("v=1", "v=1;addr=192.0.2.66"), ID, NOW))
        .contains("refused: twice");
    assertThat(verify(language, value.replace(";sig=", ";sug="), ID, NOW))
        .contains("refused: no signature");
    assertThat(verify(language, signed("2", KEY, "203.0.113.7", Provenance.SOCKET), ID, NOW))
        .contains("refused: unknown version or key");
    String otherKey = KEY.replace('0', '1');
    assertThat(verify(language, signed("1", otherKey, "203.0.113.7", Provenance.SOCKET), ID, NOW))
        .contains("refused: wrong signature");
  }
}
