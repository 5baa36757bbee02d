package io.weir.waf.engine;

import io.weir.waf.body.Arena;
import io.weir.waf.body.BodySink;
import io.weir.waf.body.ContentCoding;
import io.weir.waf.body.JsonBody;
import io.weir.waf.body.MultipartBody;
import io.weir.waf.body.MultipartFlag;
import io.weir.waf.body.UrlEncodedBody;
import io.weir.waf.body.XmlBody;
import io.weir.waf.regex.WorkBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Makes the values that rules look at of a request and its response. Confined to one thread. */
public final class RequestValues {
  private static final byte[] NOTHING = {};
  private static final byte[] COOKIE = Text.bytes("cookie");
  private static final byte[] CONTENT_TYPE = Text.bytes("content-type");
  private static final byte[] CONTENT_LENGTH = Text.bytes("content-length");
  private static final byte[] CONTENT_ENCODING = Text.bytes("content-encoding");

  /** How much longer a body may get when its content coding is undone. */
  private static final int MAX_RATIO = 100;

  /** Octets: a short text of one sign is no bomb, however short its coding is. */
  private static final int ALWAYS_DECODED = 64 << 10;

  /** Units of {@link WorkBudget} for a value found in JSON. */
  private static final int ELEMENT_WORK = 40;

  private final Evaluation evaluation;
  private final Settings settings;
  private final Arena arena = new Arena();
  private byte[] requestBody = NOTHING;
  private int requestBodyLength;
  private byte[] responseBody = NOTHING;
  private int responseBodyLength;
  private String contentType = "";
  private boolean responseInspected;
  private int combinedFileSize;

  public RequestValues(Evaluation evaluation, Settings settings) {
    this.evaluation = evaluation;
    this.settings = settings;
    reset();
  }

  public void reset() {
    arena.clear();
    requestBodyLength = 0;
    responseBodyLength = 0;
    if (requestBody.length > 1 << 20) {
      requestBody = NOTHING;
    }
    responseBody = responseBody.length > 1 << 20 ? NOTHING : responseBody;
    contentType = "";
    responseInspected = false;
    combinedFileSize = 0;
    for (Base base : COUNTED) {
      text(base, ZERO);
    }
    text(Base.REQBODY_PROCESSOR, NOTHING);
    text(Base.REQBODY_ERROR_MSG, NOTHING);
    text(Base.PATH_INFO, NOTHING);
    text(Base.REMOTE_USER, NOTHING);
    text(Base.AUTH_TYPE, NOTHING);
  }

  private static final byte[] ZERO = {'0'};
  private static final byte[] ONE = {'1'};

  /** Values that are 0 until something happens. */
  private static final Base[] COUNTED = {
    Base.ARGS_COMBINED_SIZE,
    Base.DURATION,
    Base.FILES_COMBINED_SIZE,
    Base.FULL_REQUEST_LENGTH,
    Base.INBOUND_DATA_ERROR,
    Base.OUTBOUND_DATA_ERROR,
    Base.MULTIPART_BOUNDARY_QUOTED,
    Base.MULTIPART_BOUNDARY_WHITESPACE,
    Base.MULTIPART_CRLF_LF_LINES,
    Base.MULTIPART_DATA_AFTER,
    Base.MULTIPART_DATA_BEFORE,
    Base.MULTIPART_FILE_LIMIT_EXCEEDED,
    Base.MULTIPART_HEADER_FOLDING,
    Base.MULTIPART_INVALID_HEADER_FOLDING,
    Base.MULTIPART_INVALID_PART,
    Base.MULTIPART_INVALID_QUOTING,
    Base.MULTIPART_LF_LINE,
    Base.MULTIPART_MISSING_SEMICOLON,
    Base.MULTIPART_STRICT_ERROR,
    Base.MULTIPART_UNMATCHED_BOUNDARY,
    Base.REQBODY_ERROR,
    Base.REQUEST_BODY_LENGTH,
    Base.URLENCODED_ERROR
  };

