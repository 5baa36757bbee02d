package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.weir.policy.OutlierDetector.Member;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutlierDetectorTest {

  private static final long ORIGIN = Long.MAX_VALUE - 50;

  /** Five errors or three gateway failures; out for 100, up to 250; at most half of the pool. */
  private static final OutlierLimits LIMITS = new OutlierLimits(5, 3, 100, 250, 50);

  private final OutlierDetector detector = new OutlierDetector(ORIGIN);
  private final List<Member> members = IntStream.range(0, 4).mapToObj(i -> detector.add()).toList();
  private final Member member = members.getFirst();

  private static long at(long now) {
    return ORIGIN + now;
  }

  private static boolean error(Member member, long now) {
    return member.onServerError(LIMITS, at(now));
  }

  private static boolean failure(Member member, long now) {
    return member.onGatewayFailure(LIMITS, at(now));
  }

  private static void fail(Member member, long now) {
    for (int i = 0; i < 3; i++) {
      failure(member, now);
    }
  }

  private static boolean isEjected(Member member, long now) {
    return member.isEjected(at(now));
  }

  @Test
  void ejectsAtTheConfiguredNumberOfServerErrorsInARow() {
    for (int i = 0; i < 4; i++) {
      assertThat(error(member, 0)).isFalse();
    }
    assertThat(isEjected(member, 0)).isFalse();
    assertThat(error(member, 0)).isTrue();
    assertThat(isEjected(member, 0)).isTrue();
    assertThat(isEjected(member, 99)).isTrue();
    assertThat(isEjected(member, 100)).isFalse();
    assertThat(isEjected(members.get(1), 0)).isFalse();
  }

  @Test
  void ejectsSoonerForGatewayFailures() {
    assertThat(failure(member, 0)).isFalse();
    assertThat(failure(member, 0)).isFalse();
    assertThat(failure(member, 0)).isTrue();
    assertThat(isEjected(member, 0)).isTrue();
  }

  @Test
  void aGatewayFailureCountsAsAServerErrorToo() {
    failure(member, 0);
    failure(member, 0);
    error(member, 0); // ends the run of gateway failures
    failure(member, 0);
    assertThat(failure(member, 0)).isTrue();
  }

  @Test
  void aSuccessEndsBothRuns() {
    failure(member, 0);
    failure(member, 0);
    member.onSuccess();
    for (int i = 0; i < 4; i++) {
      assertThat(error(member, 0)).isFalse();
    }
    member.onSuccess();
    assertThat(error(member, 0)).isFalse();
  }

  @Test
  void aLimitOfZeroNeverEjects() {
    OutlierLimits off = new OutlierLimits(0, 0, 100, 250, 100);
    for (int i = 0; i < 100; i++) {
      assertThat(member.onServerError(off, ORIGIN)).isFalse();
      assertThat(member.onGatewayFailure(off, ORIGIN)).isFalse();
    }
  }

  @Test
  void leavesOutLongerEachTimeUpToTheMaximum() {
    fail(member, 0);
    assertThat(isEjected(member, 99)).isTrue();
    assertThat(isEjected(member, 100)).isFalse();
    fail(member, 100);
    assertThat(isEjected(member, 299)).isTrue();
    assertThat(isEjected(member, 300)).isFalse();
    fail(member, 300);
    assertThat(isEjected(member, 549)).isTrue(); // not 599
    assertThat(isEjected(member, 550)).isFalse();
  }

  @Test
  void forgivesOneEjectionForEachBaseTimeStayedIn() {
    fail(member, 0);
    fail(member, 100);
    fail(member, 300); // the third, until 550
    fail(member, 550 + 199); // forgiven one: the third again
    assertThat(isEjected(member, 749 + 249)).isTrue();
    assertThat(isEjected(member, 749 + 250)).isFalse();
    fail(member, 999 + 250); // forgiven two: the second
    assertThat(isEjected(member, 1249 + 199)).isTrue();
    assertThat(isEjected(member, 1249 + 200)).isFalse();
    fail(member, 1_000_000); // forgiven all
    assertThat(isEjected(member, 1_000_099)).isTrue();
    assertThat(isEjected(member, 1_000_100)).isFalse();
  }

  @Test
  void countsNothingWhileEjectedAndStartsAfresh() {
    fail(member, 0);
    assertThat(failure(member, 50)).isFalse();
    fail(member, 60);
    assertThat(failure(member, 100)).isFalse();
    assertThat(failure(member, 100)).isFalse();
    assertThat(failure(member, 100)).isTrue();
  }

  @Test
  void leavesOutNoMoreOfThePoolThanAllowed() {
    members.forEach(each -> fail(each, 0));
    assertThat(detector.ejected(at(0))).isEqualTo(2);
    assertThat(members.stream().filter(each -> isEjected(each, 0)))
        .containsExactly(members.get(0), members.get(1));

    assertThat(failure(members.get(2), 100)).isTrue(); // the others are back, its run went on
    assertThat(detector.ejected(at(100))).isEqualTo(1);
  }

  @Test
  void whoHasLeftThePoolDoesNotCount() {
    fail(members.get(0), 0);
    fail(members.get(1), 0);
    detector.remove(members.get(0));
    detector.remove(members.get(1));
    assertThat(detector.ejected(at(0))).isZero();
    fail(members.get(2), 0);
    assertThat(isEjected(members.get(2), 0)).isTrue();
    fail(members.get(3), 0);
    assertThat(isEjected(members.get(3), 0)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "10, 0, 0",
    "10, 1, 0",
    "10, 2, 1",
    "10, 9, 1",
    "10, 10, 1",
    "10, 20, 2",
    "50, 1, 0",
    "0, 5, 0",
    "100, 1, 1",
    "100, 7, 7",
    "99, 2, 1"
  })
  void oneOfSeveralMayAlwaysBeLeftOut(int percent, int pool, int expected) {
    assertThat(new OutlierLimits(1, 1, 1, 1, percent).maxEjected(pool)).isEqualTo(expected);
  }

  @Test
  void theLongestEjectionDoesNotOverflow() {
    OutlierLimits limits = new OutlierLimits(1, 1, 3, Long.MAX_VALUE, 100);
    assertThat(limits.ejectionNanos(4)).isEqualTo(12);
    assertThat(limits.ejectionNanos(Long.MAX_VALUE / 3 + 1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertRefused("consecutive server errors: -1 (expected: >= 0)", -1, 1, 1, 1, 1);
    assertRefused("consecutive gateway failures: -1 (expected: >= 0)", 1, -1, 1, 1, 1);
    assertRefused("base ejection ns: 0 (expected: >= 1)", 1, 1, 0, 1, 1);
    assertRefused("max ejection ns: 9 (expected: >= the base, 10)", 1, 1, 10, 9, 1);
    assertRefused("max ejection percent: 101 (expected: 0 to 100)", 1, 1, 1, 1, 101);
    assertRefused("max ejection percent: -1 (expected: 0 to 100)", 1, 1, 1, 1, -1);
  }

  private static void assertRefused(
      String message, int errors, int failures, long base, long max, int percent) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new OutlierLimits(errors, failures, base, max, percent))
        .withMessage(message);
  }
}
