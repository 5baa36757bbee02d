package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process leaves that was killed, as far as it is in a file. */
class PlaneRecordTest {
  private static final String BOOT = "01234567-89ab-cdef-0123-456789abcdef";
  private static final String HEAD =
      "weir packet plane 1\nboot " + BOOT + "\nprocess 999999999 5\n";

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("state/packet-plane-1");
  }

  private PlaneRecord record() {
    return new PlaneRecord(file(), BOOT, null);
  }

  /** A setting that every Linux has, as it is. */
  private static Handover.Part unchanged() {
    String now = new KernelSettings(Path.of("/proc/sys")).get("net.ipv4.tcp_syncookies");
    return new Handover.Part("setting net.ipv4.tcp_syncookies 7 " + now, -1);
  }

  @Test
  void tellsTheNextOneWhatWasChangedAndIsStillSo() throws IOException {
    Handover.Part changedSince = new Handover.Part("setting net.ipv4.tcp_timestamps 1 77", -1);
    record().settings(List.of(unchanged(), changedSince));
    assertThat(record().left().parts()).containsExactly(unchanged());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    try (Stream<Path> files = Files.list(file().getParent())) {
      assertThat(files).containsExactly(file());
    }
    record().delete();
    assertThat(record().left().isEmpty()).isTrue();
  }

  @Test
  void holdsEachSettingThatIsChangedAndSaysIfItCannot() throws IOException {
    Path sysctl = Files.createDirectories(folder.resolve("net/core"));
    Files.writeString(sysctl.resolve("somaxconn"), "4096\n");
    PlaneRecord record = record();
    KernelSettings settings = new KernelSettings(folder, Handover.NONE, record);
    settings.set("net.core.somaxconn", "65536");
    assertThat(file()).content().endsWith("setting net.core.somaxconn 4096 65536\n");
    PlaneRecord nowhere = new PlaneRecord(file().resolve("below-a-file"), BOOT, null);
    nowhere.rules();
    assertThat(nowhere.problem()).startsWith("record: ");
  }

  @Test
  void meansNothingAfterTheMachineStartedAgain() throws IOException {
    record().settings(List.of(unchanged()));
    assertThat(new PlaneRecord(file(), BOOT.replace('0', '1'), null).left().isEmpty()).isTrue();
  }

  @Test
  void belongsToItsProcessWhileThatRuns() throws IOException {
    long init = 1;
    String stat = Files.readString(Path.of("/proc/1/stat"));
    String began = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
    Files.createDirectories(file().getParent());
    Files.writeString(file(), HEAD.replace("999999999 5", init + " " + began));
    assertThat(record().isInUse()).isTrue();
    Files.writeString(file(), HEAD.replace("999999999 5", init + " 1" + began));
    assertThat(record().isInUse()).as("the number came again").isFalse();
    Files.writeString(file(), HEAD);
    assertThat(record().isInUse()).isFalse();
  }

  @Test
  void refusesWhatIsDamaged() throws IOException {
    String whole = HEAD + "setting net.core.somaxconn 4096 65536\nnftables\n";
    assertThat(PlaneRecord.parse("record", bytes(whole))).hasSize(5);
    List<String> damaged =
        List.of(
            "",
            "\n\n\n",
            whole.substring(0, whole.length() - 1),
            whole.substring(0, 40),
            whole.replace("plane 1", "plane 2"),
            whole.replace("net.core", "kernel"),
            whole.replace("net.core.somaxconn", "net/../kernel/core_pattern"),
            whole.replace("65536", "65536 1"),
            whole.replace("65536", "|/bin/sh"),
            whole + "link eth0 NATIVE\n",
            whole + "\0\n",
            HEAD + "nftables\n".repeat(2000));
    for (String each : damaged) {
      assertThatThrownBy(() -> PlaneRecord.parse("record", bytes(each)))
          .as(each)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("record: damaged");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
