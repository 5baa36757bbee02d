package io.weir.app;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The operational log: what Weir has to say about itself, on stderr, one line each, with the time
 * in UTC. What comes from outside cannot make a line of its own: line ends within one are shown as
 * {@code \n}.
 */
final class OperationalLog extends Formatter {
  // A logger that nobody holds may be collected, and its level with it.
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger NETTY = Logger.getLogger("io.netty");

  /** From now on everything that logs logs like this. */
  static void install() {
    // Told at once, Netty does not look for logging libraries that are not there.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    LogManager.getLogManager().reset();
    Handler handler = new ConsoleHandler();
    handler.setFormatter(new OperationalLog());
    handler.setLevel(Level.ALL);
    ROOT.addHandler(handler);
    ROOT.setLevel(Level.INFO);
    NETTY.setLevel(Level.WARNING);
  }

  @Override
  public String format(LogRecord entry) {
    StringBuilder line = new StringBuilder(160);
    line.append(entry.getInstant().truncatedTo(ChronoUnit.MILLIS)).append(' ');
    line.append(level(entry.getLevel())).append(' ');
    line.append(simpleName(entry.getLoggerName())).append(": ");
    appendOnOneLine(line, formatMessage(entry));
    if (entry.getThrown() != null) {
      line.append(": ");
      appendOnOneLine(line, stackTrace(entry.getThrown()));
    }
    return line.append('\n').toString();
  }

  private static String level(Level level) {
    return level.equals(Level.SEVERE) ? "ERROR" : level.getName();
  }

  private static String simpleName(String logger) {
    return logger == null ? "" : logger.substring(logger.lastIndexOf('.') + 1);
  }

  private static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString().strip();
  }

  private static void appendOnOneLine(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> line.append("\\n");
        case '\t' -> line.append(' ');
        default -> line.append(Character.isISOControl(c) ? '?' : c);
      }
    }
  }
}
