//! Promise P3: once a verifier or a plain challenge is dropped, nothing of it is left in the writable memory of the
//! process.
//!
//! Each scenario runs on a thread of its own, which then spins without touching its stack, while the main thread reads
//! every writable mapping through `/proc/self/mem` and compares it with a masked copy of the secret. Counted are whole
//! copies and runs of eight bytes or more. Two controls leave a secret behind on purpose, and must be found.

mod scan;
mod scenarios;

use std::env;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use scan::{Found, scan};
use scenarios::{Expect, SCENARIOS, Scenario};

/// Without an argument it runs every scenario in a process of its own, so that none finds what another has left.
fn main() -> ExitCode {
    match env::args().nth(1) {
        None => run_all(),
        Some(name) => {
            let scenario = SCENARIOS
                .iter()
                .find(|scenario| scenario.name == name)
                .expect("a scenario's name");
            let Found { copies, runs } = observe(scenario);
            println!("{copies} {runs}");
            ExitCode::SUCCESS
        }
    }
}

fn run_all() -> ExitCode {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!(
        "{:<48} {:>7} {:>7} {:>9}",
        format!("residue, {build} build"),
        "copies",
        "runs",
        "expected"
    );
    let mut failed = 0;
    for scenario in SCENARIOS {
        let found = in_a_process(scenario.name);
        let (expected, as_expected) = match scenario.expect {
            Expect::Nothing => ("0", found == Some(Found::default())),
            Expect::Residue => ("> 0", found.is_some_and(|found| found.copies > 0)),
            Expect::Measured => ("-", found.is_some()),
        };
        let [copies, runs] = found.map_or(["?".into(), "?".into()], |it| {
            [it.copies.to_string(), it.runs.to_string()]
        });
        let mark = if as_expected { "" } else { "  FAILED" };
        println!("{:<48} {copies:>7} {runs:>7} {expected:>9}{mark}", scenario.name);
        failed += usize::from(!as_expected);
    }
    println!("{} passed, {failed} failed", SCENARIOS.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn in_a_process(name: &str) -> Option<Found> {
    let output = Command::new(env::current_exe().ok()?).arg(name).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    let (copies, runs) = answer.trim().split_once(' ')?;
    Some(Found {
        copies: copies.parse().ok()?,
        runs: runs.parse().ok()?,
    })
}

/// Runs a scenario and, before its thread ends, scans for each secret that it had.
fn observe(scenario: &Scenario) -> Found {
    let (done, scanned) = (AtomicBool::new(false), AtomicBool::new(false));
    let wait_for = |flag: &AtomicBool| {
        while !flag.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            (scenario.run)();
            done.store(true, Ordering::SeqCst);
            wait_for(&scanned);
        });
        wait_for(&done);
        let found = scenario
            .secrets
            .iter()
            .map(|secret| scan(&secret()))
            .fold(Found::default(), Found::plus);
        scanned.store(true, Ordering::SeqCst);
        found
    })
}
