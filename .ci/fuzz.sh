# shellcheck shell=bash
# The fuzz gates of .ci/run and .ci/deep, which differ in how long they fuzz. Sourced, never run.

# fuzz_targets: their names, one per line.
fuzz_targets() {
    sed -n '/^\[\[bin\]\]/,/^$/s/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml
}

# fuzz_run TARGET SECONDS: runs one target, built before, on its seeds and on what earlier runs have found.
fuzz_run() {
    mkdir -p "fuzz/corpus/$1"
    run cargo +nightly fuzz run "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- -max_total_time="$2" >"$SCRATCH/fuzz-$1" 2>&1
}

# fuzz_side_by_side SECONDS TARGET…: runs these targets at once.
fuzz_side_by_side() {
    local seconds=$1 target n failed=''
    local -A job=()
    shift
    for target in "$@"; do
        fuzz_run "$target" "$seconds" &
        job[$target]=$!
    done
    for target in "$@"; do
        wait "${job[$target]}" || failed=$target
        tail -n 40 "$SCRATCH/fuzz-$target"
    done
    [ -z "$failed" ] || fail "$failed found something, see above"
    for target in "$@"; do
        n=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$SCRATCH/fuzz-$target")
        [ "${n:-0}" -gt 0 ] || fail "$target ran nothing"
        printf '%s\n' "$n" >>"$SCRATCH/fuzz-runs"
    done
}

# fuzz_coverage: of the lines of src/ that any target has, how many are reached by the corpora and the seeds together.
# Target by target: llvm-cov cannot put programs together that were compiled apart.
fuzz_coverage() {
    local llvm host target
    host=$(rustc +nightly --print host-tuple)
    llvm=$(dirname "$(find "$(rustc +nightly --print sysroot)" -type f -name llvm-cov)")
    for target in $(fuzz_targets); do
        run cargo +nightly fuzz coverage --target-dir "$TARGET/fuzz-coverage" "$target" "fuzz/corpus/$target" "fuzz/seeds/$target"
        "$llvm/llvm-cov" export --format=lcov --instr-profile="fuzz/coverage/$target/coverage.profdata" \
            "$TARGET/fuzz-coverage/$host/release/$target" --sources "$PWD/src" >>"$SCRATCH/lcov"
    done
    awk -F '[:,]' '
        /^SF:/ { file = $2 }
        /^DA:/ { hits[file ":" $2] += $3 }
        END {
            for (line in hits) { all++; if (hits[line]) reached++; else print "not reached: " line | "sort -V" }
            close("sort -V")
            if (!all) exit 1
            printf "%d of %d lines, %.2f%%\n", reached, all, 100 * reached / all
        }' "$SCRATCH/lcov" | tee "$SCRATCH/coverage"
}

# fuzz_must_find TARGET FILE OLD NEW: the control of a target. It must find this fault in 20 seconds.
fuzz_must_find() {
    cp "$2" "$SCRATCH/whole"
    plant "$2" "$3" "$4"
    mkdir -p "fuzz/corpus/$1"
    must_fail 'panicked at .*fuzz_targets' cargo +nightly fuzz run "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- -max_total_time=20
    cat "$SCRATCH/whole" >"$2"
}

# fuzz_all SECONDS: the gate, in both scripts. As many targets at once as there are processors.
fuzz_all() {
    local at total cores
    local -a targets
    mapfile -t targets < <(fuzz_targets)
    cores=$(nproc)
    need_toolchain nightly
    need_component llvm-tools nightly
    need_tool cargo-fuzz 0.13.2
    # Without a variable of the caller's cargo-fuzz would build in a directory of its own.
    export CARGO_TARGET_DIR=$TARGET
    run cargo +nightly fuzz build
    for ((at = 0; at < ${#targets[@]}; at += cores)); do
        fuzz_side_by_side "$1" "${targets[@]:at:cores}"
    done
    total=$(awk '{ n += $1 } END { print n }' "$SCRATCH/fuzz-runs")
    fuzz_coverage

    copy_tree
    fuzz_must_find parse_verifier src/alphabet.rs 'MIN_LEN..=MAX_LEN => Ok' 'MIN_LEN..=129 => Ok'
    # Spare bits in the last letter of a challenge.
    fuzz_must_find parse_challenge src/base64url.rs 'use base64::engine::general_purpose::URL_SAFE_NO_PAD;' \
        'use base64::{alphabet::URL_SAFE, engine::general_purpose::{GeneralPurpose, NO_PAD}};
         const URL_SAFE_NO_PAD: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));'
    fuzz_must_find s256 src/s256.rs 'tail.len() < BLOCK - 8' 'tail.len() <= BLOCK - 8'
    fuzz_must_find encode src/base64url.rs "each(b'_' - b'-' - 1)" "each(b'_' - b'-')"
    fuzz_must_find verify src/compare.rs 'a.len() == b.len() && ' ''
    fuzz_must_find server_policy src/policy.rs '(Some(_), None) => return Err(TokenError::MissingVerifier)' \
        '(Some(_), None) => return Err(TokenError::UnexpectedVerifier)'
    fuzz_must_find values src/s256.rs 'tail.len() < BLOCK - 8' 'tail.len() <= BLOCK - 8'
    figure "${#targets[@]} targets of $1 s, $total runs; $(tail -n 1 "$SCRATCH/coverage") of src; a plant found by each"
}
