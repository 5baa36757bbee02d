package io.weir.waf;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names of kinds of attacks, for exclusions, and the tag that the Core Rule Set gives each. */
public enum Category {
  SQL_INJECTION("attack-sqli"),
  CROSS_SITE_SCRIPTING("attack-xss"),
  LOCAL_FILE_INCLUSION("attack-lfi"),
  REMOTE_FILE_INCLUSION("attack-rfi"),
  COMMAND_INJECTION("attack-rce"),
  PHP_INJECTION("attack-injection-php"),
  SESSION_FIXATION("attack-fixation"),
  PROTOCOL_VIOLATION("attack-protocol"),
  SCANNER_DETECTION("attack-reputation-scanner"),
  DATA_LEAKAGE("attack-disclosure");

  private final String tag;

  Category(String tag) {
    this.tag = tag;
  }

  /** The tag in rules. */
  public String tag() {
    return tag;
  }

  /** The category of this name, such as sql_injection; or null. */
  public static @Nullable Category named(String name) {
    for (Category category : values()) {
      if (category.name().equals(name.toUpperCase(Locale.ROOT))) {
        return category;
      }
    }
    return null;
  }
}
