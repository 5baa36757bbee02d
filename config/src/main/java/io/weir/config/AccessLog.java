package io.weir.config;

@Block(
    """
    One JSON object per request, written beside the request path: when the disk is too slow, entries are dropped and \
    counted, requests never wait.\
    """)
public record AccessLog(
    @Key(doc = "File to write, or `stdout`.", def = "stdout", form = Form.FILE) String path,
    @Key(doc = "Size at which the file is rotated.", def = "100MiB", range = "1MiB to 1TiB")
        ByteSize rotateSize,
    @Key(
            doc = "Rotated files that are kept, compressed (gzip); the oldest is deleted.",
            def = "10",
            range = "1 to 10000")
        int keepFiles,
    @Key(
            doc =
                "Entries that may wait to be written before further ones are dropped and counted.",
            def = "65536",
            range = "1024 to 4194304")
        int queueSize) {

  /** Whether the log goes to the standard output instead of a file. */
  public boolean toStdout() {
    return path.equals("stdout");
  }
}
