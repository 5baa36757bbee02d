package io.weir.waf.regex;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something made when it is first asked for, once. Thread-safe. */
public final class Lazy<T> {
  private @Nullable Supplier<T> maker;
  private volatile @Nullable T made;

  public Lazy(Supplier<T> maker) {
    this.maker = maker;
  }

  public T get() {
    T known = made;
    return known == null ? make() : known;
  }

  private synchronized T make() {
    T known = made;
    Supplier<T> open = maker;
    if (known == null && open != null) {
      known = open.get();
      made = known;
      maker = null;
    }
    if (known == null) {
      throw new IllegalStateException("made of itself");
    }
    return known;
  }
}
