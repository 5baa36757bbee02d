package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read from and written to the host's file systems. */
class HostTest {

  @TempDir private Path directory;

  private void setting(String path, String value) throws IOException {
    Files.createDirectories(directory.resolve(path).getParent());
    Files.writeString(directory.resolve(path), value);
  }

  private String value(String path) throws IOException {
    return Files.readString(directory.resolve(path)).strip();
  }

  @Test
  void setsKernelSettingsAndPutsThemBack() throws IOException {
    setting("net/ipv4/tcp_syncookies", "0\n");
    setting("net/core/somaxconn", "4096\n");
    KernelSettings settings = new KernelSettings(directory);
    settings.set("net.ipv4.tcp_syncookies", "1");
    settings.set("net.ipv4.tcp_syncookies", "2");
    settings.raise("net.core.somaxconn", 100);
    assertThat(value("net/ipv4/tcp_syncookies")).isEqualTo("2");
    assertThat(value("net/core/somaxconn")).isEqualTo("4096");
    assertThat(settings.problems()).isEmpty();
    settings.close();
    assertThat(value("net/ipv4/tcp_syncookies")).isEqualTo("0");
  }

  @Test
  void leavesASettingAloneThatSomeoneElseHasChangedMeanwhile() throws IOException {
    setting("net/ipv4/tcp_syncookies", "0");
    KernelSettings settings = new KernelSettings(directory);
    settings.set("net.ipv4.tcp_syncookies", "1");
    setting("net/ipv4/tcp_syncookies", "5");
    settings.close();
    assertThat(value("net/ipv4/tcp_syncookies")).isEqualTo("5");
  }

  @Test
  void saysWhichSettingCannotBeMade() {
    KernelSettings settings = new KernelSettings(directory);
    settings.set("net.ipv4.nothere", "1");
    assertThat(settings.problems())
        .containsExactly("net.ipv4.nothere: null (expected: 1; it cannot be set here)");
  }

  @Test
  void namesTheCapabilitiesThatAreMissing() {
    assertThat(Capabilities.missing("Name:\tjava\nCapEff:\t000001fffeffffff\n")).isEmpty();
    assertThat(Capabilities.missing("CapEff:\t000000c000001000\n")).isEmpty();
    assertThat(Capabilities.missing("CapEff:\t0000008000000000\n"))
        .containsExactly(Capabilities.CAP_NET_ADMIN, Capabilities.CAP_PERFMON);
    assertThat(Capabilities.missing("CapEff:\t0000000000000000\n")).hasSize(3);
    assertThat(Capabilities.missing("")).hasSize(3);
  }

  @Test
  void findsWhatStandsOnAnInterface() throws IOException {
    Files.createDirectories(directory.resolve("eth0/upper_bond0"));
    Files.createDirectories(directory.resolve("bond0/upper_bond0.5"));
    Files.createDirectories(directory.resolve("bond0/lower_eth0"));
    Files.createDirectories(directory.resolve("bond0.5/lower_bond0"));
    assertThat(LowerInterfaces.above(directory, "eth0")).containsExactly("bond0", "bond0.5");
    assertThat(LowerInterfaces.above(directory, "nothere")).isEmpty();
  }
}