  private Entries list(Base base) {
    return evaluation.lists[base.ordinal()];
  }

  private void text(Base base, byte[] value) {
    list(base).set(value, 0, value.length);
  }

  public void connection(String client, int clientPort, String server, int serverPort) {
    text(Base.REMOTE_ADDR, Text.bytes(client));
    text(Base.REMOTE_HOST, Text.bytes(client));
    evaluation.number(Base.REMOTE_PORT, clientPort);
    text(Base.SERVER_ADDR, Text.bytes(server));
    evaluation.number(Base.SERVER_PORT, serverPort);
  }

  public void uniqueId(String id) {
    text(Base.UNIQUE_ID, Text.bytes(id));
  }

  public void requestLine(
      byte[] method,
      int methodFrom,
      int methodTo,
      byte[] uri,
      int uriFrom,
      int uriTo,
      byte[] protocol,
      int protocolFrom,
      int protocolTo) {
    int length = methodTo - methodFrom + uriTo - uriFrom + protocolTo - protocolFrom + 2;
    arena.begin(length);
    arena.add(method, methodFrom, methodTo);
    int methodEnd = arena.to();
    int uriBegin = methodEnd;
    if (uriTo > uriFrom) {
      arena.add(' ');
      uriBegin = arena.to();
      arena.add(uri, uriFrom, uriTo);
    }
    int uriEnd = arena.to();
    int protocolBegin = uriEnd;
    if (protocolTo > protocolFrom) {
      arena.add(' ');
      protocolBegin = arena.to();
      arena.add(protocol, protocolFrom, protocolTo);
    }
    byte[] line = arena.array();
    list(Base.REQUEST_LINE).set(line, arena.from(), arena.to());
    list(Base.REQUEST_METHOD).set(line, arena.from(), methodEnd);
    list(Base.REQUEST_PROTOCOL).set(line, protocolBegin, arena.to());
    evaluation.extendBudget(length);
    uri(line, uriBegin, uriEnd);
  }

  private void uri(byte[] line, int from, int to) {
    list(Base.REQUEST_URI_RAW).set(line, from, to);
    int path = afterAuthority(line, from, to);
    list(Base.REQUEST_URI).set(line, path, to);
    int end = path;
    while (end < to && line[end] != '?' && line[end] != '#') {
      end++;
    }
    filename(line, path, end);
    int query = end < to && line[end] == '?' ? end + 1 : to;
    int queryEnd = query;
    while (queryEnd < to && line[queryEnd] != '#') {
      queryEnd++;
    }
    list(Base.QUERY_STRING).set(line, query, queryEnd);
    sinkList = Base.ARGS_GET;
    UrlEncodedBody.read(line, query, queryEnd, settings.argumentSeparator(), arena, sink);
  }

  /** The path, decoded once, and what follows its last slash. */
  private void filename(byte[] line, int from, int to) {
    arena.begin(to - from);
    for (int i = from; i < to; i++) {
      if (line[i] == '%' && i + 2 < to && hex(line[i + 1]) >= 0 && hex(line[i + 2]) >= 0) {
        arena.add(hex(line[i + 1]) << 4 | hex(line[i + 2]));
        i += 2;
      } else {
        arena.add(line[i]);
      }
    }
    byte[] path = arena.array();
    list(Base.REQUEST_FILENAME).set(path, arena.from(), arena.to());
    int base = arena.to();
    while (base > arena.from() && path[base - 1] != '/' && path[base - 1] != '\\') {
      base--;
    }
    list(Base.REQUEST_BASENAME).set(path, base, arena.to());
  }

  private static int hex(int octet) {
    return octet < 0 ? -1 : Character.digit(octet, 16);
  }

