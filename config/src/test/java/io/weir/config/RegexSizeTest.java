package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegexSizeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "abc ~ 3",
        "a{5} ~ 5",
        "(ab){2,5} ~ 10",
        "((a{3})+){4} ~ 16",
        "[a-z]{3}x ~ 16",
        "[]{9}]{2} ~ 12",
        "[^]{9}]{2} ~ 14",
        "[[:alpha:]]{2} ~ 22",
        "\\[{3} ~ 6",
        "a{,5} ~ 5",
        "x{2,} ~ 2"
      })
  void countsRepetitionsWrittenOut(String regex, long size) {
    assertThat(RegexSize.of(regex)).isEqualTo(size);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((((a{100}){100}){100}){100}){100}",
        "((a{1000}){1000}){1000}",
        "(a{999999999}){999999999}",
        "[ab](((c*{0,999}){999}|d){999}){999}"
      })
  void stopsWhereNobodyNeedsMore(String regex) {
    assertThat(RegexSize.of(regex)).isGreaterThan(RegexSize.MOST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/articles/[0-9]+",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "(?i)/(en|de|fr)/.{1,64}"
      })
  void acceptsWhatOperatorsWrite(String regex) {
    assertThat(Form.REGEX.accepts(regex)).isTrue();
  }
}
