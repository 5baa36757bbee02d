package io.weir.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathNormaliserTest {
  private static @Nullable String normalise(PathNormaliser normaliser, String path) {
    byte[] bytes = ("GET " + path + " HTTP/1.1").getBytes(StandardCharsets.ISO_8859_1);
    int end = normaliser.normalise(bytes, 4, 4 + path.length());
    return end < 0 ? null : Ascii.text(bytes, 4, end);
  }

  private static @Nullable String strict(String path) {
    return normalise(PathNormaliser.STRICT, path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/index.html",
        "/a/b/c",
        "/a/",
        "/.well-known/acme-challenge/x",
        "/...",
        "/..a/.b/c..",
        "/a;v=1/b;w",
        "/a;..",
        "/;last",
        "/:@!$&'()*+,=-_~",
        "/caf%C3%A9",
        "/50%25",
        "/%20x%3Fy%23",
        "/%252e%252e/x",
        "/%E9t%E9",
        "/%FCber",
      })
  void leavesNormalPathsAlone(String path) {
    assertThat(strict(path)).isEqualTo(path);
  }

  @ParameterizedTest
  @CsvSource({
    "/%41%7a%30%2D%5f%7E, /Az0-_~",
    "/caf%c3%a9, /caf%C3%A9",
    "/a%3ab, /a%3Ab",
    "/%61/%2e%2e/b, /b",
    "/x%2ehtml, /x.html",
  })
  void decodesUnreservedAndUpperCasesTheRest(String path, String normal) {
    assertThat(strict(path)).isEqualTo(normal);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/./b, /a/b",
    "/a/b/.., /a/",
    "/a/b/../, /a/",
    "/a/b/../c, /a/c",
    "/a/b/c/./../../g, /a/g",
    "/., /",
    "/./, /",
    "/a/.., /",
    "/a/%2e, /a/",
    "/a/.%2E/b, /b",
    "/a/b/../../c/.., /",
    "/mid/content=5/../6, /mid/6",
  })
  void removesDotSegments(String path, String normal) {
    assertThat(strict(path)).isEqualTo(normal);
  }

  @ParameterizedTest
  @CsvSource({
    "//, /, //",
    "//a, /a, //a",
    "/a//b///c//, /a/b/c/, /a//b///c//",
    "/a//../b, /b, /a/b",
    "/a//.., /, /a/",
    "/.//a, /a, //a",
    "/a/.//./b, /a/b, /a//b",
  })
  void mergesSlashesUnlessToldNotTo(String path, String merged, String kept) {
    assertThat(strict(path)).isEqualTo(merged);
    assertThat(normalise(new PathNormaliser(false, false), path)).isEqualTo(kept);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a;b", "/;", "/a/b%3Bc", "/a%3b"})
  void refusesParametersIfToldTo(String path) {
    assertThat(strict(path)).isNotNull();
    assertThat(normalise(new PathNormaliser(true, false, false), path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/..", "/../", "/../etc/passwd", "/a/../..", "/%2e%2e/x", "//..", "/./.."})
  void refusesDotsAboveTheRoot(String path) {
    assertThat(strict(path)).isNull();
  }

  @Test
  void refusesToClimbOverEmptySegmentsOnlyAsFarAsTheyAreKept() {
    assertThat(normalise(new PathNormaliser(false, false), "//..")).isEqualTo("/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a\\b",
        "/a b",
        "/a\tb",
        "/a\0b",
        "/a\rb",
        "/a\u007fb",
        "/\u00e9",
        "/a?b",
        "/a#b",
        "/<a>",
        "/\"",
        "/a|b",
        "/^",
        "/{x}",
        "/`",
        "/a/b\\../c",
      })
  void refusesOctetsThatMayNotStandInAPath(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%00", "/a%0d%0aB", "/%1F", "/%7f", "/x%09"})
  void refusesEncodedControls(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/%",
        "/%4",
        "/%4g",
        "/%G4",
        "/%%34%31",
        "/a%",
        "/%u002e",
        "/%-1",
        "/% 41",
        "/%\u00b941"
      })
  void refusesIncompleteAndInvalidEncodings(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/%C0%AF",
        "/%c0%ae%c0%ae/x",
        "/%C1%9C",
        "/%E0%80%AF",
        "/%F0%80%80%AF",
        "/%F8%80%80%80%AF",
        "/%FC%80%80%80%80%AF",
      })
  void refusesOverlongUtf8(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%E0%A4%B9", "/%F0%9F%98%80", "/%E0", "/%F0x", "/%FC%9F", "/%EF%BC%8F"})
  void takesOtherOctetsAbove7F(String path) {
    assertThat(strict(path)).isEqualTo(path);
  }

  @ParameterizedTest
  @CsvSource({
    "/a%2fb, /a%2Fb",
    "/a%5Cb, /a%5Cb",
    "/a%2F%2fb/../c, /c",
    "/repo/group%2Fname/x, /repo/group%2Fname/x",
  })
  void refusesEncodedSlashesUnlessAllowedAndThenKeepsThem(String path, String kept) {
    assertThat(strict(path)).isNull();
    assertThat(normalise(new PathNormaliser(true, true), path)).isEqualTo(kept);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a/..%2Fb",
        "/a%2F..",
        "/a%2f../b",
        "/a%5C%2e%2E%5Cb",
        "/.%2Fb",
        "/a%2F.",
        "/..%5c"
      })
  void refusesDotSegmentsBesideEncodedSlashes(String path) {
    assertThat(normalise(new PathNormaliser(true, true), path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..;/a",
        "/a/..;/b",
        "/a/..;x=y/b",
        "/a/.;/b",
        "/a/%2e%2e;/b",
        "/a/..%3B/b",
        "/a/..%3b",
        "/a/..;",
        "/.;",
      })
  void refusesDotSegmentsWithParameters(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/;x/admin", "/;/admin", "/a/;b/c", "/;/"})
  void refusesSegmentsOfParametersOnlyBeforeAnother(String path) {
    assertThat(strict(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "*", "http://example.com/", "%2F"})
  void refusesWhatDoesNotBeginWithASlash(String path) {
    assertThat(strict(path)).isNull();
  }

  @Test
  void leavesTheAsteriskOfOptionsAlone() {
    Head head = new Head();
    head.pathStart = head.append(Ascii.bytes("*"), 0, 1);
    head.pathEnd = head.length;
    head.method = Method.GET;
    assertThat(PathNormaliser.STRICT.normalise(head)).isFalse();
    head.method = Method.OPTIONS;
    assertThat(PathNormaliser.STRICT.normalise(head)).isTrue();
    assertThat(head.path()).isEqualTo("*");
  }

  @Test
  void movesOnlyTheEndOfThePathInTheHead() {
    Head head = new Head();
    head.append(Ascii.bytes("GET /a/./b/%7Ec?q=/./ HTTP/1.1"), 0, 30);
    head.pathStart = 4;
    head.pathEnd = 15;
    head.queryStart = 16;
    head.queryEnd = 21;
    assertThat(PathNormaliser.STRICT.normalise(head)).isTrue();
    assertThat(head.path()).isEqualTo("/a/b/~c");
    assertThat(head.query()).isEqualTo("q=/./");
  }

  @Test
  void endsWithThePathEvenWhereOctetsBehindItWouldCompleteIt() {
    byte[] bytes = Ascii.bytes("/a%2e/x");
    assertThat(PathNormaliser.STRICT.normalise(bytes, 0, 4)).isEqualTo(-1);
    assertThat(PathNormaliser.STRICT.normalise(bytes, 0, 5)).isEqualTo(3);
  }

  @Test
  void isLinearInLongPaths() {
    String climb = "/a/..".repeat(20_000);
    assertThat(strict(climb)).isEqualTo("/");
    assertThat(strict("/a".repeat(20_000) + "/..".repeat(20_000))).isEqualTo("/");
  }
}
