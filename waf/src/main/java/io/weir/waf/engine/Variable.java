package io.weir.waf.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A variable of rules.
 *
 * @param bases the lists it is made of; none for those that change while rules run
 * @param names whether the entries' names are its values
 * @param collection whether its entries have names
 */
record Variable(String name, Kind kind, List<Base> bases, boolean names, boolean collection) {

  enum Kind {
    LISTS,
    /** Variables that rules set: TX and the like. */
    STORE,
    MATCHED_VAR,
    MATCHED_VAR_NAME,
    MATCHED_VARS,
    MATCHED_VARS_NAMES,
    RULE
  }

  private static final Map<String, Variable> BY_NAME = new HashMap<>();

  static {
    for (Base base : Base.values()) {
      list(base.name(), false, base.ordinal() <= Base.MULTIPART_PART_HEADERS.ordinal(), base);
    }
    list("ARGS", false, true, Base.ARGS_GET, Base.ARGS_POST);
    list("ARGS_NAMES", true, true, Base.ARGS_GET, Base.ARGS_POST);
    list("ARGS_GET_NAMES", true, true, Base.ARGS_GET);
    list("ARGS_POST_NAMES", true, true, Base.ARGS_POST);
    list("REQUEST_COOKIES_NAMES", true, true, Base.REQUEST_COOKIES);
    list("REQUEST_HEADERS_NAMES", true, true, Base.REQUEST_HEADERS);
    list("RESPONSE_HEADERS_NAMES", true, true, Base.RESPONSE_HEADERS);
    list("FILES_NAMES", true, true, Base.FILES);
    list("MULTIPART_FILENAME", false, true, Base.FILES);
    list("MULTIPART_NAME", true, true, Base.FILES);
    list("REQBODY_PROCESSOR_ERROR", false, false, Base.REQBODY_ERROR);
    list("REQBODY_PROCESSOR_ERROR_MSG", false, false, Base.REQBODY_ERROR_MSG);
    for (String store : Store.NAMESPACES) {
      BY_NAME.put(store, new Variable(store, Kind.STORE, List.of(), false, true));
    }
    for (Kind kind : Kind.values()) {
      if (kind != Kind.LISTS && kind != Kind.STORE) {
        BY_NAME.put(
            kind.name(), new Variable(kind.name(), kind, List.of(), false, kind == Kind.RULE));
      }
    }
  }

  private static void list(String name, boolean names, boolean collection, Base... bases) {
    BY_NAME.put(name, new Variable(name, Kind.LISTS, List.of(bases), names, collection));
  }

  /** The variable of this name in upper case, or null. */
  static @Nullable Variable named(String name) {
    return BY_NAME.get(name);
  }
}
