package io.weir.app;

import io.weir.net.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir waf replay}. */
@Command(
    name = "replay",
    description = {
      "Judges recorded requests by a configuration: which stage decides what, which rules match in"
          + " which value, and the exclusion that would let just that pass.",
      "",
      "Nothing is sent. A request is a file with its head and content as they were sent. Of a line of"
          + " the access log there is the method, host, path, query, user agent, referer and the"
          + " client's address; what it does not keep, and what it has redacted, is not judged."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:said so",
      "1:the configuration has problems",
      "2:the command line is wrong",
      "3:the file cannot be read"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final long MAX_FILE = 256L << 20;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "LOG|REQUEST", description = "An access log, or one request.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path recorded;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The configuration.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path config;

  @Option(
      names = "--from",
      paramLabel = "ADDRESS",
      description = "The client of a request. Default: 203.0.113.1.")
  private String from = "203.0.113.1";

  @Option(
      names = "--listener",
      paramLabel = "NAME",
      description = "Default: that of the log; for a request the first one for http.")
  private Optional<String> listener = Optional.empty();

  @Override
  public Integer call() {
    try {
      List<Question> questions = Recorded.read(bytes(), IpAddress.parse(from), listener);
      return Trail.answer(config, questions, spec.commandLine());
    } catch (IOException unreadable) {
      spec.commandLine().getErr().println(unreadable);
      return ExitCode.UNAVAILABLE;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    }
  }

  private byte[] bytes() throws IOException {
    long size = Files.size(recorded);
    if (size > MAX_FILE) {
      throw new IOException(recorded + ": " + size + " octets (expected: <= " + MAX_FILE + ")");
    }
    return Files.readAllBytes(recorded);
  }
}
