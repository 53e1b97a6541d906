# shellcheck shell=bash
# What .ci/run and .ci/deep share: the runner, the installers, and the helpers of the gates. Sourced, never run.
#
# A script that sources this file sets, and then calls `main "$@"`:
#   SCRIPT   its own name, as one types it at the root of the repository
#   GATES    one line per gate, in order: NAME, two blanks or more, a one-line description
#   gate_NAME, a function for each gate: exits non-zero when the gate fails, calls `figure` when it passes

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Where cargo builds. A copy of the tree builds there too, so that it shares the dependencies.
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
case $TARGET in /*) ;; *) TARGET=$ROOT/$TARGET ;; esac

export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export CARGO_INCREMENTAL=0
export TERM=dumb

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# ---------------------------------------------------------------------------------------------------------------------
# Helpers of the gates
# ---------------------------------------------------------------------------------------------------------------------

# fail TEXT: ends the gate.
fail() {
    printf 'error: %s\n' "$*"
    exit 1
}

# figure TEXT: what the summary line of the gate says.
figure() {
    printf '%s' "$*" >"$SCRATCH/figure"
}

# remember CMD…: the command that a failure reports, as one would type it.
remember() {
    local text='' word
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:,=@%+-]+$ ]]; then
            text+="$word "
        elif [[ $word == *\'* ]]; then
            text+="$(printf '%q' "$word") "
        else
            text+="'$word' "
        fi
    done
    text=${text% }
    if [ "$PWD" != "$ROOT" ]; then
        text+="   (in a copy of the tree)"
    fi
    printf '%s' "$text" >"$SCRATCH/command"
    printf '+ %s\n' "$text"
}

# run CMD…: runs one command of a gate.
run() {
    remember "$@"
    "$@"
}

# must_fail PATTERN CMD…: the control of a gate. A fault has been planted: CMD must fail, and its output must name it.
must_fail() {
    local pattern=$1 out
    shift
    remember "$@"
    if out=$("$@" 2>&1); then
        printf '%s\n' "$out"
        fail "control: the command passed, although a fault was planted in the copy that it looked at"
    fi
    if ! grep -qE -e "$pattern" <<<"$out"; then
        printf '%s\n' "$out"
        fail "control: the command failed, but not for the fault that was planted (expected: $pattern)"
    fi
}

# plant FILE OLD NEW: plants a fault for a control: the text OLD becomes NEW. The copy must hold OLD on one line.
plant() {
    local text
    [ "$(grep -cF -- "$2" "$1")" -eq 1 ] || fail "control: $1 does not hold this on one line: $2"
    text=$(<"$1")
    printf '%s\n' "${text/"$2"/"$3"}" >"$1"
}

# files: the project's files, NUL-separated: tracked ones, and new ones that git does not ignore. Never a build's output.
files() {
    local file
    if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard
    else
        find . \( -name .git -o -name target -o -name node_modules \) -prune -o -type f -print0
    fi | while IFS= read -r -d '' file; do
        if [ -f "$file" ] && [[ $PWD/${file#./} != "$TARGET"/* || $PWD == "$TARGET"/* ]]; then
            printf '%s\0' "${file#./}"
        fi
    done
}

# state: a line per file of the project with its hash.
state() {
    files | LC_ALL=C sort -z | xargs -0 sha256sum --
}

# copy_tree: makes a fresh copy of the project's files, and goes there. The place is always the same, so that nothing
# piles up in the build directory; a lock keeps two runs apart until the gate ends. Files get a new time stamp, so that
# cargo never takes what an earlier copy built for up to date.
copy_tree() {
    mkdir -p "$TARGET/ci"
    if command -v flock >/dev/null; then
        exec 9>"$TARGET/ci/lock"
        flock 9
    fi
    rm -rf "$TARGET/ci/tree"
    mkdir "$TARGET/ci/tree"
    files | tar -cf - --null -T - | tar -xmf - -C "$TARGET/ci/tree"
    cd "$TARGET/ci/tree"
    export CARGO_TARGET_DIR=$TARGET
}

# readme_commands: the commands of the README's fenced sh blocks, one per line.
readme_commands() {
    awk '/^```sh[ \t]*$/ { on = 1; next } /^```/ { on = 0 } on' README.md | sed -e ':a' -e '/\\$/ { N; s/\\\n *//; ba' -e '}'
}

