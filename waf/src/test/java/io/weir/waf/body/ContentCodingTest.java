package io.weir.waf.body;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentCodingTest {
  private static final int LIMIT = 1 << 20;

  private static final String TEXT =
      "q=1 union select 1,2 from users where name=x and 1=1&comment=the quick brown fox jumps over"
          + " the lazy dog; the quick brown fox";

  /** The text, by brotli -q 11. */
  private static final String COMPRESSED =
      "H3wAAETdlurS08usshaEoyaPaDjU5MDh9g/a1luWaOyBbizER+HKkSUxV8Qe5aTpDSEwBqWQ6qcwToCiNR79fa6I"
          + "pTozC0OoB4v+dnURubruAg==";

  /** 32 MiB of zeros, by brotli -q 11 -w 24. */
  private static final String BOMB = "z///f/gnAOKxQCD3/p/////wTwDEYQGA7v3/";

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void undoesACoding(String coding) {
    for (int length : new int[] {0, 1, 20, 4_000, 65_536, 65_537, 300_000}) {
      byte[] content = new byte[length];
      new Random(length).nextBytes(content);
      assertThat(decode(coding, Codings.encode(coding, content)))
          .as("" + length)
          .isEqualTo(content);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void refusesWhatIsCutOff(String coding) {
    byte[] coded =
        coding.equals("br")
            ? Base64.getDecoder().decode(COMPRESSED)
            : Codings.encode(coding, TEXT.getBytes(ISO_8859_1));
    assertThat(decode(coding, coded)).isEqualTo(TEXT.getBytes(ISO_8859_1));
    for (int length = 0; length < coded.length; length++) {
      assertThat(decode(coding, Arrays.copyOf(coded, length))).as("" + length).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void refusesOctetsBehindTheEndWhereverThatIs(String coding) {
    for (int length = 4_000; length < 4_200; length++) {
      byte[] coded = Codings.encode(coding, new byte[length]);
      assertThat(decode(coding, coded)).as("" + length).hasSize(length);
      for (int more : new int[] {1, 2, 60, 5_000}) {
        assertThat(decode(coding, Arrays.copyOf(coded, coded.length + more)))
            .as(length + "+" + more)
            .isNull();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void refusesOctetsThatFillTheDecodersBuffer(String coding) {
    byte[] coded = Codings.encode(coding, new byte[4_000]);
    for (int length = coded.length + 1; length < 4_400; length++) {
      assertThat(decode(coding, Arrays.copyOf(coded, length))).as("" + length).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void givesAsMuchAsTheLimitAndNoMore(String coding) {
    assertThat(decode(coding, Codings.encode(coding, new byte[LIMIT]))).hasSize(LIMIT);
    assertThat(decode(coding, Codings.encode(coding, new byte[LIMIT + 1]))).isNull();
    assertThat(decode(coding, Codings.encode(coding, new byte[20 * LIMIT]))).isNull();
  }

  @Test
  void refusesBombs() {
    byte[] bomb = Base64.getDecoder().decode(BOMB);
    assertThat(ContentCoding.decode("br", bomb, bomb.length, LIMIT)).isNull();
    assertThat(ContentCoding.decode("br", bomb, bomb.length, 32 << 20)).isNotNull();
    byte[] zeros = Zstd.compress(new byte[32 << 20]);
    assertThat(ContentCoding.decode("zstd", zeros, zeros.length, LIMIT)).isNull();
  }

  @Test
  void refusesZstdOfMoreFramesOrWithALargerWindowThanContentMayHave() throws Exception {
    byte[] frame = Zstd.compress(TEXT.getBytes(ISO_8859_1));
    byte[] two = Arrays.copyOf(frame, 2 * frame.length);
    System.arraycopy(frame, 0, two, frame.length, frame.length);
    assertThat(decode("zstd", two)).isNull();
    assertThat(decode("zstd", framed(23))).hasSize(TEXT.length());
    assertThat(decode("zstd", framed(24))).isNull();
  }

  private static byte[] framed(int windowLog) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStreamNoFinalizer encoder = new ZstdOutputStreamNoFinalizer(out)) {
      encoder.setLong(windowLog);
      encoder.write(TEXT.getBytes(ISO_8859_1));
      encoder.flush();
    }
    return out.toByteArray();
  }

  @Test
  void undoesSeveralButNotAnyNumber() {
    byte[] coded = TEXT.getBytes(ISO_8859_1);
    String codings = "";
    for (String coding : new String[] {"zstd", "br", "gzip", "deflate"}) {
      coded = Codings.encode(coding, coded);
      codings += codings.isEmpty() ? coding : ", " + coding;
    }
    assertThat(decode(codings, coded)).isEqualTo(TEXT.getBytes(ISO_8859_1));
    assertThat(decode(codings + ", br", Codings.encode("br", coded))).isNull();
    assertThat(decode("compress", coded)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void readsGarbageAsNothingOrWithinTheLimit(String coding) {
    Random random = new Random(7);
    byte[] whole = Codings.encode(coding, TEXT.repeat(5).getBytes(ISO_8859_1));
    for (int round = 0; round < 20_000; round++) {
      byte[] coded = whole.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        coded[random.nextInt(coded.length)] = (byte) random.nextInt();
      }
      byte[] content = decode(coding, coded);
      assertThat(content == null ? 0 : content.length).isLessThanOrEqualTo(LIMIT);
    }
  }

  private static byte @Nullable [] decode(String coding, byte[] coded) {
    ContentCoding.Decoded decoded = ContentCoding.decode(coding, coded, coded.length, LIMIT);
    return decoded == null ? null : Arrays.copyOf(decoded.octets(), decoded.length());
  }
}
