package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Whatever the bytes: a configuration or at least one problem, and each problem says where it is.
 */
class ConfigReaderFuzzer {

  @FuzzTest(maxDuration = "1m")
  void readsOrRefusesAnything(byte[] bytes) {
    switch (ConfigReader.read(bytes, "weir.yaml")) {
      case ConfigResult.Accepted accepted -> assertThat(accepted.config().listeners()).isNotEmpty();
      case ConfigResult.Refused refused ->
          assertThat(refused.problems())
              .isNotEmpty()
              .allSatisfy(problem -> assertThat(problem.toString()).startsWith("weir.yaml"))
              .allSatisfy(
                  problem -> assertThat(problem.message()).isNotBlank().doesNotContain("\n"));
    }
  }
}
