package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.packet.bpf.BpfException;
import io.weir.packet.bpf.BpfObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

@Privileged
class VerifierTest {

  @Test
  void saysWhatTheVerifierHasAgainstAProgramAndInWhichLine() throws Exception {
    String object =
        Files.readString(
            Path.of("src/main/resources/io/weir/packet/weir.bpf.o"), StandardCharsets.ISO_8859_1);
    // The empty program: "r0 = 2; exit". It becomes "r1 = 2; exit", which returns nothing.
    String program = "\u00b4\0\0\0\2\0\0\0\u0095\0\0\0\0\0\0\0";
    assertThat(object).containsOnlyOnce(program);
    byte[] broken =
        object
            .replace(program, "\u00b4\1" + program.substring(2))
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> BpfObject.read(broken).load("xdp.empty", Map.of()))
        .isInstanceOf(BpfException.class)
        .hasMessageContaining("load the program: refused by the verifier")
        .hasMessageContaining("R0 !read_ok")
        .hasMessageContaining("return XDP_PASS; @ weir.bpf.c:");
  }
}
