package io.weir.waf.transform;

import io.weir.waf.regex.ByteSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transformations of SecLang ({@code t:name}), as the ModSecurity reference manual describes
 * them. None fails: what cannot be decoded stays as it is, unless the description says otherwise.
 */
public enum Transformation {
  BASE64_DECODE("base64Decode", null, Encodings::base64Decode),
  BASE64_DECODE_EXT("base64DecodeExt", null, Encodings::base64DecodeExt),
  BASE64_ENCODE("base64Encode", null, Encodings::base64Encode),
  CMD_LINE(
      "cmdLine",
      ByteSet.of("\\\"'^,; \t\r\n/(").union(ByteSet.range('A', 'Z')),
      Rewriting::cmdLine),
  COMPRESS_WHITESPACE(
      "compressWhitespace", ByteSet.SPACES.union(ByteSet.of(0xa0)), Rewriting::compressWhitespace),
  CSS_DECODE("cssDecode", ByteSet.of('\\'), Escapes::cssDecode),
  ESCAPE_SEQ_DECODE("escapeSeqDecode", ByteSet.of('\\'), Escapes::escapeSeqDecode),
  HEX_DECODE("hexDecode", null, Encodings::hexDecode),
  HEX_ENCODE("hexEncode", null, Encodings::hexEncode),
  HTML_ENTITY_DECODE("htmlEntityDecode", ByteSet.of('&'), Escapes::htmlEntityDecode),
  JS_DECODE("jsDecode", ByteSet.of('\\'), Escapes::jsDecode),
  LENGTH("length", null, Rewriting::length),
  LOWERCASE("lowercase", ByteSet.range('A', 'Z'), Rewriting::lowercase),
  MD5("md5", null, (in, from, to, out) -> Encodings.digest("MD5", in, from, to, out)),
  NORMALIZE_PATH(
      "normalizePath",
      ByteSet.of("/."),
      (in, from, to, out) -> Rewriting.normalizePath(in, from, to, out, false)),
  NORMALIZE_PATH_WIN(
      "normalizePathWin",
      ByteSet.of("/.\\"),
      (in, from, to, out) -> Rewriting.normalizePath(in, from, to, out, true)),
  PARITY_EVEN_7BIT(
      "parityEven7bit", null, (in, from, to, out) -> Encodings.parity(in, from, to, out, 0)),
  PARITY_ODD_7BIT(
      "parityOdd7bit", null, (in, from, to, out) -> Encodings.parity(in, from, to, out, 1)),
  PARITY_ZERO_7BIT("parityZero7bit", ByteSet.range(128, 255), Encodings::parityZero),
  PHP_ARGS_NAMES("phpArgsNames", ByteSet.of(" .["), Rewriting::phpArgsNames),
  REMOVE_COMMENTS("removeComments", ByteSet.of("/<-#"), Comments::removeComments),
  REMOVE_COMMENTS_CHAR("removeCommentsChar", ByteSet.of("/*<-#"), Comments::removeCommentsChar),
  REMOVE_NULLS("removeNulls", ByteSet.of(0), Rewriting::removeNulls),
  REMOVE_WHITESPACE(
      "removeWhitespace", ByteSet.SPACES.union(ByteSet.of(0xa0)), Rewriting::removeWhitespace),
  REPLACE_COMMENTS("replaceComments", ByteSet.of('/'), Comments::replaceComments),
  REPLACE_NULLS("replaceNulls", ByteSet.of(0), Rewriting::replaceNulls),
  SHA1("sha1", null, (in, from, to, out) -> Encodings.digest("SHA-1", in, from, to, out)),
  SQL_HEX_DECODE("sqlHexDecode", ByteSet.of("xX"), Encodings::sqlHexDecode),
  TRIM(
      "trim", ByteSet.SPACES, (in, from, to, out) -> Rewriting.trim(in, from, to, out, true, true)),
  TRIM_LEFT(
      "trimLeft",
      ByteSet.SPACES,
      (in, from, to, out) -> Rewriting.trim(in, from, to, out, true, false)),
  TRIM_RIGHT(
      "trimRight",
      ByteSet.SPACES,
      (in, from, to, out) -> Rewriting.trim(in, from, to, out, false, true)),
  UPPERCASE("uppercase", ByteSet.range('a', 'z'), Rewriting::uppercase),
  URL_DECODE("urlDecode", ByteSet.of("%+"), Encodings::urlDecode),
  URL_DECODE_UNI("urlDecodeUni", ByteSet.of("%+"), Encodings::urlDecodeUni),
  URL_ENCODE("urlEncode", null, Encodings::urlEncode),
  UTF8_TO_UNICODE("utf8toUnicode", ByteSet.range(128, 255), Encodings::utf8toUnicode);

  private static final ByteSet SLASH = ByteSet.of('/');
  private static final ByteSet SLASHES = ByteSet.of("/\\");
  private static final Map<String, Transformation> BY_NAME = new HashMap<>();

  static {
    for (Transformation transformation : values()) {
      BY_NAME.put(transformation.ruleName.toLowerCase(Locale.ROOT), transformation);
    }
    BY_NAME.put("normalisepath", NORMALIZE_PATH);
    BY_NAME.put("normalisepathwin", NORMALIZE_PATH_WIN);
    BY_NAME.put("urldecodeunicode", URL_DECODE_UNI);
  }

  private final String ruleName;
  private final @Nullable ByteSet triggers;
  private final Function function;

  Transformation(String ruleName, @Nullable ByteSet triggers, Function function) {
    this.ruleName = ruleName;
    this.triggers = triggers;
    this.function = function;
  }

  interface Function {
    void apply(byte[] in, int from, int to, Octets out);
  }

  /** The transformation of this name, in any case; or null. */
  public static @Nullable Transformation named(String name) {
    return BY_NAME.get(name.toLowerCase(Locale.ROOT));
  }

  /** The name in rules. */
  public String ruleName() {
    return ruleName;
  }

  /** A value without any of these octets stays as it is; null if each value changes. */
  public @Nullable ByteSet triggers() {
    return triggers;
  }

  /**
   * The same for values longer than one octet: a path of one segment changes only if it is a dot.
   */
  public @Nullable ByteSet triggersInLong() {
    return switch (this) {
      case NORMALIZE_PATH -> SLASH;
      case NORMALIZE_PATH_WIN -> SLASHES;
      default -> triggers;
    };
  }

  /** Appends the transformed octets to {@code out}. */
  public void apply(byte[] in, int from, int to, Octets out) {
    function.apply(in, from, to, out);
  }
}
