package io.weir.waf.injection;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes values as forms, cookies, headers and APIs have them: the other side of what is learned.
 */
final class HarmlessText {
  private static final String[] NAMES = {
    "Miller",
    "O'Brien",
    "D'Angelo",
    "Anna-Lena",
    "van der Berg",
    "Smith & Sons",
    "Jean \"JP\" Pierre"
  };
  private static final String[] WORDS = {
    "select",
    "order",
    "union",
    "group",
    "table",
    "from",
    "where",
    "and",
    "or",
    "not",
    "like",
    "the",
    "a",
    "new",
    "best",
    "price",
    "update",
    "set",
    "values",
    "limit",
    "case",
    "when",
    "in",
    "is",
    "as",
    "by",
    "all",
    "delete",
    "insert",
    "into",
    "left",
    "right",
    "join",
    "between",
    "having",
    "chair",
    "please",
    "our",
    "credit",
    "European",
    "it's",
    "don't",
    "you're",
    "(optional)",
    "5\"",
    "10'",
    "50%",
    "1/2",
    "#1",
    "top",
    "drop",
    "create",
    "view",
    "index",
    "1+1=2",
    "sleep",
    "user",
    "version",
    "row"
  };

  private HarmlessText() {}

  static List<String> lines(int count) {
    Random random = new Random(11);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(line(random));
    }
    return lines;
  }

  private static String line(Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> NAMES[random.nextInt(NAMES.length)];
      case 1 ->
          NAMES[random.nextInt(NAMES.length)]
              + ", "
              + random.nextInt(90)
              + " Main St. #"
              + random.nextInt(30);
      case 2 -> "user" + random.nextInt(1000) + "@mail.example.com";
      case 3 ->
          "https://www.example.com/a/b-c?x="
              + random.nextInt(99)
              + "&y="
              + random.nextInt(9)
              + "&z=a%20b#top";
      case 4 -> random.nextInt(2000) + "-" + (1 + random.nextInt(12)) + "-" + random.nextInt(28);
      case 5 -> "+49 (0) 30 " + random.nextInt(10_000_000);
      case 6 -> token(random, 10 + random.nextInt(60));
      case 7 ->
          "{\"id\": "
              + random.nextInt(99)
              + ", \"name\": \""
              + words(random, 2)
              + "\", \"tags\": [\"a\", \"b\"], \"ok\": true, \"n\": null}";
      case 8 ->
          "Mozilla/5.0 (X11; Linux x86_64; rv:"
              + random.nextInt(140)
              + ".0) Gecko/20100101 Firefox/"
              + random.nextInt(140)
              + ".0";
      case 9 -> "text/html,application/xhtml+xml;q=0." + random.nextInt(9) + ",*/*;q=0.8";
      case 10 -> "GA1.2." + random.nextInt(1_000_000) + "." + random.nextInt(1_000_000);
      case 11 ->
          "$" + random.nextInt(100) + "." + random.nextInt(99) + " - $" + random.nextInt(999);
      case 12 -> "<p>" + words(random, 6) + "</p><br/>" + words(random, 3);
      case 13 -> random.nextInt(100) + "," + random.nextInt(100) + "," + random.nextInt(100);
      case 14 -> "C:\\Users\\anna\\file (" + random.nextInt(9) + ").txt";
      case 15 -> "/images/p/" + token(random, 8) + "/" + random.nextInt(99) + "x2.png";
      case 16 -> words(random, 3) + " (" + words(random, 2) + ") - " + words(random, 2);
      case 17 -> "\"" + words(random, 3) + "\" " + words(random, 2);
      case 18 ->
          words(random, 2)
              + ": "
              + words(random, 3)
              + "; "
              + words(random, 3)
              + " = "
              + random.nextInt(9);
      default -> words(random, 3 + random.nextInt(12));
    };
  }

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      // Keywords in prose stand among other words, seldom side by side.
      String word = random.nextInt(3) == 0 ? WORDS[random.nextInt(WORDS.length)] : token(random, 5);
      text.append(i == 0 ? "" : random.nextInt(9) == 0 ? ", " : " ").append(word);
    }
    return text.toString();
  }

  private static String token(Random random, int length) {
    String alphabet = length > 8 ? "abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-." : "aeioulnrst";
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
