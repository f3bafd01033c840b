# The tools that releases are built and tested with. Sourced by packaging/release and tests/deploy/run.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/faultline"

# Zig is pinned, because cargo-lambda and cargo-zigbuild accept any, and new versions have broken both.
build_packages=(aws-sam-cli==1.170.0 cfn-lint==1.58.0 cargo-lambda==1.9.2 cargo-zigbuild==0.24.1 ziglang==0.14.0)

say() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }

# Prints a folder with a virtual environment of these packages, named after them. An unfinished one is created again.
environment() {
  local name=$1
  shift
  local directory
  directory="$cache/deploy/$name-$(printf '%s\n' "$@" | sha256sum | cut -c1-12)"
  if ! [ -e "$directory/.done" ]; then
    say "installing $*, which takes a few minutes"
    rm -rf "$directory"
    python3 -m venv "$directory"
    "$directory/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$directory/.done"
  fi
  echo "$directory"
}

# Prints the path of a tool that cargo installs in one version.
cargo_tool() {
  local name=$1 version=$2
  local directory="$cache/tools/$name-$version"
  if ! [ -x "$directory/bin/$name" ]; then
    say "building $name $version, once"
    # With little optimisation: more would take longer than everything that the tool does.
    env -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$directory/target" CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=false \
      cargo install --quiet --locked --debug --root "$directory" --version "$version" "$name" >&2
    rm -rf "$directory/target"
  fi
  echo "$directory/bin/$name"
}
