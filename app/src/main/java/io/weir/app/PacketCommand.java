package io.weir.app;

import io.weir.app.top.PacketScreen;
import io.weir.app.top.StatusSample;
import io.weir.net.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir packet}. */
@Command(
    name = "packet",
    description = {
      "Shows the packet plane of a running Weir, or decides about its last change.",
      "",
      "With confirm_within, a reload that changes packet_plane is taken back by itself unless it is"
          + " confirmed in time."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:shown, or done",
      "1:nothing is on trial, or there is no packet plane",
      "2:the command line is wrong",
      "3:nobody answers there"
    })
final class PacketCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "ACTION",
      defaultValue = "status",
      description =
          "status: how each interface is guarded, and what was refused; confirm: the change on trial"
              + " lasts; undo: it is taken back now. Default: status.")
  private Action action = Action.STATUS;

  @Option(
      names = "--management",
      paramLabel = "ADDRESS",
      description = "Address and port of the management listener. Default: 127.0.0.1:9901.")
  private String management = "127.0.0.1:9901";

  private enum Action {
    STATUS,
    CONFIRM,
    UNDO
  }

  @Override
  public Integer call() throws InterruptedException {
    URI uri = uri();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return action == Action.STATUS ? show(client, uri) : decide(client, uri);
    } catch (IOException failed) {
      spec.commandLine()
          .getErr()
          .println("no answer from " + uri + ": " + failed + " (is management on there?)");
      return ExitCode.UNAVAILABLE;
    }
  }

  private int show(HttpClient client, URI uri) throws IOException, InterruptedException {
    List<String> lines = PacketScreen.lines(StatusSample.fetch(client, uri));
    PrintWriter out = spec.commandLine().getOut();
    lines.forEach(out::println);
    if (lines.isEmpty()) {
      out.println("no packet plane (packet_plane and syn_flood_protection are off)");
    }
    return lines.isEmpty() ? ExitCode.CONFIGURATION : ExitCode.OK;
  }

  private int decide(HttpClient client, URI uri) throws IOException, InterruptedException {
    String path = "/packet/" + action.name().toLowerCase(Locale.ROOT);
    HttpRequest request =
        HttpRequest.newBuilder(uri.resolve(path))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    spec.commandLine().getOut().print(answer.body());
    return answer.statusCode() == 200 ? ExitCode.OK : ExitCode.CONFIGURATION;
  }

  private URI uri() {
    try {
      return URI.create("http://" + HostPort.parse(management));
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(
          spec.commandLine(), "--management: " + wrong.getMessage(), wrong);
    }
  }
}
