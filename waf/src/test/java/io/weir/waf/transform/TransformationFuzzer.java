package io.weir.waf.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Bounds of transformations, and that those which only take away take nothing the second time. */
class TransformationFuzzer {
  private static final Set<Transformation> IDEMPOTENT =
      EnumSet.of(
          Transformation.LOWERCASE,
          Transformation.UPPERCASE,
          Transformation.REMOVE_NULLS,
          Transformation.REPLACE_NULLS,
          Transformation.REMOVE_WHITESPACE,
          Transformation.COMPRESS_WHITESPACE,
          Transformation.TRIM,
          Transformation.TRIM_LEFT,
          Transformation.TRIM_RIGHT,
          Transformation.NORMALIZE_PATH,
          Transformation.NORMALIZE_PATH_WIN,
          Transformation.CMD_LINE,
          Transformation.REPLACE_COMMENTS,
          Transformation.UTF8_TO_UNICODE,
          Transformation.PARITY_EVEN_7BIT,
          Transformation.PARITY_ODD_7BIT,
          Transformation.PARITY_ZERO_7BIT);

  @FuzzTest
  void keepsItsBounds(FuzzedDataProvider data) {
    check(data.consumeRemainingAsBytes());
  }

  @Test
  void keepsItsBoundsForTextsOfEscapes() {
    Random random = new Random(5);
    String signs = "\\%&#;xXuU/.*-<>!+ \t\n\0ab09fF=[]^\"'(,\u00c3\u00a0";
    for (int round = 0; round < 20_000; round++) {
      byte[] text = new byte[random.nextInt(24)];
      for (int i = 0; i < text.length; i++) {
        text[i] = (byte) signs.charAt(random.nextInt(signs.length()));
      }
      check(text);
    }
  }

  private static void check(byte[] text) {
    for (Transformation transformation : Transformation.values()) {
      byte[] once = apply(transformation, text);
      assertThat(once.length)
          .as(transformation.ruleName())
          .isLessThanOrEqualTo(Math.max(64, text.length * 4));
      if (IDEMPOTENT.contains(transformation)) {
        assertThat(apply(transformation, once)).as(transformation.ruleName()).isEqualTo(once);
      }
      if (!triggers(transformation, text)) {
        assertThat(once).as(transformation.ruleName()).isEqualTo(text);
      }
    }
  }

  private static boolean triggers(Transformation transformation, byte[] text) {
    if (transformation.triggers() == null) {
      return true;
    }
    for (byte octet : text) {
      if (transformation.triggers().contains(octet & 0xff)) {
        return true;
      }
    }
    return false;
  }

  /** From the middle of an array, so that reading beyond the value shows. */
  private static byte[] apply(Transformation transformation, byte[] text) {
    byte[] padded = new byte[text.length + 8];
    Arrays.fill(padded, (byte) 'f');
    System.arraycopy(text, 0, padded, 4, text.length);
    Octets out = new Octets(1);
    transformation.apply(padded, 4, 4 + text.length, out);
    byte[] alone = text.clone();
    Octets again = new Octets(1);
    transformation.apply(alone, 0, alone.length, again);
    assertThat(out.toArray()).as(transformation.ruleName()).isEqualTo(again.toArray());
    return out.toArray();
  }
}
