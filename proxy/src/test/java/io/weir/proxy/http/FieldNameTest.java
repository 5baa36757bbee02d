package io.weir.proxy.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FieldNameTest {
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OTHER")
  void knowsEachNameInAnyCase(FieldName name) {
    String text = new String(name.bytes(), US_ASCII);
    assertThat(find(text)).isEqualTo(name);
    assertThat(find(text.toUpperCase(Locale.ROOT))).isEqualTo(name);
    assertThat(find(text + "x")).isEqualTo(FieldName.OTHER);
  }

  @Test
  void callsUnknownAndEmptyNamesOther() {
    assertThat(find("x-forwarded-hast")).isEqualTo(FieldName.OTHER);
    assertThat(find("")).isEqualTo(FieldName.OTHER);
  }

  private static FieldName find(String text) {
    byte[] octets = (" " + text + " ").getBytes(US_ASCII);
    return FieldName.of(octets, 1, 1 + text.length());
  }
}
