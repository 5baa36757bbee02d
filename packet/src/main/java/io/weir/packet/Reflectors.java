package io.weir.packet;

import java.util.List;

/**
 * UDP services that answer a small question with a large answer, to whatever address the question
 * claims to come from. From such a port come floods; to some of them goes what makes others flood.
 *
 * @param rows one for each port; a port named twice gets both treatments
 */
public record Reflectors(List<Row> rows) {

  /** What is done about a port. */
  public enum Treatment {
    /** Drop what comes from the port. */
    REFUSE_FROM(1),
    /** Drop what comes from or goes to the port. */
    REFUSE_BOTH(3),
    /** Limit answers by destination, as for DNS. */
    LIMIT_DNS(4),
    /** Drop modes 6 and 7 from and to the port, as for NTP. */
    REFUSE_NTP_CONTROL(8);

    private final int bits;

    Treatment(int bits) {
      this.bits = bits;
    }
  }

  /**
   * One row of the table.
   *
   * @param port 1 to 65535
   * @param name the protocol, for the manual
   */
  public record Row(int port, String name, Treatment treatment) {

    /**
     * @throws IllegalArgumentException if {@code port} is out of range
     */
    public Row {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
      }
    }
  }

  /** No port is treated specially. */
  public static final Reflectors NONE = new Reflectors(List.of());

  /** Protocols abused for amplification, after US-CERT alert TA14-017A and later reports. */
  public static final Reflectors KNOWN =
      new Reflectors(
          List.of(
              new Row(17, "QOTD", Treatment.REFUSE_BOTH),
              new Row(19, "CharGen", Treatment.REFUSE_BOTH),
              new Row(53, "DNS", Treatment.LIMIT_DNS),
              new Row(69, "TFTP", Treatment.REFUSE_FROM),
              new Row(111, "Portmap", Treatment.REFUSE_BOTH),
              new Row(123, "NTP", Treatment.REFUSE_NTP_CONTROL),
              new Row(137, "NetBIOS names", Treatment.REFUSE_BOTH),
              new Row(138, "NetBIOS datagrams", Treatment.REFUSE_BOTH),
              new Row(161, "SNMP", Treatment.REFUSE_BOTH),
              new Row(177, "XDMCP", Treatment.REFUSE_BOTH),
              new Row(389, "CLDAP", Treatment.REFUSE_BOTH),
              new Row(427, "SLP", Treatment.REFUSE_BOTH),
              new Row(520, "RIPv1", Treatment.REFUSE_BOTH),
              new Row(623, "IPMI", Treatment.REFUSE_BOTH),
              new Row(1434, "MS SQL browser", Treatment.REFUSE_BOTH),
              new Row(1604, "Citrix ICA browser", Treatment.REFUSE_BOTH),
              new Row(1900, "SSDP", Treatment.REFUSE_BOTH),
              new Row(3283, "Apple Remote Desktop", Treatment.REFUSE_BOTH),
              new Row(3702, "WS-Discovery", Treatment.REFUSE_BOTH),
              new Row(5093, "Sentinel", Treatment.REFUSE_BOTH),
              new Row(5353, "mDNS", Treatment.REFUSE_BOTH),
              new Row(5683, "CoAP", Treatment.REFUSE_BOTH),
              new Row(10001, "Ubiquiti discovery", Treatment.REFUSE_BOTH),
              new Row(10074, "Mitel MiCollab", Treatment.REFUSE_BOTH),
              new Row(11211, "memcached", Treatment.REFUSE_BOTH),
              new Row(20800, "Call of Duty", Treatment.REFUSE_FROM),
              new Row(27015, "Steam", Treatment.REFUSE_FROM),
              new Row(27960, "Quake 3", Treatment.REFUSE_FROM),
              new Row(32414, "Plex", Treatment.REFUSE_BOTH),
              new Row(37810, "DHCPDiscover", Treatment.REFUSE_BOTH)));

  /** Copies the rows. */
  public Reflectors {
    rows = List.copyOf(rows);
  }

  /** The table as the program reads it: one octet for each port. */
  byte[] byPort() {
    byte[] table = new byte[65536];
    rows.forEach(row -> table[row.port()] |= (byte) row.treatment().bits);
    return table;
  }

  /** The ports under that treatment, ascending. */
  int[] ports(Treatment treatment) {
    return rows.stream()
        .filter(row -> row.treatment() == treatment)
        .mapToInt(Row::port)
        .sorted()
        .toArray();
  }
}
