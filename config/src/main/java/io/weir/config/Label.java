package io.weir.config;

import java.util.Locale;

/** An enum constant whose written form is not simply its name in lower case. */
interface Label {
  /** How the operator writes it. */
  String label();

  /** How the operator writes any enum constant. */
  static String of(Enum<?> constant) {
    return constant instanceof Label labelled
        ? labelled.label()
        : constant.name().toLowerCase(Locale.ROOT);
  }
}
