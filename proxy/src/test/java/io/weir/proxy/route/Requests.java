package io.weir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.PathNormaliser;
import io.weir.proxy.http1.HeadParser;
import io.weir.proxy.upstream.Pool;

/** Heads as the real parser and normaliser make them. */
final class Requests {
  static final ClientIdentity CLIENT = client("192.0.2.1");
  static final RouteAction ACTION = new Respond(200, "text/plain", new byte[0], FieldEdits.NONE);

  private Requests() {}

  static ClientIdentity client(String address) {
    return new ClientIdentity(IpAddress.parse(address), 4711, Provenance.SOCKET);
  }

  static Head get(String host, String target, String... fields) {
    return request("GET", host, target, fields);
  }

  static Head request(String method, String host, String target, String... fields) {
    StringBuilder text = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + host);
    for (String field : fields) {
      text.append("\r\n").append(field);
    }
    Head head = parse(text.append("\r\n\r\n").toString());
    assertThat(PathNormaliser.STRICT.normalise(head)).isTrue();
    return head;
  }

  static Head parse(String text) {
    Head head = new Head();
    head.append(Ascii.bytes(text), 0, text.length());
    assertThat(HeadParser.request(head, new HeadLimits(64 << 10, 64 << 10, 100))).isNull();
    return head;
  }

  static Pool pool(String name) {
    return new Pool(name);
  }
}
