package io.weir.packet;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test that loads programs into the kernel: skipped, with the reason, where that is not allowed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Privileged.Condition.class)
@interface Privileged {

  /** Root, and a kernel that shows its types. */
  final class Condition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (!System.getProperty("user.name").equals("root")) {
        return ConditionEvaluationResult.disabled("needs root: it loads programs into the kernel");
      }
      return Files.exists(Path.of("/sys/kernel/btf/vmlinux"))
          ? ConditionEvaluationResult.enabled("root")
          : ConditionEvaluationResult.disabled("needs a kernel with BTF");
    }
  }
}
