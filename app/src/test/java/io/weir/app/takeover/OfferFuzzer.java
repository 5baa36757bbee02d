package io.weir.app.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

class OfferFuzzer {
  @FuzzTest
  void readsAnOfferOrRefusesIt(FuzzedDataProvider data) {
    String text = data.consumeBoolean() ? Offer.FIRST_LINE + "\n" : "";
    text += data.consumeRemainingAsAsciiString();
    Offer offer;
    try {
      offer = Offer.parse(text);
    } catch (IllegalArgumentException refused) {
      return;
    }
    assertThat(Offer.parse(offer.text())).isEqualTo(offer);
  }
}
