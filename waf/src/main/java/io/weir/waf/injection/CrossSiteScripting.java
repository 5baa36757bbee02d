package io.weir.waf.injection;

import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.WorkBudget;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Tells whether a value makes a browser run something: it is read as a browser's tokenizer reads it
 * (WHATWG HTML, 13.2.5), once as text, and once for each way out of an attribute's value. What
 * counts is an element that runs or loads something, an attribute that is an event handler, and a
 * URL or a style that holds code. Elements that only format text do not count.
 *
 * <p>Thread-safe. Linear in the value.
 */
public final class CrossSiteScripting {
  /** Octets without which nothing can happen. */
  public static final ByteSet SIGNS = ByteSet.of("<=:&");

  /** Elements that load, run, or change where the page leads. */
  private static final Set<String> ACTIVE =
      Set.of(
          "script",
          "iframe",
          "frame",
          "frameset",
          "object",
          "embed",
          "applet",
          "svg",
          "math",
          "meta",
          "base",
          "link",
          "style",
          "xml",
          "import",
          "vmlframe",
          "isindex",
          "noscript",
          "template",
          "layer",
          "ilayer",
          "bgsound",
          "portal",
          "fencedframe",
          "comment",
          "animate",
          "set",
          "foreignobject",
          "handler",
          "listener",
          "eval",
          "xss",
          "scriptlet",
          "noembed",
          "plaintext",
          "animatetransform",
          "animatemotion",
          "stylesheet",
          "marquee",
          "event-source",
          "keygen");

  /** Attributes that hold a URL. */
  private static final Set<String> URLS =
      Set.of(
          "href",
          "src",
          "action",
          "formaction",
          "data",
          "xlink:href",
          "background",
          "dynsrc",
          "lowsrc",
          "poster",
          "cite",
          "longdesc",
          "profile",
          "usemap",
          "codebase",
          "classid",
          "code",
          "archive",
          "manifest",
          "ping",
          "from",
          "to",
          "values",
          "srcset",
          "folder",
          "content",
          "value",
          "by",
          "icon",
          "implementation",
          "seeksegmenttime",
          "handler",
          "xmlns");

  /** Attributes that are dangerous whatever they hold. */
  private static final Set<String> ALWAYS =
      Set.of(
          "srcdoc",
          "datasrc",
          "dataformatas",
          "datafld",
          "xlink:href",
          "attributename",
          "fscommand",
          "seeksegmenttime",
          "formaction",
          "xmlns",
          "allowscriptaccess",
          "scriptlet");

  private static final String[] SCHEMES = {
    "javascript:",
    "vbscript:",
    "data:",
    "livescript:",
    "mocha:",
    "view-source:",
    "jar:",
    "feed:javascript"
  };

  /** What makes a style run code in browsers that were. */
  private static final String[] STYLES = {
    "expression",
    "behavior",
    "behaviour",
    "-moz-binding",
    "@import",
    "javascript:",
    "-o-link",
    "url(",
    "binding",
    "vbscript:",
    "filter:"
  };

  private final byte[] in;
  private final int from;
  private final int to;
  private int at;
  private int readAgain;

  private CrossSiteScripting(byte[] in, int from, int to) {
    this.in = in;
    this.from = from;
    this.at = from;
    this.to = to;
  }

  /** Whether a value would run a script where a page shows it; charges for what it reads of it. */
  public static boolean detects(byte[] in, int from, int to, WorkBudget budget) {
    int marks = marks(in, from, to);
    budget.charge((marks == 0 ? 1 : READ_WORK) * (to - from));
    return marks != 0
        && ((marks & LESS) != 0 && new CrossSiteScripting(in, from, to).text()
            || (marks & EQUALS) != 0 && outOfAttribute(in, from, to)
            || (marks & COLON) != 0 && new CrossSiteScripting(in, from, to).holdsUrl(from, to));
  }

  /** Units of {@link WorkBudget} for an octet read as HTML, in all the ways. */
  private static final long READ_WORK = 6;

  private static final int LESS = 1;
  private static final int EQUALS = 2;
  private static final int COLON = 4;

  /** Which of {@link #SIGNS} are there: most values have none of them. */
  private static int marks(byte[] in, int from, int to) {
    int marks = 0;
    for (int i = from; i < to; i++) {
      switch (in[i]) {
        case '<' -> marks |= LESS;
        case '=' -> marks |= EQUALS;
        case ':', '&' -> marks |= COLON;
        default -> {}
      }
    }
    return marks;
  }

