package io.weir.app;

import io.weir.app.top.Screen;
import io.weir.app.top.StatusSample;
import io.weir.net.HostPort;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir top}. */
@Command(
    name = "top",
    description = {
      "Shows a running Weir each second: rates, status classes, latencies, and its backends' health.",
      "",
      "Latencies are those of the last second. Ctrl-C ends it. Where the output is no terminal, it"
          + " prints one screen after another."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:shown", "2:the command line is wrong", "3:nobody answers there"})
final class TopCommand implements Callable<Integer> {
  private static final long SECOND_MILLIS = 1000;

  /** To the upper left, without clearing what is overwritten anyway: that would flicker. */
  private static final String HOME = "\u001b[H";

  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--management",
      paramLabel = "ADDRESS",
      description = "Address and port of the management listener. Default: 127.0.0.1:9901.")
  private String management = "127.0.0.1:9901";

  @Option(names = "--once", description = "Shows one second and ends.")
  private boolean once;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    boolean terminal = !once && isTerminal();
    URI uri = uri();
    try (HttpClient client = HttpClient.newHttpClient()) {
      StatusSample before = StatusSample.fetch(client, uri);
      do {
        Thread.sleep(SECOND_MILLIS);
        StatusSample now = StatusSample.fetch(client, uri);
        show(out, before, now, terminal);
        before = now;
      } while (!once && !out.checkError());
      return ExitCode.OK;
    } catch (IOException failed) {
      spec.commandLine()
          .getErr()
          .println("no status from " + uri + ": " + failed + " (is management on there?)");
      return ExitCode.UNAVAILABLE;
    }
  }

  @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again where the output is a file
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private URI uri() {
    try {
      return URI.create("http://" + HostPort.parse(management));
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(
          spec.commandLine(), "--management: " + wrong.getMessage(), wrong);
    }
  }

  private static void show(
      PrintWriter out, StatusSample before, StatusSample now, boolean terminal) {
    StringBuilder screen = new StringBuilder(terminal ? HOME : "");
    for (String line : Screen.lines(before, now)) {
      screen.append(line).append(terminal ? CLEAR_LINE : "").append('\n');
    }
    out.print(screen.append(terminal ? CLEAR_BELOW : ""));
    out.flush();
  }
}
