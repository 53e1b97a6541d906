//! What the programs of this package share: the example server as a process, a client of it, and the lines of the table.

mod client;
mod many;
mod process;

pub use client::{CLIENT, Client, Outcome, REDIRECT_URI, STATE, agent, location, said};
pub use many::{IN_FLIGHT, Tally, in_parallel, log_in_many};
pub use process::{Server, file, until};

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs a part with the arguments of the program, and fails if it had a miss.
pub fn part(name: &'static str, run: impl FnOnce(&mut Report, &[&str]) -> Fallible<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut report = Report { part: name, misses: 0 };
    let outcome = run(&mut report, &arguments);
    if let Err(why) = &outcome {
        eprintln!("error: {why}");
    }
    match (outcome, report.misses) {
        (Ok(()), 0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Prints a line per case, and counts the misses.
pub struct Report {
    part: &'static str,
    misses: usize,
}

impl Report {
    pub fn check(&mut self, case: &str, outcome: impl fmt::Display, expected: &str) {
        let outcome = outcome.to_string();
        if outcome == expected {
            println!("ok    {}  {case}: {outcome}", self.part);
        } else {
            self.misses += 1;
            println!("MISS  {}  {case}: {outcome} (expected {expected})", self.part);
        }
    }

    /// A figure, and whether it is as it should be.
    pub fn figure(&mut self, case: &str, outcome: impl fmt::Display, good: bool, expected: &str) {
        if good {
            println!("ok    {}  {case}: {outcome}", self.part);
        } else {
            self.check(case, outcome, expected);
        }
    }
}
