package io.weir.waf.body;

/** Takes what processors find. Octets may be kept: they are not overwritten later. */
public interface BodySink {

  /** A parameter, already decoded. */
  void argument(byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo);

  /**
   * A parameter whose name has indices in it that the processor gave.
   *
   * @param shape the name with 0 in place of each index, which many elements have in common
   */
  void element(
      byte[] name,
      int nameFrom,
      int nameTo,
      byte[] shape,
      int shapeFrom,
      int shapeTo,
      byte[] value,
      int valueFrom,
      int valueTo);

  /** A file of a multipart body. */
  void file(
      byte[] field,
      int fieldFrom,
      int fieldTo,
      byte[] name,
      int nameFrom,
      int nameTo,
      int from,
      int to);

  /** A header line of a part. */
  void partHeader(byte[] part, int partFrom, int partTo, byte[] line, int from, int to);

  /** Text of an XML document: all of its character data, or one attribute. */
  void xml(boolean attribute, byte[] text, int from, int to);

  /** Something a multipart body should not have. */
  void multipart(MultipartFlag flag);

  /** A percent sign without two hexadecimal digits. */
  void badUrlEncoding();

  /** The body is not what it says; nothing more comes. */
  void error(String message);

  /** Whether another argument may come; if not, the processor reports an error and ends. */
  boolean mayAddArgument();
}
