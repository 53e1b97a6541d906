# shellcheck shell=bash
# The runner and the installers that .ci/run, .ci/deep and the longer harnesses of tests share.
#
# A script sets GATES (one line per gate: its name and a description), defines gate_NAME for each, and calls
# `main "$@"`. A gate fails if any of its commands fails; the last line it prints is its figure in the summary.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
# shellcheck source=.ci/versions
source .ci/versions
# Every package builds in one directory.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0 TERM=dumb
export PATH="${CARGO_INSTALL_ROOT:+$CARGO_INSTALL_ROOT/bin:}${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

fail() {
    printf 'error: %s\n' "$*"
    exit 1
}

# tests CMD...: runs a test command, and counts its tests in TESTS. Fails if there are none.
tests() {
    local n
    printf '+ %s\n' "$*"
    "$@" 2>&1 | tee "$SCRATCH/tests"
    n=$(awk '/^test result: ok\. / { n += $4 } END { print n + 0 }' "$SCRATCH/tests")
    [ "$n" -gt 0 ] || fail "no test was run by: $*"
    TESTS=$((${TESTS:-0} + n))
}

# integration_tests NAME...: an option for each test file but the named ones.
integration_tests() {
    local file name
    for file in tests/*.rs; do
        name=$(basename "$file" .rs)
        [[ " $* " == *" $name "* ]] || echo "--test=$name"
    done
}

# miri_tests: the tests for Miri, which interprets. Left out: what starts programs, reads files, counts the allocations of
# the process, or takes too long.
miri_tests() {
    integration_tests allocations entropy examples exhaustive secrecy system_generator
}

# miri TESTS [OPTION...]: runs the tests that these options name, one program on each core. Prints the output of a program
# in one piece.
miri() {
    local one='out=$("$@" 2>&1) || { printf "%s\n" "$out"; exit 255; }; printf "%s\n" "$out"'
    local -a options command=(cargo "+$NIGHTLY" miri test --locked --all-features --package pkce-core "${@:2}")
    need_toolchain "$NIGHTLY"
    need_component miri "$NIGHTLY"
    need_component rust-src "$NIGHTLY"
    mapfile -t options < <(xargs -n 1 <<<"$1")
    "${command[@]}" --no-run "${options[@]}"
    tests xargs -P "$(nproc)" -I{} bash -c "$one" - "${command[@]}" {} < <(printf '%s\n' "${options[@]}")
}

# copy_tree: copies the project's files, committed or not, to an empty directory, and changes to it.
copy_tree() {
    rm -rf "$CARGO_TARGET_DIR/ci-tree"
    mkdir -p "$CARGO_TARGET_DIR/ci-tree"
    git ls-files -z --cached --others --exclude-standard --deduplicate |
        tar -cf - --null --ignore-failed-read -T - | tar -xmf - -C "$CARGO_TARGET_DIR/ci-tree"
    cd "$CARGO_TARGET_DIR/ci-tree"
}

# newest_sha2: changes to a copy of the project's files that locks the newest sha2. The lock files hold the one that Rust 1.85
# can build; a new dependent gets this one.
newest_sha2() {
    local directory
    copy_tree
    for directory in . tests/promises/trace; do
        (cd "$directory" && CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=allow cargo update --quiet --package sha2@0.11.0)
        grep -A 1 '^name = "sha2"' "$directory/Cargo.lock" | grep -q '^version = "0\.11\.[1-9]' || fail "no newer sha2: $directory"
    done
}

# ---------------------------------------------------------------------------------------------------------------------
# Installers. Each does nothing if the thing is already there.
# ---------------------------------------------------------------------------------------------------------------------

# quietly CMD...: shows the output of an installer only if it fails.
quietly() {
    printf '+ %s\n' "$*"
    "$@" >"$SCRATCH/install" 2>&1 </dev/null || { cat "$SCRATCH/install"; fail "cannot install what the gate needs"; }
}

need_toolchain() {
    rustup run "$1" rustc --version >/dev/null 2>&1 || quietly rustup toolchain install "$1" --profile minimal --no-self-update
}

# need_component NAME [TOOLCHAIN]
need_component() {
    rustup component list --installed ${2:+--toolchain "$2"} | grep -cE "^$1(-|\$)" ||
        quietly rustup component add "$1" ${2:+--toolchain "$2"}
}

# need_target TRIPLE...
need_target() {
    local target
    for target in "$@"; do
        rustup target list --installed | grep -xF "$target" >/dev/null || quietly rustup target add "$target"
    done
}

# need_tool NAME [COMMAND]: a program of .ci/versions. If it is there, another version will do.
need_tool() {
    command -v "${2:-$1}" >/dev/null || CARGO_TARGET_DIR=$CARGO_TARGET_DIR/tools quietly \
        cargo install --locked --version "$(awk -v name="$1" '$1 == name { print $2 }' <<<"$PROGRAMS")" "$1"
}

# install_packages PACKAGE...: packages of the distribution.
install_packages() {
    local -a root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    quietly "${root[@]}" apt-get update
    quietly "${root[@]}" apt-get install -y --no-install-recommends "$@"
}

# need_package COMMAND [PACKAGE...]
need_package() {
    command -v "$1" >/dev/null && return
    [ $# -gt 1 ] || set -- "$1" "$1"
    install_packages "${@:2}"
}

# need_chromium: sets CHROMIUM, the path of a browser.
need_chromium() {
    need_package "${CHROMIUM:-chromium}" chromium
    CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
    export CHROMIUM
}

# need_npm NAME PACKAGE...: sets MODULES, a directory where node finds these packages.
need_npm() {
    MODULES=$CARGO_TARGET_DIR/npm/$1
    shift
    [ ! -e "$MODULES/$*" ] || return 0
    quietly npm install --no-audit --no-fund --prefix "$MODULES" "$@"
    touch "$MODULES/$*"
}

# need_python NAME PACKAGE...: sets PYTHON, which has these packages, in an environment of that name.
need_python() {
    local directory=$CARGO_TARGET_DIR/python/$1
    shift
    PYTHON=$directory/bin/python
    [ ! -e "$directory/$*" ] || return 0
    # Some distributions have it in a package of its own.
    python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
    quietly python3 -m venv --clear "$directory"
    quietly "$PYTHON" -m pip install --disable-pip-version-check "$@"
    touch "$directory/$*"
}

need_toolchain "$RUSTUP_TOOLCHAIN"

# ---------------------------------------------------------------------------------------------------------------------
# Fuzzing, which both scripts do for a different time
# ---------------------------------------------------------------------------------------------------------------------

# fuzz SECONDS: runs every target for SECONDS, one per core, and then shows that each finds a broken law.
fuzz() {
    local targets
    need_toolchain "$NIGHTLY"
    need_tool cargo-fuzz
    # Coverage-guided: what an earlier run found is where the next one starts.
    targets=$(cargo "+$NIGHTLY" fuzz list)
    cargo "+$NIGHTLY" fuzz build
    # shellcheck disable=SC2016 # expanded by the inner shell
    xargs -P "$(nproc)" -I{} bash -euo pipefail -c '
        mkdir -p fuzz/corpus/{}
        timeout $((600 + $0)) cargo "+$NIGHTLY" fuzz run {} fuzz/corpus/{} fuzz/seeds/{} -- -max_total_time="$0" >"$1/{}" 2>&1 ||
            { tail -n 60 "$1/{}"; exit 255; }
        grep -E "^Done [1-9]" "$1/{}"
        # The control: with this variable the oracle of the target is wrong.
        mkdir "$1/{}.corpus"
        if PKCE_FUZZ_CONTROL=1 cargo "+$NIGHTLY" fuzz run {} "$1/{}.corpus" fuzz/seeds/{} -- -max_total_time=60 -artifact_prefix="$1/" >"$1/{}.control" 2>&1
        then echo "{} does not notice a wrong oracle"; exit 255; fi
        grep -q "panicked at" "$1/{}.control" || { tail -n 60 "$1/{}.control"; exit 255; }
    ' "$1" "$SCRATCH" <<<"$targets" | tee "$SCRATCH/fuzz"
    awk -v n="$(wc -l <<<"$targets")" -v s="$1" '{ runs += $2 } END { printf "%d targets of %d s, %d runs; each noticed a wrong oracle\n", n, s, runs }' "$SCRATCH/fuzz"
}

# ---------------------------------------------------------------------------------------------------------------------
# The runner
# ---------------------------------------------------------------------------------------------------------------------

main() {
    local gate start status passed=0
    local -a chosen=("$@")
    GATES=$(awk 'NF' <<<"$GATES")
    case ${1-} in
    -h | --help | --list)
        printf '%s [NAME...] runs the named gates, or all of them in order; stops at the first failure\n\n%s\n' "$SCRIPT" "$GATES"
        return
        ;;
    esac
    for gate in "$@"; do
        declare -F "gate_$gate" >/dev/null || { printf '%s: no gate is called %s; see --list\n' "$SCRIPT" "$gate" >&2; return 2; }
    done
    [ $# -gt 0 ] || mapfile -t chosen < <(awk '{ print $1 }' <<<"$GATES")
    for gate in "${chosen[@]}"; do
        start=$SECONDS
        # Not in a condition, where bash ignores `set -e`.
        set +e
        (set -e; "gate_$gate") >"$SCRATCH/log" 2>&1 </dev/null
        status=$?
        set -e
        if [ "$status" -ne 0 ]; then
            tail -n 300 "$SCRATCH/log"
            printf '\nFAILED  %s  (%s s)\nreproduce:  %s %s\n\n%s passed, 1 failed\n' "$gate" $((SECONDS - start)) "$SCRIPT" "$gate" "$passed"
            return 1
        fi
        passed=$((passed + 1))
        printf 'ok  %-13s  %s  %s s\n' "$gate" "$(tail -n 1 "$SCRATCH/log")" $((SECONDS - start))
    done
    printf '%s passed, 0 failed\n' "$passed"
}
