#!/usr/bin/env bash
# What it costs to build a dependency with its default features from an empty cache: this crate, and the others. Prints
# Markdown. The sources are fetched before the clock starts.
#
#   benches/peers/build-cost.sh [TIMES]   builds each so often (3) and prints the shortest time
set -euo pipefail

TIMES=${1:-3}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
export CARGO_TERM_COLOR=never

# dependent LINE: a package that depends on nothing but LINE, with all its sources at hand.
dependent() {
    rm -rf "$SCRATCH/package"
    mkdir -p "$SCRATCH/package/src"
    : >"$SCRATCH/package/src/lib.rs"
    printf '[package]\nname = "dependent"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" \
        >"$SCRATCH/package/Cargo.toml"
    cargo fetch --quiet --manifest-path "$SCRATCH/package/Cargo.toml"
}

# build: compiles everything again. Leaves the time in milliseconds in $took and the number of crates in $crates.
build() {
    local start
    rm -rf "$SCRATCH/target"
    start=${EPOCHREALTIME/[.,]/}
    if ! cargo build --offline --manifest-path "$SCRATCH/package/Cargo.toml" --target-dir "$SCRATCH/target" \
        >"$SCRATCH/log" 2>&1; then
        cat "$SCRATCH/log" >&2
        exit 1
    fi
    took=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    # The dependent itself is none of them.
    crates=$(($(grep -c '^ *Compiling ' "$SCRATCH/log") - 1))
}

# row NAME LINE: the shortest build of the dependency that LINE asks for.
row() {
    local best=
    dependent "$2"
    for ((n = 0; n < TIMES; n++)); do
        build
        if [ -z "$best" ] || [ "$took" -lt "$best" ]; then
            best=$took
        fi
    done
    printf '| %s | %s | %s.%s |\n' "$1" "$crates" $((best / 1000)) $((best % 1000 / 100))
}

printf 'Each with its default features, `cargo build`, %s, %s processors; the shortest of %s.\n\n' \
    "$(rustc --version | cut -d ' ' -f 1,2)" "$(nproc)" "$TIMES"
echo '| dependency | crates, with its own | seconds |'
echo '|---|---:|---:|'
row '**pkce-core**' "pkce-core = { path = \"$ROOT\" }"
row 'pkce 0.2.0' 'pkce = "=0.2.0"'
row 'pkce-std 0.2.1' 'pkce-std = "=0.2.1"'
row 'oauth2 5.0.0' 'oauth2 = "=5.0.0"'
row 'oauth2-types 0.11.0' 'oauth2-types = "=0.11.0"'
