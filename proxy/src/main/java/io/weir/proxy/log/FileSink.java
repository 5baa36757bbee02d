package io.weir.proxy.log;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines with rotation by size.
 *
 * <p>Before each block the file is looked up by its name. If it is another than the open one, or
 * gone, it is opened anew: that serves logrotate as well as two processes that write to one file
 * while the younger takes over from the older. Files change between lines only, so that a line
 * half-written when the disk ran full is finished where it began.
 */
final class FileSink implements LogSink {
  private final Path path;
  private final long maxBytes;
  private final RotatedFiles rotated;
  private @Nullable FileChannel channel;
  private @Nullable Object openFileKey;

  FileSink(AccessLogSettings.RotatedFile settings) {
    path = settings.path().toAbsolutePath();
    maxBytes = settings.maxBytes();
    rotated = new RotatedFiles(path, settings.keep());
    rotated.tidyInBackground();
  }

  @Override
  public void write(ByteBuffer block) throws IOException {
    FileChannel open = channel;
    if (open == null || betweenLines(block)) {
      open = channelFor(block.remaining());
    }
    while (block.hasRemaining()) {
      open.write(block);
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  private static boolean betweenLines(ByteBuffer block) {
    return block.position() == 0 || block.get(block.position() - 1) == '\n';
  }

  private FileChannel channelFor(int bytes) throws IOException {
    BasicFileAttributes found = attributes();
    if (found != null && found.size() > 0 && found.size() + bytes > maxBytes) {
      rotated.putAside();
      found = null;
    }
    if (channel == null || found == null || !Objects.equals(found.fileKey(), openFileKey)) {
      return open();
    }
    return channel;
  }

  private FileChannel open() throws IOException {
    close();
    Path folder = path.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    FileChannel opened = FileChannel.open(path, Set.of(CREATE, APPEND), RotatedFiles.PRIVATE);
    channel = opened;
    openFileKey = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    if (endsWithinLine()) {
      opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
    }
    return opened;
  }

  /** Whether a crash left a line unfinished, to which the next must not be glued. */
  private boolean endsWithinLine() throws IOException {
    try (SeekableByteChannel file = Files.newByteChannel(path)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      file.position(Math.max(0, file.size() - 1));
      return file.read(last) == 1 && last.get(0) != '\n';
    }
  }

  private @Nullable BasicFileAttributes attributes() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
