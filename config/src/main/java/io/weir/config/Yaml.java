package io.weir.config;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads YAML 1.2 into {@link Node}s, strictly: UTF-8, one document, keys that are texts and appear
 * once, no tags, no merge keys. Works on the parser's events instead of the library's node
 * composer, because that one recurses as deep as the file says and lets aliases multiply; here
 * depth and the size with all aliases written out are bounded while reading.
 */
final class Yaml {
  static final int MAX_BYTES = 4 << 20;
  static final int MAX_DEPTH = 32;
  static final int MAX_NODES = 1 << 18;

  private final Problems problems;
  private final Iterator<Event> events;
  private final Map<Anchor, Node> anchors = new HashMap<>();

  private Yaml(Problems problems, Iterator<Event> events) {
    this.problems = problems;
    this.events = events;
  }

  /** Reads the document; null if it could not be read to its end, which is then a problem. */
  static @Nullable Node read(byte[] bytes, Problems problems) {
    String text = decode(bytes, problems);
    return text == null ? null : read(text, problems);
  }

  static @Nullable Node read(String text, Problems problems) {
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(MAX_BYTES).setBufferSize(16 << 10).build();
    try {
      return new Yaml(problems, new ParserImpl(settings, new StreamReader(settings, text)))
          .document();
    } catch (Refused refused) {
      problems.add(refused.mark, "", refused.getMessage(), refused.hint);
    } catch (MarkedYamlEngineException e) {
      problems.add(syntaxMark(e), "", "not valid YAML: " + oneLine(e.getProblem()), syntaxHint(e));
    } catch (ReaderException e) {
      problems.add(
          markAt(text, e.getPosition()),
          "",
          "character U+%04X (expected: printable text)".formatted(e.getCodePoint()),
          "");
    } catch (YamlEngineException e) {
      problems.add(
          Mark.START, "", "not valid YAML: " + oneLine(String.valueOf(e.getMessage())), "");
    }
    return null;
  }

  private @Nullable Node document() {
    Node root = null;
    while (events.hasNext()) {
      Event event = events.next();
      if (event instanceof NodeEvent && root != null) {
        throw new Refused(
            markOf(event), "a second document begins (expected: one)", "remove the line \"---\"");
      }
      if (event instanceof NodeEvent) {
        root = node(event, 0);
      }
    }
    if (root == null || (root instanceof Node.Scalar scalar && scalar.isNull())) {
      throw new Refused(
          Mark.START, "the file is empty", "a configuration has at least one listener");
    }
    return root;
  }

  private Node node(Event event, int depth) {
    if (depth > MAX_DEPTH) {
      throw new Refused(markOf(event), "nested deeper than " + MAX_DEPTH, "");
    }
    refuseTag(event);
    Node node =
        switch (event) {
          case AliasEvent alias -> aliased(alias);
          case ScalarEvent scalar ->
              new Node.Scalar(markOf(event), scalar.getValue(), scalar.isPlain());
          case SequenceStartEvent start -> sequence(start, depth);
          case MappingStartEvent start -> mapping(start, depth);
          default -> throw new Refused(markOf(event), "not understood", "");
        };
    if (node.size() > MAX_NODES) {
      throw new Refused(
          markOf(event),
          "more than " + MAX_NODES + " values",
          "aliases count as often as they are used");
    }
    if (!(event instanceof AliasEvent)) {
      ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor, node));
    }
    return node;
  }

  private Node aliased(AliasEvent event) {
    Node node = anchors.get(event.getAlias());
    if (node == null) {
      throw new Refused(
          markOf(event), "*" + event.getAlias() + ": no such anchor before this line", "");
    }
    return node;
  }

  private Node sequence(SequenceStartEvent start, int depth) {
    List<Node> items = new ArrayList<>();
    long size = 1;
    for (Event next = events.next();
        next.getEventId() != Event.ID.SequenceEnd;
        next = events.next()) {
      Node item = node(next, depth + 1);
      items.add(item);
      size += item.size();
    }
    return new Node.Sequence(markOf(start), items, size);
  }

  private Node mapping(MappingStartEvent start, int depth) {
    List<Node.Entry> entries = new ArrayList<>();
    Map<String, Mark> seen = new HashMap<>();
    long size = 1;
    for (Event next = events.next();
        next.getEventId() != Event.ID.MappingEnd;
        next = events.next()) {
      Mark mark = markOf(next);
      if (!(node(next, depth + 1) instanceof Node.Scalar key)) {
        throw new Refused(mark, "a list or map as key (expected: a name)", "");
      }
      Node value = node(events.next(), depth + 1);
      size += 1 + value.size();
      Mark first = seen.putIfAbsent(key.text(), mark);
      if (first == null) {
        entries.add(new Node.Entry(mark, key.text(), value));
      } else {
        problems.add(
            mark, "", Text.show(key.text()) + ": given twice, first on line " + first.line(), "");
      }
    }
    return new Node.Mapping(markOf(start), entries, size);
  }

  private static void refuseTag(Event event) {
    Optional<String> tag =
        switch (event) {
          case ScalarEvent scalar -> scalar.getTag();
          case CollectionStartEvent start -> start.getTag();
          default -> Optional.empty();
        };
    tag.ifPresent(name -> {
      throw new Refused(markOf(event), Text.show(name) + ": tags are not understood", "remove it");
    });
  }

  private static @Nullable String decode(byte[] bytes, Problems problems) {
    if (bytes.length > MAX_BYTES) {
      problems.add("", bytes.length + " bytes (expected: at most " + new ByteSize(MAX_BYTES) + ")");
      return null;
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      problems.add(
          markAt(text, Integer.MAX_VALUE),
          "",
          "byte 0x%02X (expected: UTF-8)".formatted(bytes[in.position()]),
          in.position() == 0 ? "save the file as UTF-8, without byte order mark" : "");
      return null;
    }
    if (text.startsWith("\uFEFF")) {
      problems.add("", "byte order mark (expected: UTF-8 without)", "save the file without it");
      return null;
    }
    return text;
  }

  /** Line and column of a position that is counted in characters. */
  private static Mark markAt(String text, int position) {
    int line = 1;
    int column = 1;
    for (int i = 0, seen = 0; i < text.length() && seen < position; seen++) {
      int character = text.codePointAt(i);
      i += Character.charCount(character);
      column = character == '\n' ? 1 : column + 1;
      line += character == '\n' ? 1 : 0;
    }
    return new Mark(line, column);
  }

  private static Mark markOf(Event event) {
    return event.getStartMark().map(Yaml::mark).orElse(Mark.START);
  }

  private static Mark mark(org.snakeyaml.engine.v2.exceptions.Mark mark) {
    return new Mark(mark.getLine() + 1, mark.getColumn() + 1);
  }

  private static Mark syntaxMark(MarkedYamlEngineException e) {
    return e.getProblemMark().or(e::getContextMark).map(Yaml::mark).orElse(Mark.START);
  }

  private static String syntaxHint(MarkedYamlEngineException e) {
    return e.getProblem().contains("TAB") ? "indent with spaces" : "";
  }

  private static String oneLine(String message) {
    return Text.cut(message.replaceAll("\\s+", " ").strip(), 200);
  }

  /** Ends the reading of a document that is not read further. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Mark mark;
    private final String hint;

    Refused(Mark mark, String message, String hint) {
      super(message, null, false, false);
      this.mark = mark;
      this.hint = hint;
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }
}
