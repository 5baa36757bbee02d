package io.weir.app;

import io.weir.net.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir explain}. */
@Command(
    name = "explain",
    description = {
      "Says what would become of a request: which stage decides what, and why.",
      "",
      "Nothing is sent. Backends are taken to be well, and budgets to be full, as right after the"
          + " start."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:said so", "1:the configuration has problems", "2:the command line is wrong"})
final class ExplainCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The configuration.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path file;

  @Option(names = "--method", paramLabel = "METHOD", description = "Default: GET.")
  private String method = "GET";

  @Option(
      names = "--url",
      paramLabel = "URL",
      required = true,
      description = "Such as https://www.example.com/path?query.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private String url;

  @Option(
      names = "--data",
      paramLabel = "TEXT",
      description =
          "Content, for the web application firewall; a form unless a header says otherwise.")
  private String data = "";

  @Option(
      names = "--from",
      paramLabel = "ADDRESS",
      description = "The other end of the connection. Default: 203.0.113.1.")
  private String from = "203.0.113.1";

  @Option(
      names = "--header",
      paramLabel = "'NAME: VALUE'",
      description = "A header field; may be given several times.")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = "--listener",
      paramLabel = "NAME",
      description = "Default: the first one of the URL's scheme, and of its port if one has it.")
  private Optional<String> listener = Optional.empty();

  @Override
  public Integer call() {
    try {
      Question question = Question.of(method, url, data, IpAddress.parse(from), headers, listener);
      return Trail.answer(file, List.of(question), spec.commandLine());
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
    }
  }
}
