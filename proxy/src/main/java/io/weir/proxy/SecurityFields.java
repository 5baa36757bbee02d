package io.weir.proxy;

import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.FieldSink;
import io.weir.proxy.http.Head;
import java.util.List;

/**
 * Response fields that tell a browser to be careful (TLS-4): added where the backend has not said
 * anything of that name itself.
 *
 * @param fields names and values, in the order they are written
 * @param keepServer whether Server and X-Powered-By of a backend are passed on
 */
public record SecurityFields(List<Field> fields, boolean keepServer) {
  /** No such fields. */
  public static final SecurityFields NONE = new SecurityFields(List.of(), false);

  /** One field; the value is not to be changed. */
  @SuppressWarnings("ArrayRecordComponent") // octets, ready to be written; fields are not compared
  public record Field(FieldName name, byte[] value) {}

  /** The list is copied. */
  public SecurityFields {
    fields = List.copyOf(fields);
  }

  void write(Head response, FieldSink sink) {
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      if (response.find(field.name, 0) < 0) {
        sink.field(field.name, field.value);
      }
    }
  }
}
