package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.packet.bpf.BpfObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectTest {

  private static final Path SHIPPED = Path.of("src/main/resources/io/weir/packet/weir.bpf.o");

  @Test
  void isWhatItsSourcesCompileTo(@TempDir Path directory) throws Exception {
    assumeTrue(
        compiler().startsWith("14."), "needs clang 14, which the shipped object was built with");
    Path built = directory.resolve("weir.bpf.o");
    Process build = new ProcessBuilder("./build-bpf", built.toString()).inheritIO().start();
    assertThat(build.waitFor()).isZero();
    assertThat(built).as("run packet/build-bpf %s", SHIPPED).hasSameBinaryContentAs(SHIPPED);
  }

  private static String compiler() throws InterruptedException {
    try {
      Process process = new ProcessBuilder("clang", "-dumpversion").start();
      String version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? version.strip() : "";
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void namesNoPathOfTheMachineItWasBuiltOn() throws IOException {
    String text = Files.readString(SHIPPED, StandardCharsets.ISO_8859_1);
    assertThat(text).contains("./syn.h").doesNotContain("/src/main/bpf", "/home", "/root", "/usr");
  }

  @Test
  void refusesToSetWhatIsNoSetting() throws IOException {
    BpfObject object = BpfObject.read(Files.readAllBytes(SHIPPED));
    assertThatThrownBy(() -> object.set("counters", 1))
        .hasMessageContaining("counters (expected: a setting");
    assertThatThrownBy(() -> object.set("explain", 256))
        .hasMessage("explain: 256 (expected: 1 bytes)");
  }

  @Test
  void refusesAFileThatIsCutShortOrNoObjectAtAll() throws IOException {
    byte[] file = Files.readAllBytes(SHIPPED);
    assertThatThrownBy(() -> BpfObject.read(new byte[100]))
        .isInstanceOf(IllegalArgumentException.class);
    for (int length = 0; length < file.length; length += 9973) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> BpfObject.read(cut))
          .as("%s bytes", length)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void survivesGarbageInItsHeaders() throws IOException {
    byte[] file = Files.readAllBytes(SHIPPED);
    Random random = new Random(1);
    int tables =
        (int) java.nio.ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(40);
    for (int i = 0; i < 300; i++) {
      byte[] broken = file.clone();
      int at =
          random.nextBoolean() ? random.nextInt(64) : tables + random.nextInt(file.length - tables);
      broken[at] = (byte) random.nextInt();
      try {
        BpfObject.read(broken).maps();
      } catch (IllegalArgumentException expected) {
        assertThat(expected).hasMessageContaining("object file");
      }
    }
  }
}
