package io.weir.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Signals of the operating system. The JDK's only interface to them is {@code sun.misc.Signal} of
 * the module jdk.unsupported; the compiler warns of every use of it and cannot be told that this
 * one is meant, so it is reached by reflection.
 */
final class Signals {
  private Signals() {}

  /**
   * From now on the signal does this instead of what it does by default, on a thread of the JVM's.
   *
   * @param name without SIG
   * @param action gets the signal's number
   */
  static void on(String name, IntConsumer action) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = type.getConstructor(String.class).newInstance(name);
      int number = (int) type.getMethod("getNumber").invoke(signal);
      Object handler =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              calling(() -> action.accept(number)));
      type.getMethod("handle", type, handlerType).invoke(null, signal, handler);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException("jdk.unsupported is part of every JDK", impossible);
    }
  }

  private static InvocationHandler calling(Runnable action) {
    return (proxy, method, arguments) -> {
      if (method.getName().equals("handle")) {
        action.run();
      }
      return null;
    };
  }
}