  /** Where the path of an absolute URI begins. */
  private static int afterAuthority(byte[] line, int from, int to) {
    if (from == to || line[from] == '/') {
      return from;
    }
    for (int i = from; i + 2 < to; i++) {
      if (line[i] == ':' && line[i + 1] == '/' && line[i + 2] == '/') {
        int slash = i + 3;
        while (slash < to && line[slash] != '/' && line[slash] != '?' && line[slash] != '#') {
          slash++;
        }
        return slash;
      }
      if (line[i] == '/' || line[i] == '?' || line[i] == '#') {
        return from;
      }
    }
    return from;
  }

  public void requestHeader(
      byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
    addHeader(Base.REQUEST_HEADERS, name, nameFrom, nameTo, value, valueFrom, valueTo);
    evaluation.extendBudget(nameTo - nameFrom + valueTo - valueFrom);
  }

  private void addHeader(
      Base base, byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
    arena.begin(nameTo - nameFrom + valueTo - valueFrom);
    arena.add(name, nameFrom, nameTo);
    int split = arena.to();
    arena.add(value, valueFrom, valueTo);
    list(base).add(arena.array(), arena.from(), split, arena.array(), split, arena.to());
  }

  public void endRequestHeaders() {
    Entries headers = list(Base.REQUEST_HEADERS);
    for (int i = 0; i < headers.count; i++) {
      if (isNamed(headers, i, COOKIE)) {
        cookies(headers.valueArray[i], headers.valueFrom[i], headers.valueTo[i]);
      } else if (isNamed(headers, i, CONTENT_TYPE)) {
        contentType = value(headers, i);
      }
    }
    String lower = contentType.toLowerCase(Locale.ROOT);
    if (lower.startsWith("application/x-www-form-urlencoded")) {
      evaluation.requestBodyProcessor = "URLENCODED";
    } else if (lower.startsWith("multipart/form-data")) {
      evaluation.requestBodyProcessor = "MULTIPART";
    }
    text(Base.REQBODY_PROCESSOR, Text.bytes(evaluation.requestBodyProcessor));
    combinedSize();
  }

