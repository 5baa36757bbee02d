package io.weir.app.rules;

import io.weir.app.ExitCode;
import io.weir.waf.RuleException;
import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What commands that install say, and how they end. */
final class Report {
  private final CommandLine line;

  Report(CommandLine line) {
    this.line = line;
  }

  /**
   * @throws ParameterException if there is none of that name
   */
  Release release(String name) {
    try {
      return Release.named(name);
    } catch (IllegalArgumentException unknown) {
      throw new ParameterException(line, "NAME: " + unknown.getMessage(), unknown);
    }
  }

  /** Installs, and says so; an {@link ExitCode}. */
  int install(SourceOptions source, Release release, RuleStore store) throws InterruptedException {
    try {
      Installer installer = new Installer(store, new Download(SSLContext.getDefault()));
      show("installed", source.install(release, installer));
      return ExitCode.OK;
    } catch (RuleException refused) {
      refused.problems().forEach(line.getErr()::println);
      failed("the rules do not compile; nothing was changed");
      return ExitCode.CONFIGURATION;
    } catch (IOException failed) {
      failed(failed + "; nothing was changed");
      return ExitCode.UNAVAILABLE;
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(line, String.valueOf(wrong.getMessage()), wrong);
    } catch (NoSuchAlgorithmException noTls) {
      throw new IllegalStateException("TLS is part of every JDK", noTls);
    }
  }

  void show(String what, RuleFolder set) throws IOException {
    line.getOut()
        .println(
            what + " version " + set.version() + ", digest " + set.digest() + ", " + set.path());
  }

  void failed(String why) {
    line.getErr().println(why);
  }
}
