//! Promise P4: no branch and no memory index depends on a secret byte in generate, challenge and verify, but for the two
//! results "well formed?" and "equal?".
//!
//! `run` builds this in release mode and runs it under valgrind. Each case marks its secret as undefined and uses it;
//! memcheck reports every branch and every address that depends on it, through every copy and every calculation. Reports
//! of the function in which the two results become public are suppressed, and `run` compares their number with that of the
//! results.
//!
//! valgrind hides the SHA instructions of the processor, so that this is the portable compression function.

mod controls;
mod memcheck;
mod system;

use std::hint::black_box;
use std::process::ExitCode;

use operations::{Case, Fixture, SECRETS};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

fn main() -> ExitCode {
    if !memcheck::is_watching() {
        eprintln!("not under valgrind: use tests/promises/constant-time/run");
        return ExitCode::from(2);
    }
    println!("{:<58} {:>7} {:>9}", "constant time", "reports", "expected");
    let mut as_expected: Vec<bool> = controls::CASES
        .iter()
        .map(|(name, run)| check(name, true, run))
        .collect();
    as_expected.push(check("generate", false, generate));
    let (mut fixture, mut results) = (Fixture::new(), 0);
    for case in operations::cases() {
        as_expected.push(check(case.name, case.is_control(), || execute(case, &mut fixture)));
        results += case.results * case.lengths().count();
    }
    println!("results made public: {results}");
    let failed = as_expected.iter().filter(|it| !**it).count();
    println!("{} passed, {failed} failed", as_expected.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs a case, and returns whether it was reported exactly if it is a control.
fn check(name: &str, is_control: bool, run: impl FnOnce()) -> bool {
    let before = memcheck::reports();
    run();
    let reports = memcheck::reports() - before;
    let as_expected = (reports > 0) == is_control;
    println!(
        "{name:<58} {reports:>7} {:>9}{}",
        if is_control { "> 0" } else { "0" },
        if as_expected { "" } else { "  FAILED" }
    );
    as_expected
}

/// Executes an operation with a secret of each length.
fn execute(case: &Case, fixture: &mut Fixture) {
    for len in case.lengths() {
        case.prepare(fixture, len, len % SECRETS);
        fixture.visit_secrets(memcheck::secret);
        assert!((case.run)(black_box(fixture)), "{}: not the expected result", case.name);
        memcheck::expect_public(fixture.printed());
        fixture.clear();
    }
}

fn generate() {
    let before = system::drawn();
    let verifier = CodeVerifier::generate().expect("the generator does not fail");
    assert_eq!(system::drawn() - before, 32, "the octets were not those of the harness");
    memcheck::expect_public(format!("{verifier:?}").as_bytes());
    drop(black_box(verifier.challenge(CodeChallengeMethod::S256)));
}
