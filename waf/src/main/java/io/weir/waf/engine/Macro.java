package io.weir.waf.engine;

import io.weir.waf.transform.Octets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Text with {@code %{…}} in it, cut into parts once. */
final class Macro {

  /** A literal, a variable that rules set, a capture, or an entry of another variable. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Part(
      byte @Nullable [] literal,
      int slot,
      int capture,
      @Nullable Variable variable,
      byte @Nullable [] key) {}

  private final List<Part> parts;
  private final String source;

  private Macro(String source, List<Part> parts) {
    this.source = source;
    this.parts = List.copyOf(parts);
  }

  static Macro parse(String text, Store.Names names) throws CompileException {
    List<Part> parts = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int open = text.indexOf("%{", at);
      int close = open < 0 ? -1 : text.indexOf('}', open);
      if (close < 0) {
        parts.add(literal(text.substring(at)));
        break;
      }
      if (open > at) {
        parts.add(literal(text.substring(at, open)));
      }
      parts.add(reference(text.substring(open + 2, close), names));
      at = close + 1;
    }
    return new Macro(text, parts);
  }

  private static Part literal(String text) {
    return new Part(Text.bytes(text), -1, -1, null, null);
  }

  private static Part reference(String text, Store.Names names) throws CompileException {
    int dot = text.indexOf('.');
    if (dot < 0) {
      dot = text.indexOf(':');
    }
    String variable = (dot < 0 ? text : text.substring(0, dot)).toUpperCase(Locale.ROOT);
    String key = dot < 0 ? "" : text.substring(dot + 1).toLowerCase(Locale.ROOT);
    Variable known = Variable.named(variable);
    if (known == null) {
      throw new CompileException("unknown variable in macro %{" + text + "}");
    }
    if (known.kind() == Variable.Kind.STORE) {
      if (variable.equals("TX") && key.length() == 1 && Character.isDigit(key.charAt(0))) {
        return new Part(null, -1, key.charAt(0) - '0', null, null);
      }
      return new Part(
          null, names.number(variable.toLowerCase(Locale.ROOT) + "." + key), -1, null, null);
    }
    if (known.collection() && key.isEmpty()) {
      throw new CompileException("macro %{" + text + "} needs a name after the variable");
    }
    return new Part(null, -1, -1, known, dot < 0 ? null : Text.bytes(key));
  }

  boolean isConstant() {
    return parts.stream().allMatch(part -> part.literal() != null);
  }

  /** The octets of a constant. */
  byte[] constant() {
    return Text.bytes(source);
  }

  /** The slots that it reads, and -1 if it reads anything else of the transaction. */
  List<Integer> reads() {
    return parts.stream()
        .filter(part -> part.literal() == null)
        .map(part -> part.slot() >= 0 ? part.slot() : -1)
        .toList();
  }

  boolean readsCaptures() {
    return parts.stream().anyMatch(part -> part.capture() >= 0);
  }

  boolean readsMatchedVar() {
    return parts.stream()
        .anyMatch(part -> part.variable() != null && part.variable().kind() != Variable.Kind.LISTS);
  }

  /** The value as a number; cheap when it is a number or a counter. */
  int number(Evaluation evaluation) {
    if (parts.size() == 1) {
      Part part = parts.getFirst();
      if (part.literal() != null) {
        return Text.number(part.literal(), 0, part.literal().length);
      }
      if (part.slot() >= 0) {
        return evaluation.store.number(part.slot());
      }
    }
    Octets out = new Octets(32);
    expand(evaluation, out);
    return Text.number(out.data, 0, out.length);
  }

  /** The octets if all of it is one variable that holds a text; or null. */
  byte @Nullable [] text(Evaluation evaluation) {
    Part only = parts.size() == 1 ? parts.getFirst() : null;
    return only != null && only.slot() >= 0 ? evaluation.store.text(only.slot()) : null;
  }

  void expand(Evaluation evaluation, Octets out) {
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (part.literal() != null) {
        out.add(part.literal(), 0, part.literal().length);
      } else if (part.slot() >= 0) {
        evaluation.store.write(part.slot(), out);
      } else if (part.capture() >= 0) {
        evaluation.writeCapture(part.capture(), out);
      } else if (part.variable() != null) {
        evaluation.writeVariable(part.variable(), part.key(), out);
      }
    }
  }

  @Override
  public String toString() {
    return source;
  }
}
