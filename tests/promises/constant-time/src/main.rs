//! Promise P4: no branch and no memory index depends on a secret byte in generate, challenge and verify, but for the two
//! results "well formed?" and "equal?".
//!
//! `run` builds this in release mode and runs it under valgrind. Each case marks its secret as undefined and uses it;
//! memcheck reports every branch and every address that depends on it, through every copy and every calculation. Reports
//! of the functions in which the two results become public are suppressed, and `run` compares their number with that of
//! the results.
//!
//! valgrind hides the SHA instructions of the processor, so that this is the portable compression function.

mod controls;
#[path = "../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../common/generator.rs"]
mod generator;
mod memcheck;
mod pkce;
mod secrets;
mod system;

use std::process::ExitCode;

/// A name and what is done.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if !memcheck::is_watching() {
        eprintln!("not under valgrind: use tests/promises/constant-time/run");
        return ExitCode::from(2);
    }
    println!("{:<58} {:>7} {:>9}", "constant time", "reports", "expected");
    let failed = failures(controls::CASES, true) + failures(pkce::CASES, false);
    println!("results made public: {}", secrets::made_public());
    println!(
        "{} passed, {failed} failed",
        controls::CASES.len() + pkce::CASES.len() - failed
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the cases, and returns the number of those that were reported, or were not, against expectation.
fn failures(cases: &[Case], expected: bool) -> usize {
    let mut failed = 0;
    for (name, run) in cases {
        let before = memcheck::reports();
        run();
        let reports = memcheck::reports() - before;
        let as_expected = (reports > 0) == expected;
        println!(
            "{name:<58} {reports:>7} {:>9}{}",
            if expected { "> 0" } else { "0" },
            if as_expected { "" } else { "  FAILED" }
        );
        failed += usize::from(!as_expected);
    }
    failed
}