# tests_but NAME…: an option per line for each integration test but the named ones.
tests_but() {
    local file name
    for file in tests/*.rs; do
        name=$(basename "$file" .rs)
        [[ " $* " == *" $name "* ]] || printf '%s\n' "--test=$name"
    done
}

# What Miri does not run: `examples` starts processes, `exhaustive` and the searches of `secrecy` take too long,
# `allocations` counts what the test harness allocates too, `migration` reads a text.
MIRI_SKIP=(examples exhaustive secrecy allocations no_generator migration)

need_miri() {
    need_toolchain nightly
    need_component miri nightly
    need_component rust-src nightly
}

# uninitialized_read: a test that does what Miri must report, and no compiler does: it reads a byte that nobody wrote.
uninitialized_read() {
    cat <<'END'
#[test]
fn control() {
    let word = core::mem::MaybeUninit::<u32>::uninit();
    let byte = unsafe { word.as_ptr().cast::<u8>().read() };
    assert_ne!(byte, 1);
}
END
}

# crate_features: the names in the crate's [features], one per line.
crate_features() {
    cargo metadata --no-deps --format-version 1 |
        grep -oE '"features":\{[^}]*\}' | grep -oE '"[A-Za-z0-9_-]+":\[' | tr -d '":['
}

# tests_passed FILE: how many tests the output of cargo test in FILE counts.
tests_passed() {
    awk '/^test result: ok\. / { n += $4 } END { print n + 0 }' "$1"
}

# ---------------------------------------------------------------------------------------------------------------------
# Installers: each does nothing where the thing is there already, and says nothing unless it fails
# ---------------------------------------------------------------------------------------------------------------------

install_step() {
    local log=$SCRATCH/install
    remember "$@"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log"
        fail "could not install what the gate needs"
    fi
}

# need_command NAME…: what only the system can provide.
need_command() {
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || fail "the command '$name' is needed, and is not installed"
    done
}

# need_toolchain NAME: a Rust toolchain beside the default one.
need_toolchain() {
    local list
    list=$(rustup toolchain list)
    if ! grep -qE "^$1(-| |\$)" <<<"$list"; then
        install_step rustup toolchain install "$1" --profile minimal --no-self-update
    fi
}

# need_component NAME [TOOLCHAIN]
need_component() {
    local list
    list=$(rustup component list --installed ${2:+--toolchain "$2"})
    if ! grep -qE "^$1(-|\$)" <<<"$list"; then
        install_step rustup component add "$1" ${2:+--toolchain "$2"}
    fi
}

# need_target TRIPLE [TOOLCHAIN]
need_target() {
    local list
    list=$(rustup target list --installed ${2:+--toolchain "$2"})
    if ! grep -qxF "$1" <<<"$list"; then
        install_step rustup target add "$1" ${2:+--toolchain "$2"}
    fi
}

# need_package NAME: a program of the system, called as its package is.
need_package() {
    local -a root=()
    if ! command -v "$1" >/dev/null; then
        command -v apt-get >/dev/null || fail "'$1' is needed, and is not installed"
        [ "$(id -u)" -eq 0 ] || root=(sudo)
        install_step "${root[@]}" apt-get update
        install_step "${root[@]}" apt-get install -y --no-install-recommends "$1"
    fi
}

# need_tool NAME VERSION: a cargo subcommand. Another version that is there already will do.
need_tool() {
    if ! command -v "$1" >/dev/null; then
        install_step cargo install --locked --version "$2" "$1"
    fi
}

# ---------------------------------------------------------------------------------------------------------------------
# The runner
# ---------------------------------------------------------------------------------------------------------------------

# The last gate of every run.
gate_unchanged() {
    local changed
    state >"$SCRATCH/after"
    changed=$(diff "$SCRATCH/before" "$SCRATCH/after" | awk '/^[<>]/ { print $3 }' | LC_ALL=C sort -u) || true
    if [ -n "$changed" ]; then
        head -n 40 <<<"$changed"
        fail "the run changed these files; run its gates one at a time to see which one does"
    fi
    figure "$(wc -l <"$SCRATCH/after") files"
}

gate_names() {
    awk 'NF { print $1 }' <<<"$GATES"
}

usage() {
    printf 'usage: %s [NAME...]    runs the named gates, or all of them in order; stops at the first failure\n' "$SCRIPT"
    printf '       %s --list       lists the gates\n' "$SCRIPT"
}

main() {
    local gate status start passed=0 known
    local -a chosen=()

    GATES+=$'\n''unchanged    the run itself changed no file of the project (always the last gate)'
    known=$(gate_names)

    case ${1-} in
    --list)
        awk 'NF' <<<"$GATES"
        return 0
        ;;
    -h | --help)
        usage
        awk 'NF' <<<"$GATES"
        return 0
        ;;
    esac

    for gate in "$@"; do
        if ! grep -qxF -e "$gate" <<<"$known"; then
            usage >&2
            printf '%s: no gate is called %s\n' "$SCRIPT" "$gate" >&2
            return 2
        fi
        if [ "$gate" != unchanged ]; then
            chosen+=("$gate")
        fi
    done
    if [ $# -eq 0 ]; then
        mapfile -t chosen < <(grep -vxF unchanged <<<"$known")
    fi
    chosen+=(unchanged)

    for gate in cargo rustup; do
        if ! command -v "$gate" >/dev/null; then
            printf '%s: needs %s: install Rust with rustup first\n' "$SCRIPT" "$gate" >&2
            return 2
        fi
    done

    state >"$SCRATCH/before"
    for gate in "${chosen[@]}"; do
        : >"$SCRATCH/figure"
        : >"$SCRATCH/command"
        if [ -t 1 ]; then
            printf '..  %s\r' "$gate"
        fi
        start=$SECONDS
        # Not in a condition: bash would then ignore `set -e` inside the gate.
        set +e
        (
            set -e
            "gate_$gate"
        ) >"$SCRATCH/log" 2>&1 </dev/null
        status=$?
        set -e
        # Only a gate that came to its end has said its figure.
        if [ "$status" -eq 0 ] && [ ! -s "$SCRATCH/figure" ]; then
            printf 'error: the gate ended without a figure\n' >>"$SCRATCH/log"
            status=1
        fi
        if [ "$status" -ne 0 ]; then
            tail -n 300 "$SCRATCH/log"
            printf '\nFAILED  %s  (%s s)\n' "$gate" $((SECONDS - start))
            printf 'reproduce:  %s %s\n' "$SCRIPT" "$gate"
            if [ -s "$SCRATCH/command" ]; then
                printf 'command:    %s\n' "$(cat "$SCRATCH/command")"
            fi
            echo
            printf '%s passed, 1 failed\n' "$passed"
            return 1
        fi
        passed=$((passed + 1))
        printf 'ok  %-13s  %s  %s s\n' "$gate" "$(cat "$SCRATCH/figure")" $((SECONDS - start))
    done
    printf '%s passed, 0 failed\n' "$passed"
}
