//! What the programs of this package share: the example server as a process, a client of it, and the lines of the table.

mod client;
mod many;
mod process;

pub use client::{Answer, CLIENT, Client, REDIRECT_URI, Redirect, STATE, agent, location};
pub use many::{IN_FLIGHT, Tally, in_parallel, log_in_many};
pub use process::{Folder, Server, until};

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Ends a program that counts its misses.
pub fn exit_code(misses: Fallible<usize>) -> ExitCode {
    match misses {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line per case, and counts the misses.
pub struct Report {
    part: &'static str,
    pub misses: usize,
}

impl Report {
    pub fn new(part: &'static str) -> Self {
        Self { part, misses: 0 }
    }

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
