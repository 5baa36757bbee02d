package io.weir.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The keys of one block, read once from its record's components and their {@link Key}s. */
record Schema(Class<?> type, List<Spec> specs, Constructor<?> constructor) {
  private static final ClassValue<Schema> KNOWN =
      new ClassValue<>() {
        @Override
        protected Schema computeValue(Class<?> block) {
          return read(block);
        }
      };

  static Schema of(Class<?> block) {
    return KNOWN.get(block);
  }

  private static Schema read(Class<?> block) {
    RecordComponent[] components = block.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return new Schema(
          block,
          Arrays.stream(components).map(Spec::of).toList(),
          block.getDeclaredConstructor(types));
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  Object create(Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " cannot be made", e);
    }
  }

  /** Every key that may stand in this block, those of inlined choices included. */
  List<String> keys() {
    return specs.stream().flatMap(Spec::keys).toList();
  }

  /** One key: what is declared about it, and how its value is typed. */
  record Spec(String name, Key key, Kind kind, RecordComponent component) {

    static Spec of(RecordComponent component) {
      Key key = Objects.requireNonNull(component.getAnnotation(Key.class), component::toString);
      String name = key.name().isEmpty() ? Text.snake(component.getName()) : key.name();
      return new Spec(name, key, Kind.of(component.getGenericType()), component);
    }

    Stream<String> keys() {
      if (key.inline()) {
        return ((Choice) kind).alternatives().keySet().stream();
      }
      return key.single().isEmpty() ? Stream.of(name) : Stream.of(name, key.single());
    }

    Object valueIn(Object block) {
      try {
        return component.getAccessor().invoke(block);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(component + " cannot be read", e);
      }
    }

    /** What has to be there before this key may be switched on. */
    Feature needs() {
      Kind bare = kind instanceof Opt opt ? opt.value() : kind;
      return bare instanceof Nested nested && key.needs() == Feature.CORE
          ? Optional.ofNullable(nested.type().getAnnotation(Block.class))
              .map(Block::needs)
              .orElse(Feature.CORE)
          : key.needs();
    }
  }

  /** How a value is typed. */
  sealed interface Kind {
    static Kind of(Type type) {
      if (type instanceof ParameterizedType generic) {
        Kind argument = of(generic.getActualTypeArguments()[0]);
        Class<?> raw = (Class<?>) generic.getRawType();
        return raw == List.class
            ? new ListOf(argument)
            : raw == Optional.class ? new Opt(argument) : new Headers();
      }
      Class<?> plain = (Class<?>) type;
      if (plain.isSealed() && plain.isInterface()) {
        return Choice.of(plain);
      }
      return plain.isAnnotationPresent(Block.class) ? new Nested(plain) : new Simple(plain);
    }
  }

  record Simple(Class<?> type) implements Kind {}

  record Nested(Class<?> type) implements Kind {}

  record ListOf(Kind element) implements Kind {}

  record Opt(Kind value) implements Kind {}

  /** Names of header fields with their values. */
  record Headers() implements Kind {}

  /** Exactly one of several keys, each of which makes one of the records of a sealed interface. */
  record Choice(Map<String, Alternative> alternatives) implements Kind {
    static Choice of(Class<?> sealed) {
      Map<String, Alternative> alternatives = new LinkedHashMap<>();
      for (Class<?> type : sealed.getPermittedSubclasses()) {
        Alternative alternative = Alternative.of(type);
        alternatives.put(alternative.name(), alternative);
      }
      return new Choice(alternatives);
    }
  }

  /**
   * One way to choose.
   *
   * @param only the record's only component, whose value stands directly behind the key; null: the
   *     record is a block
   */
  record Alternative(String name, Schema schema, @Nullable Spec only) {
    static Alternative of(Class<?> type) {
      Schema schema = Schema.of(type);
      Spec only = schema.specs().size() == 1 ? schema.specs().getFirst() : null;
      String name =
          only == null || only.key().name().isEmpty()
              ? Text.snake(type.getSimpleName())
              : only.name();
      return new Alternative(name, schema, only);
    }
  }
}
