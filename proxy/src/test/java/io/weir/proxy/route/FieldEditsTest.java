package io.weir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.http.Head;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldEditsTest {
  private static FieldEdits.Field field(String name, String value) {
    return new FieldEdits.Field(name, value);
  }

  private static List<String> kept(FieldEdits edits, Head head) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < head.count(); i++) {
      if (!edits.removes(head, i)) {
        kept.add(io.weir.proxy.http.Ascii.text(head.bytes, head.nameStart(i), head.valueEnd(i)));
      }
    }
    return kept;
  }

  @Test
  void removesAndReplacesAllFieldsOfAName() {
    FieldEdits edits =
        new FieldEdits(
            List.of(field("X-Set", "new"), field("User-Agent", "weir")),
            List.of(field("X-Added", "more")),
            List.of("Cookie", "x-gone"));
    Head head =
        Requests.get(
            "a",
            "/",
            "x-set: 1",
            "X-SET: 2",
            "user-agent: u",
            "Cookie: c",
            "X-Gone: g",
            "X_Gone: underscores are hyphens to CGI",
            "X-Added: 1",
            "X-Gonf: k",
            "Referer: r");
    assertThat(kept(edits, head))
        .containsExactly("Host: a", "X-Added: 1", "X-Gonf: k", "Referer: r");
  }

  @Test
  void rendersNewFieldsForBothVersions() {
    FieldEdits edits =
        new FieldEdits(
            List.of(field("X-Set", "new")),
            List.of(field("X-Set", "two"), field("B", "")),
            List.of());
    assertThat(edits.lines()).asString().isEqualTo("X-Set: new\r\nX-Set: two\r\nB: \r\n");
    assertThat(edits.count()).isEqualTo(3);
    assertThat(edits.name(1)).asString().isEqualTo("x-set");
    assertThat(edits.value(1)).asString().isEqualTo("two");
  }

  @Test
  void changesNothingByDefault() {
    Head head = Requests.get("a", "/", "X-A: 1", "Cookie: c");
    assertThat(kept(FieldEdits.NONE, head)).hasSize(3);
    assertThat(FieldEdits.NONE.removesNothing()).isTrue();
    assertThat(FieldEdits.NONE.lines()).isEmpty();
  }

  @Test
  void tellsNamesApartWhoseLengthsAreEqualModulo64() {
    FieldEdits edits = new FieldEdits(List.of(), List.of(), List.of("x".repeat(5), "y".repeat(69)));
    Head head =
        Requests.get(
            "a", "/", "xxxxx: 1", "yyyyy: 2", "x".repeat(69) + ": 3", "Y".repeat(69) + ": 4");
    assertThat(kept(edits, head)).containsExactly("Host: a", "yyyyy: 2", "x".repeat(69) + ": 3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Host",
        "Expect",
        "HTTP2-Settings",
        "Proxy-Connection",
        "Proxy-Authorization",
      })
  void refusesFieldsThatFrameOrConcernOneConnection(String name) {
    assertThatThrownBy(() -> field(name, "x"))
        .hasMessageStartingWith("headers: " + name + " (expected: ");
    assertThatThrownBy(() -> new FieldEdits(List.of(), List.of(), List.of(name)))
        .hasMessageStartingWith("headers: " + name + " (expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:", ":path", "a\r\n", "\u00fc", "\u212aey"})
  void refusesNamesThatAreNoTokens(String name) {
    assertThatThrownBy(() -> field(name, "x"))
        .hasMessage("headers: " + name + " (expected: a field name)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nB: c", "a\n", "a\0", " a", "a ", "\u00fc", "\u010a"})
  void refusesValuesThatSplitOrGarbleTheMessage(String value) {
    assertThatThrownBy(() -> field("X", value)).hasMessageStartingWith("X: ");
  }

  @Test
  void refusesToSetAndRemoveTheSame() {
    assertThatThrownBy(() -> new FieldEdits(List.of(field("X-A", "1")), List.of(), List.of("x-a")))
        .hasMessage("headers.remove: X-A (expected: a field that is not set as well)");
  }
}