  private static boolean outOfAttribute(byte[] in, int from, int to) {
    for (int quote : new int[] {'"', '\'', '`', ' '}) {
      int i = from;
      while (i < to && in[i] != quote) {
        i++;
      }
      if (quote == ' ') {
        i = from - 1; // an unquoted value ends at once, as far as attributes go
      }
      if (i < to) {
        CrossSiteScripting rest = new CrossSiteScripting(in, i + 1, to);
        if (rest.attributes(false)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Reads as text between tags. */
  private boolean text() {
    while (at < to) {
      if (in[at++] != '<') {
        continue;
      }
      if (at < to && markup()) {
        return true;
      }
    }
    return false;
  }

  private boolean markup() {
    int octet = in[at];
    if (octet == '!' || octet == '?' || octet == '%') {
      return declaration();
    }
    if (octet == '/') {
      at++;
    }
    int begin = at;
    while (at < to && isNamePart(in[at])) {
      at++;
    }
    if (at == begin) {
      return false;
    }
    String name = lower(begin, at);
    int colon = name.indexOf(':');
    String local = colon < 0 ? name : name.substring(colon + 1);
    boolean ends =
        at >= to
            || isBlank(in[at])
            || in[at] == '/'
            || in[at] == '>'
            || in[at] == '<'
            || in[at] == '\\'
            || in[at] == '"'
            || in[at] == '\''
            || in[at] == '`'
            || in[at] < 0
            || in[at] == '&'
            || in[at] == '='
            || in[at] == '+'
            || in[at] == ';';
    if (ends && isActive(local)) {
      return true;
    }
    int inside = at;
    if (attributes(true)) {
      return true;
    }
    // What looked like attributes may hold a tag of its own, if the tag around it was none. That
    // would take the square of the length for tags that never end, so reading again is limited.
    readAgain += at - inside;
    if (readAgain < 8 * (to - from) + 4096) {
      at = inside;
    }
    return false;
  }

  private static boolean isActive(String name) {
    return ACTIVE.contains(name) || name.startsWith("script") || name.startsWith("fe");
  }

  /** Comments with conditions, declarations of entities, instructions: none is text. */
  private boolean declaration() {
    int end = Math.min(to, at + 40);
    String text = lower(at, end);
    return text.startsWith("!doctype")
        || text.startsWith("!entity")
        || text.startsWith("![cdata")
        || text.startsWith("!--")
        || text.startsWith("!attlist")
        || text.startsWith("!element")
        || text.startsWith("![")
        || text.startsWith("?import")
        || text.startsWith("?xml")
        || text.startsWith("?php")
        || text.startsWith("%")
            && text.length() > 1
            && (text.charAt(1) == '=' || text.length() > 5);
  }

  private static boolean isNamePart(int octet) {
    return (octet | 32) >= 'a' && (octet | 32) <= 'z' && octet > 0
        || octet >= '0' && octet <= '9'
        || octet == ':'
        || octet == '-'
        || octet == '_';
  }

  private static boolean isBlank(int octet) {
    return octet == ' ' || octet >= 0 && octet < 32;
  }

  /** Reads attributes up to the end of the tag, or of the value. */
  private boolean attributes(boolean inTag) {
    while (at < to) {
      int octet = in[at];
      if (octet == '>') {
        at++;
        return false;
      }
      if (isBlank(octet) || octet == '/' || octet == '"' || octet == '\'' || octet == '`') {
        at++;
        continue;
      }
      int begin = at;
      at++; // an equals sign may begin a name
      while (at < to && !isBlank(in[at]) && in[at] != '=' && in[at] != '>' && in[at] != '/') {
        at++;
      }
      int end = at;
      int mark = at;
      while (at < to && isBlank(in[at])) {
        at++;
      }
      if (at >= to || in[at] != '=') {
        at = Math.max(mark, begin + 1);
        continue;
      }
      at++;
      if (attribute(lower(nameBegin(begin, end), end), inTag)) {
        return true;
      }
    }
    return false;
  }

  /** Quotes and brackets before a name belong to what was closed before it. */
  private int nameBegin(int begin, int end) {
    int name = begin;
    for (int i = begin; i < end; i++) {
      if (in[i] == '"' || in[i] == '\'' || in[i] == '`' || in[i] == '<') {
        name = i + 1;
      }
    }
    return name;
  }

  private boolean attribute(String name, boolean inTag) {
    while (at < to && isBlank(in[at])) {
      at++;
    }
    int begin = at;
    int end;
    if (at < to && (in[at] == '"' || in[at] == '\'' || in[at] == '`')) {
      int quote = in[at++];
      begin = at;
      while (at < to && in[at] != quote) {
        at++;
      }
      end = at;
      at = Math.min(to, at + 1);
    } else {
      while (at < to && !isBlank(in[at]) && in[at] != '>') {
        at++;
      }
      end = at;
    }
    if (isHandler(name)) {
      return inTag || end > begin;
    }
    if (inTag && (ALWAYS.contains(name) || name.startsWith("xmlns:"))) {
      return true;
    }
    if (URLS.contains(name) && holdsUrl(begin, end)) {
      return true;
    }
    return name.equals("style") && (inTag || begin < end) && holdsStyle(begin, end);
  }

  /** An event handler: on, and letters only. */
  private static boolean isHandler(String name) {
    if (name.length() < 5 || !name.startsWith("on")) {
      return false;
    }
    for (int i = 2; i < name.length(); i++) {
      if (name.charAt(i) < 'a' || name.charAt(i) > 'z') {
        return false;
      }
    }
    return true;
  }

  private boolean holdsUrl(int from, int end) {
    String plain = decoded(from, Math.min(end, from + 300));
    for (String scheme : SCHEMES) {
      if (plain.startsWith(scheme)
          && (!scheme.equals("data:") || plain.contains(",") || plain.contains(";"))) {
        return true;
      }
    }
    return false;
  }

  private boolean holdsStyle(int from, int end) {
    String plain = decoded(from, Math.min(end, from + 4000));
    String bare = withoutComments(plain).replace("\\", "");
    for (String style : STYLES) {
      if (bare.contains(style)) {
        return true;
      }
    }
    return plain.indexOf('\\') >= 0;
  }

  private static String withoutComments(String style) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (true) {
      int open = style.indexOf("/*", at);
      int close = open < 0 ? -1 : style.indexOf("*/", open + 2);
      if (close < 0) {
        return out.append(style, at, style.length()).toString();
      }
      out.append(style, at, open);
      at = close + 2;
    }
  }

  /** Lower case, with references undone and without what browsers skip in URLs. */
  private String decoded(int from, int end) {
    StringBuilder out = new StringBuilder();
    int i = from;
    while (i < end) {
      int octet = in[i];
      if (octet == '&') {
        int next = reference(i, end, out);
        if (next > 0) {
          i = next;
          continue;
        }
      }
      append(octet, out);
      i++;
    }
    return out.toString();
  }

  private static void append(int octet, StringBuilder out) {
    if (octet > ' ' || octet == ' ' && out.length() > 0) {
      out.append((char) (octet >= 'A' && octet <= 'Z' ? octet + 32 : octet));
    }
  }

  private int reference(int from, int end, StringBuilder out) {
    int i = from + 1;
    if (i < end && in[i] == '#') {
      i++;
      boolean hex = i < end && (in[i] | 32) == 'x';
      int begin = hex ? i + 1 : i;
      int value = 0;
      i = begin;
      while (i < end && in[i] > 0 && Character.digit(in[i], hex ? 16 : 10) >= 0) {
        value = (value * (hex ? 16 : 10) + Character.digit(in[i], hex ? 16 : 10)) & 0xffffff;
        i++;
      }
      if (i == begin) {
        return 0;
      }
      append(value < 128 ? value : '?', out);
      return i < end && in[i] == ';' ? i + 1 : i;
    }
    while (i < end && in[i] > 0 && Character.isLetter(in[i])) {
      i++;
    }
    String name = lower(from + 1, i);
    int octet =
        switch (name) {
          case "colon" -> ':';
          case "tab", "newline" -> ' ';
          case "lpar" -> '(';
          case "rpar" -> ')';
          case "amp" -> '&';
          case "lt" -> '<';
          case "gt" -> '>';
          case "quot" -> '"';
          case "apos" -> '\'';
          case "sol" -> '/';
          case "period" -> '.';
          case "nbsp" -> ' ';
          default -> -1;
        };
    if (octet < 0) {
      return 0;
    }
    if (octet != ' ') {
      append(octet, out);
    }
    return i < end && in[i] == ';' ? i + 1 : i;
  }

  /** Latin-1 in lower case, without NULs. */
  private String lower(int from, int end) {
    byte[] out = new byte[end - from];
    int length = 0;
    for (int i = from; i < end; i++) {
      int octet = in[i];
      if (octet != 0) {
        out[length++] = (byte) (octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
      }
    }
    return new String(out, 0, length, StandardCharsets.ISO_8859_1);
  }
}