  private static boolean isNamed(Entries list, int entry, byte[] lower) {
    return Text.equalsIgnoringCase(
        list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], lower);
  }

  private static String value(Entries list, int entry) {
    return Text.string(list.valueArray[entry], list.valueFrom[entry], list.valueTo[entry]);
  }

  private void cookies(byte[] in, int from, int to) {
    int at = from;
    while (at < to) {
      while (at < to && (in[at] == ' ' || in[at] == '\t')) {
        at++;
      }
      int end = at;
      int equals = -1;
      while (end < to && in[end] != ';') {
        if (equals < 0 && in[end] == '=') {
          equals = end;
        }
        end++;
      }
      if (end > at) {
        int nameEnd = equals < 0 ? end : equals;
        list(Base.REQUEST_COOKIES).add(in, at, nameEnd, in, equals < 0 ? end : equals + 1, end);
      }
      at = end + 1;
    }
  }

  private static final Base[] ARGUMENTS = {Base.ARGS_GET, Base.ARGS_POST};

  private void combinedSize() {
    int size = 0;
    for (Base base : ARGUMENTS) {
      Entries list = list(base);
      for (int i = 0; i < list.count; i++) {
        size += list.nameTo[i] - list.nameFrom[i] + list.valueTo[i] - list.valueFrom[i];
      }
    }
    if (size > 0) {
      evaluation.number(Base.ARGS_COMBINED_SIZE, size);
    }
  }

  /** Returns whether the body is still within the limit. */
  public boolean addRequestBody(byte[] in, int from, int to) {
    if (requestBodyLength + (to - from) > evaluation.requestBodyLimit) {
      text(Base.INBOUND_DATA_ERROR, ONE);
      return false;
    }
    if (requestBody.length - requestBodyLength < to - from) {
      requestBody =
          Arrays.copyOf(
              requestBody, Math.max(requestBodyLength + (to - from), requestBody.length * 2));
    }
    System.arraycopy(in, from, requestBody, requestBodyLength, to - from);
    requestBodyLength += to - from;
    return true;
  }

  /** Whether the request's body, or the response's, is longer than it looks. */
  public boolean isCoded() {
    return !header(Base.REQUEST_HEADERS, CONTENT_ENCODING).isEmpty()
        || !header(Base.RESPONSE_HEADERS, CONTENT_ENCODING).isEmpty();
  }

  /** Reads the body; returns whether it could be decoded. */
  public boolean endRequestBody() {
    byte[] body = requestBody;
    int length = requestBodyLength;
    evaluation.extendBudget(length);
    if (length > 0) {
      evaluation.number(Base.REQUEST_BODY_LENGTH, length);
    }
    String coding = header(Base.REQUEST_HEADERS, CONTENT_ENCODING);
    if (length > 0 && !coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      ContentCoding.Decoded decoded =
          ContentCoding.decode(
              coding, body, length, mostDecoded(evaluation.requestBodyLimit, length));
      if (decoded == null) {
        return false;
      }
      body = decoded.octets();
      length = decoded.length();
      evaluation.extendBudget(length);
    }
    read(body, length);
    return true;
  }

  private static int mostDecoded(int limit, int length) {
    return (int) Math.min(limit, Math.max(ALWAYS_DECODED, (long) length * MAX_RATIO));
  }

  private void read(byte[] body, int length) {
    String processor = evaluation.requestBodyProcessor;
    if (processor.isEmpty() && evaluation.forceRequestBody && length > 0) {
      processor = "URLENCODED_RAW";
    }
    text(Base.REQBODY_PROCESSOR, Text.bytes(evaluation.requestBodyProcessor));
    if (length == 0) {
      return;
    }
    sinkList = Base.ARGS_POST;
    switch (processor) {
      case "URLENCODED" -> {
        list(Base.REQUEST_BODY).set(body, 0, length);
        UrlEncodedBody.read(body, 0, length, settings.argumentSeparator(), arena, sink);
      }
      case "URLENCODED_RAW" -> list(Base.REQUEST_BODY).set(body, 0, length);
      case "MULTIPART" -> MultipartBody.read(body, 0, length, contentType, sink);
      case "JSON" -> JsonBody.read(body, 0, length, settings.jsonDepthLimit(), arena, sink);
      case "XML" -> XmlBody.read(body, 0, length, arena, sink);
      default -> {
        if (evaluation.forceRequestBody) {
          list(Base.REQUEST_BODY).set(body, 0, length);
        }
      }
    }
    combinedSize();
  }

  private String header(Base base, byte[] name) {
    Entries headers = list(base);
    for (int i = 0; i < headers.count; i++) {
      if (isNamed(headers, i, name)) {
        return value(headers, i).strip();
      }
    }
    return "";
  }

  public void responseLine(String protocol, int status) {
    text(Base.RESPONSE_PROTOCOL, Text.bytes(protocol));
    evaluation.number(Base.RESPONSE_STATUS, status);
    text(Base.STATUS_LINE, Text.bytes(protocol + " " + status));
  }

  public void responseHeader(
      byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
    addHeader(Base.RESPONSE_HEADERS, name, nameFrom, nameTo, value, valueFrom, valueTo);
    evaluation.extendBudget(nameTo - nameFrom + valueTo - valueFrom);
  }

  public void endResponseHeaders() {
    String type = header(Base.RESPONSE_HEADERS, CONTENT_TYPE);
    text(Base.RESPONSE_CONTENT_TYPE, Text.bytes(type));
    text(
        Base.RESPONSE_CONTENT_LENGTH,
        header(Base.RESPONSE_HEADERS, CONTENT_LENGTH).getBytes(StandardCharsets.ISO_8859_1));
    int semicolon = type.indexOf(';');
    String media = (semicolon < 0 ? type : type.substring(0, semicolon)).strip();
    responseInspected =
        settings.responseMimeTypes().contains(media.toLowerCase(Locale.ROOT)) || media.isEmpty();
  }

  public boolean isInspectedResponse() {
    return responseInspected;
  }

  public void addResponseBody(byte[] in, int from, int to) {
    int end = Math.min(to, from + evaluation.responseBodyLimit - responseBodyLength);
    if (end < to) {
      text(Base.OUTBOUND_DATA_ERROR, ONE);
    }
    if (end <= from) {
      return;
    }
    if (responseBody.length - responseBodyLength < end - from) {
      responseBody =
          Arrays.copyOf(
              responseBody, Math.max(responseBodyLength + (end - from), responseBody.length * 2));
    }
    System.arraycopy(in, from, responseBody, responseBodyLength, end - from);
    responseBodyLength += end - from;
  }

  public void endResponseBody() {
    byte[] body = responseBody;
    int length = responseBodyLength;
    String coding = header(Base.RESPONSE_HEADERS, CONTENT_ENCODING);
    if (length > 0 && !coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      ContentCoding.Decoded decoded =
          ContentCoding.decode(
              coding, body, length, mostDecoded(evaluation.responseBodyLimit, length));
      if (decoded == null) {
        text(Base.OUTBOUND_DATA_ERROR, ONE);
        return;
      }
      body = decoded.octets();
      length = decoded.length();
    }
    evaluation.extendBudget(length);
    if (length > 0) {
      list(Base.RESPONSE_BODY).set(body, 0, length);
    }
  }

  private Base sinkList = Base.ARGS_GET;

  /** Where what is found in bodies and in the query goes. */
  private final BodySink sink =
      new BodySink() {
        @Override
        public void argument(
            byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
          list(sinkList).add(name, nameFrom, nameTo, value, valueFrom, valueTo);
        }

        @Override
        public void element(
            byte[] name,
            int nameFrom,
            int nameTo,
            byte[] shape,
            int shapeFrom,
            int shapeTo,
            byte[] value,
            int from,
            int to) {
          // A few octets of content become long names, which are written and compared.
          evaluation.budget.charge(ELEMENT_WORK + (nameTo - nameFrom >> 3));
          list(sinkList).add(name, nameFrom, nameTo, shape, shapeFrom, shapeTo, value, from, to);
        }

        @Override
        public void file(
            byte[] field,
            int fieldFrom,
            int fieldTo,
            byte[] name,
            int nameFrom,
            int nameTo,
            int from,
            int to) {
          list(Base.FILES).add(field, fieldFrom, fieldTo, name, nameFrom, nameTo);
          byte[] size = Text.bytes(Integer.toString(to - from));
          list(Base.FILES_SIZES).add(field, fieldFrom, fieldTo, size, 0, size.length);
          list(Base.FILES_TMP_CONTENT).add(field, fieldFrom, fieldTo, name, from, to);
          combinedFileSize += to - from;
          evaluation.number(Base.FILES_COMBINED_SIZE, combinedFileSize);
        }

        @Override
        public void partHeader(
            byte[] part, int partFrom, int partTo, byte[] line, int from, int to) {
          list(Base.MULTIPART_PART_HEADERS).add(part, partFrom, partTo, line, from, to);
        }

        @Override
        public void xml(boolean attribute, byte[] text, int from, int to) {
          list(attribute ? Base.XML_ATTRIBUTES : Base.XML_TEXT).add(NOTHING, 0, 0, text, from, to);
        }

        @Override
        public void multipart(MultipartFlag flag) {
          text(Base.valueOf("MULTIPART_" + flag.name()), ONE);
          if (flag.strict()) {
            text(Base.MULTIPART_STRICT_ERROR, ONE);
          }
        }

        @Override
        public void badUrlEncoding() {
          text(Base.URLENCODED_ERROR, ONE);
        }

        @Override
        public void error(String message) {
          text(Base.REQBODY_ERROR, ONE);
          text(Base.REQBODY_ERROR_MSG, Text.bytes(message));
        }

        @Override
        public boolean mayAddArgument() {
          return list(Base.ARGS_GET).count + list(Base.ARGS_POST).count + list(Base.FILES).count
              < settings.argumentsLimit();
        }
      };
}
