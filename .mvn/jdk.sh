# shellcheck shell=sh
# Sourced by weir and mvnw: sets JAVA_HOME to a JDK 25 or newer, or ends with advice.
# Reads each JDK's `release` file instead of starting it, so that looking costs no process.

is_jdk_25() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS='="' read -r key _ value _; do
    [ "$key" = JAVA_VERSION ] && { value=${value%%[!0-9]*} && [ "${value:-0}" -ge 25 ]; return; }
  done <"$1/release"
  return 1
}

find_jdk_25() {
  on_path=$(command -v javac || :)
  [ -z "$on_path" ] || on_path=$(readlink -f "$on_path")
  for home in "${JAVA_HOME:-}" "${on_path%/bin/javac}" /usr/lib/jvm/* /opt/* /opt/java/* /usr/local/*jdk* /usr/java/* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/*; do
    if is_jdk_25 "$home"; then
      JAVA_HOME=$home
      export JAVA_HOME
      return
    fi
  done
  cat >&2 <<'TEXT'
weir: needs a JDK 25 or newer, and found none (looked at JAVA_HOME, PATH, /usr/lib/jvm, /opt, SDKMAN and ~/.jdks).
  Debian 13, Ubuntu:  apt-get install openjdk-25-jdk-headless
  SDKMAN:             sdk install java 25-tem
  by hand:            unpack the archive from https://adoptium.net and set JAVA_HOME to its folder
TEXT
  exit 1
}

find_jdk_25
