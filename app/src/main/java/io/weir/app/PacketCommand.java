package io.weir.app;

import io.weir.app.top.PacketScreen;
import io.weir.app.top.StatusSample;
import io.weir.net.HostPort;
import io.weir.packet.Handover;
import io.weir.packet.PlaneRecord;
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
      "Shows the packet plane of a running Weir, decides about its last change, or removes what is"
          + " left of one.",
      "",
      "With confirm_within, a reload that changes packet_plane is taken back by itself unless it is"
          + " confirmed in time.",
      "",
      "detach asks no running Weir: it detaches what persists after one has ended or was killed in"
          + " this network namespace, removes its rules and puts the kernel's settings back."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:shown, or done",
      "1:nothing is on trial, there is no packet plane, or Weir runs and keeps its own",
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
              + " lasts; undo: it is taken back now; detach: what is left of a plane is removed. Default:"
              + " status.")
  private Action action = Action.STATUS;

  @Option(
      names = "--management",
      paramLabel = "ADDRESS",
      description = "Address and port of the management listener. Default: 127.0.0.1:9901.")
  private String management = "127.0.0.1:9901";

  private enum Action {
    STATUS,
    CONFIRM,
    UNDO,
    DETACH
  }

  @Override
  public Integer call() throws InterruptedException {
    if (action == Action.DETACH) {
      return detach();
    }
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

  private int detach() {
    try {
      PlaneRecord record = PacketRecord.here();
      if (record.isInUse()) {
        spec.commandLine()
            .getErr()
            .println(
                "a running Weir has a packet plane here (stop it first, or take the section out)");
        return ExitCode.CONFIGURATION;
      }
      Handover left = record.left();
      record.end(left);
      PrintWriter out = spec.commandLine().getOut();
      out.println(left.isEmpty() ? "nothing is left here" : "removed: " + left.summary());
      return ExitCode.OK;
    } catch (IOException | RuntimeException failed) {
      spec.commandLine().getErr().println("packet plane: " + failed.getMessage());
      return ExitCode.CONFIGURATION;
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
