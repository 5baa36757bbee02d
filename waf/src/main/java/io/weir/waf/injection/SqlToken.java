package io.weir.waf.injection;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Kinds of tokens, as coarse as the question allows: does this continue a statement? */
enum SqlToken {
  /** Before the first token, where the value stands alone or after a number. */
  BEGIN,
  /** The value so far was the inside of a single-quoted string, which ended. */
  QUOTE_CLOSED,
  /** The same with a double quote. */
  DOUBLE_QUOTE_CLOSED,
  END,
  NUMBER,
  HEX,
  STRING,
  /** A quote that opens a string which does not end. */
  OPEN_STRING,
  WORD,
  FUNCTION,
  KNOWN_FUNCTION,
  /** A function whose purpose is to wait. */
  DELAY_FUNCTION,
  VARIABLE,
  SYSTEM_VARIABLE,
  QUOTED_NAME,
  OPEN,
  CLOSE,
  COMMA,
  SEMICOLON,
  DOT,
  STAR,
  PLUS_MINUS,
  OPERATOR,
  EQUALS,
  COMPARISON,
  PIPES,
  AMPERSANDS,
  NOT_SIGN,
  COLON,
  BRACE,
  BACKSLASH,
  OTHER,
  INLINE_COMMENT,
  /** Two dashes and what follows up to the end of the line. */
  DASH_COMMENT,
  HASH_COMMENT,
  /** A comment that does not end. */
  OPEN_COMMENT,
  /** MySQL's comment whose content is run. */
  VERSION_COMMENT,
  UNION,
  ALL,
  SELECT,
  FROM,
  WHERE,
  AND_OR,
  NOT,
  LIKE,
  IN_IS,
  NULL,
  INSERT,
  UPDATE,
  DELETE,
  DEFINE,
  EXECUTE,
  INTO,
  SET,
  VALUES,
  BY,
  ORDER_GROUP,
  HAVING,
  LIMIT,
  CASE,
  AS,
  JOIN,
  WAIT,
  TABLE,
  SCHEMA;

  private static final Map<String, SqlToken> WORDS = new HashMap<>();

  private static void words(SqlToken token, String words) {
    for (String word : words.split(" ", -1)) {
      WORDS.put(word, token);
    }
  }

  static {
    words(UNION, "union intersect except minus");
    words(ALL, "all distinct distinctrow top");
    words(SELECT, "select");
    words(FROM, "from");
    words(WHERE, "where");
    words(AND_OR, "and or xor div mod");
    words(NOT, "not");
    words(LIKE, "like rlike regexp glob similar ilike sounds match against escape");
    words(IN_IS, "in is between exists isnull notnull any some binary collate");
    words(NULL, "null true false unknown");
    words(INSERT, "insert replace merge load");
    words(UPDATE, "update");
    words(DELETE, "delete truncate");
    words(DEFINE, "create alter drop grant revoke rename declare");
    words(EXECUTE, "exec execute call do handler prepare shutdown xp_cmdshell sp_executesql");
    words(INTO, "into outfile dumpfile infile");
    words(SET, "set");
    words(VALUES, "values");
    words(BY, "by");
    words(ORDER_GROUP, "order group partition");
    words(HAVING, "having");
    words(LIMIT, "limit offset procedure analyse fetch rownum");
    words(CASE, "case when then else end if begin while");
    words(AS, "as using");
    words(JOIN, "join inner outer left right cross natural on");
    words(WAIT, "waitfor delay");
    words(TABLE, "table database column view index trigger schema");
    words(
        SCHEMA,
        "information_schema sysobjects syscolumns sysusers mysql sqlite_master pg_catalog all_tables"
            + " user_tables dual msysobjects sysdatabases master xp_dirtree pg_shadow");
  }

  private static final Map<String, SqlToken> FUNCTIONS = new HashMap<>();

  static {
    for (String word :
        ("abs ascii avg bin bin_to_num bit_and cast ceil char char_length chr coalesce concat"
                + " concat_ws conv convert count crc32 current_user database elt exp export_set"
                + " extractvalue field find_in_set floor format greatest group_concat hex iif ifnull"
                + " instr inet_ntoa json_keys last_insert_id lcase least left length like load_file"
                + " locate log lower lpad ltrim make_set max md5 mid min name_const nchar now nullif"
                + " nvl oct openrowset ord password polygon position pow procedure quarter quote"
                + " radians rand regexp_replace repeat replace reverse right round row row_count"
                + " row_number rpad rtrim schema session_user sha sha1 sign sin space sqrt strcmp"
                + " stuff substr substring sum system_user to_char to_number trim unhex updatexml"
                + " upper user utl_http utl_inaddr uuid uuid_short varchar version xmltype xor"
                + " db_name object_id cmdshell encode decode compress uncompress aes_encrypt"
                + " multipoint linestring geometrycollection jsonb_pretty array_agg string_agg"
                + " query_to_xml lo_import current_setting pg_read_file char_to_hex is_srvrolemember")
            .split(" ", -1)) {
      FUNCTIONS.put(word, KNOWN_FUNCTION);
    }
    for (String word :
        "sleep benchmark pg_sleep dbms_lock dbms_pipe waitfor randomblob get_lock receive_message"
            .split(" ", -1)) {
      FUNCTIONS.put(word, DELAY_FUNCTION);
    }
  }

  /** Words in a table that is looked up by their octets; a power of two, mostly empty. */
  private static final int SLOTS = 2048;

  private static final byte[][] KEYS = new byte[SLOTS][];
  private static final SqlToken[] PLAIN = new SqlToken[SLOTS];
  private static final SqlToken[] CALLED = new SqlToken[SLOTS];

  static {
    WORDS.forEach((word, token) -> {
      PLAIN[enter(word)] = token;
      CALLED[enter(word)] = FUNCTIONS.getOrDefault(word, token);
    });
    FUNCTIONS.forEach((word, token) -> {
      int slot = enter(word);
      CALLED[slot] = token;
      PLAIN[slot] = WORDS.getOrDefault(word, WORD);
    });
  }

  private static int enter(String word) {
    byte[] key = word.getBytes(StandardCharsets.US_ASCII);
    int slot = slot(key, key.length);
    KEYS[slot] = key;
    return slot;
  }

  /** Where the word is in the table, or would be. */
  private static int slot(byte[] word, int length) {
    int hash = length;
    for (int i = 0; i < length; i++) {
      hash = hash * 31 + word[i];
    }
    int slot = (hash ^ hash >>> 11) & SLOTS - 1;
    while (KEYS[slot] != null
        && !Arrays.equals(KEYS[slot], 0, KEYS[slot].length, word, 0, length)) {
      slot = slot + 1 & SLOTS - 1;
    }
    return slot;
  }

  /** The kind of a word in lower case, which a parenthesis may follow. */
  static SqlToken ofWord(byte[] word, int length, boolean call) {
    SqlToken token = (call ? CALLED : PLAIN)[slot(word, length)];
    return token != null ? token : call ? FUNCTION : WORD;
  }
}
