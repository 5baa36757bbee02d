package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.PatternCache;
import io.weir.waf.seclang.RuleText.OperatorText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes operators of their text; equal texts give one operator. */
final class OperatorReader {
  private final Store.Names names;
  private final PatternCache patterns;
  private final AutomataMemory memory;
  private final Set<Path> files;
  private final Map<String, Operator> known = new HashMap<>();

  /**
   * @param files gets the data files that are read
   */
  OperatorReader(Store.Names names, PatternCache patterns, AutomataMemory memory, Set<Path> files) {
    this.patterns = patterns;
    this.names = names;
    this.memory = memory;
    this.files = files;
  }

  /**
   * @param folder where data files are, or null
   */
  Operator read(OperatorText text, @Nullable Path folder) throws CompileException {
    String key = text.name().toLowerCase(Locale.ROOT) + " " + text.argument() + " " + folder;
    Operator operator = known.get(key);
    if (operator == null) {
      operator = make(text.name().toLowerCase(Locale.ROOT), text.argument(), folder);
      known.put(key, operator);
    }
    return operator;
  }

  private Operator make(String name, String argument, @Nullable Path folder)
      throws CompileException {
    CheckOperator check = CheckOperator.named(name);
    if (check != null) {
      return check;
    }
    return switch (name) {
      case "rx", "rxglobal" -> new RegexOperator(argument, patterns, memory);
      case "pm" -> {
        List<String> phrases = phrases(argument);
        yield new PhraseOperator(() -> phrases);
      }
      case "pmf", "pmfromfile" -> {
        List<byte[]> files = files(argument, folder);
        yield new PhraseOperator(() -> lines(files));
      }
      case "beginswith" -> text(TextOperator.Kind.BEGINS_WITH, argument);
      case "contains", "strmatch" -> text(TextOperator.Kind.CONTAINS, argument);
      case "containsword" -> text(TextOperator.Kind.CONTAINS_WORD, argument);
      case "endswith" -> text(TextOperator.Kind.ENDS_WITH, argument);
      case "streq" -> text(TextOperator.Kind.STREQ, argument);
      case "within" -> text(TextOperator.Kind.WITHIN, argument);
      case "eq" -> number(NumberOperator.Kind.EQ, argument);
      case "ge" -> number(NumberOperator.Kind.GE, argument);
      case "gt" -> number(NumberOperator.Kind.GT, argument);
      case "le" -> number(NumberOperator.Kind.LE, argument);
      case "lt" -> number(NumberOperator.Kind.LT, argument);
      case "validatebyterange" -> CheckOperator.byteRange(argument);
      case "ipmatch" -> CheckOperator.ipMatch(List.of(argument.split(",", -1)));
      case "ipmatchf", "ipmatchfromfile" -> CheckOperator.ipMatch(lines(files(argument, folder)));
      case "verifycc" -> new ChecksumOperator(argument, patterns, memory, ChecksumOperator::isCard);
      case "verifyssn" -> new ChecksumOperator(argument, patterns, memory, ChecksumOperator::isSsn);
      case "verifycpf" -> new ChecksumOperator(argument, patterns, memory, ChecksumOperator::isCpf);
      case "verifysvnr" ->
          new ChecksumOperator(argument, patterns, memory, ChecksumOperator::isSvnr);
      default -> throw new CompileException("unknown or unsupported operator @" + name);
    };
  }

  private Operator text(TextOperator.Kind kind, String argument) throws CompileException {
    return new TextOperator(kind, Macro.parse(argument, names));
  }

  private Operator number(NumberOperator.Kind kind, String argument) throws CompileException {
    return new NumberOperator(kind, Macro.parse(argument, names));
  }

  /** Phrases separated by blanks; octets between bars are hexadecimal, as in Snort's rules. */
  private static List<String> phrases(String argument) throws CompileException {
    List<String> phrases = new ArrayList<>();
    for (String word : argument.strip().split("\\s+", -1)) {
      if (!word.isEmpty()) {
        phrases.add(latin1(withHex(word)));
      }
    }
    if (phrases.isEmpty()) {
      throw new CompileException("@pm needs phrases");
    }
    return phrases;
  }

  private static String withHex(String word) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < word.length()) {
      int open = word.indexOf('|', at);
      int close = open < 0 ? -1 : word.indexOf('|', open + 1);
      String hex = close < 0 ? "" : word.substring(open + 1, close);
      if (hex.isEmpty() || hex.length() % 2 != 0 || !hex.matches("[0-9A-Fa-f]+")) {
        break;
      }
      out.append(word, at, open);
      for (int i = 0; i < hex.length(); i += 2) {
        out.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
      }
      at = close + 1;
    }
    return out.append(word, at, word.length()).toString();
  }

  private static String latin1(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** What stands in data files. */
  private List<byte[]> files(String argument, @Nullable Path folder) throws CompileException {
    List<byte[]> contents = new ArrayList<>();
    for (String file : argument.strip().split("\\s+", -1)) {
      if (folder == null || file.isEmpty()) {
        throw new CompileException("data file \"" + file + "\": there is no folder to look in");
      }
      try {
        Path path = folder.resolve(file);
        files.add(path);
        contents.add(Files.readAllBytes(path));
      } catch (IOException | InvalidPathException e) {
        throw new CompileException("cannot read data file " + file);
      }
    }
    return contents;
  }

  /** The lines of data files, without blank lines and comments. */
  private static List<String> lines(List<byte[]> files) {
    List<String> lines = new ArrayList<>();
    for (byte[] file : files) {
      for (String line : new String(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
        String phrase = line.strip();
        if (!phrase.isEmpty() && !phrase.startsWith("#")) {
          lines.add(phrase);
        }
      }
    }
    return lines;
  }
}
