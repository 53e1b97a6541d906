//! Finds the memory that depends on a secret, by comparing processes that differ in the secret alone.

use std::{array, fmt, io};

use crate::process::{END, Process};

/// How many secrets there are, and how many processes: two for each secret, those with the same one three apart.
pub const SECRETS: usize = 3;
pub const PROCESSES: usize = 2 * SECRETS;

/// The shortest run of dependent bytes that counts: less than a word. What the harness itself keeps of a secret (its
/// number, its last character) are single bytes.
const RUN: usize = 3;

/// A run of bytes that depends on the secret.
pub struct Run {
    address: usize,
    mapping: String,
    /// One for each secret.
    pub values: [Vec<u8>; SECRETS],
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n        {:#x} in {}", self.address, self.mapping)?;
        for value in &self.values {
            write!(f, "\n        ")?;
            value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

/// Returns every run of bytes that depends on the secret, but for public values (a list of them for each process).
///
/// A byte depends on the secret if it is the same in both processes of each secret, and differs between secrets.
pub fn dependent(processes: &mut [Process; PROCESSES], public: &[Vec<Vec<u8>>; PROCESSES]) -> io::Result<Vec<Run>> {
    let mut runs = Vec::new();
    loop {
        let address = processes.iter().map(|it| it.address).min().unwrap_or(END);
        if address == END {
            return Ok(runs);
        }
        // A page that a process does not have is one that it has not written to.
        let empty = vec![0; processes[0].page.len()];
        let pages = processes
            .each_ref()
            .map(|it| if it.address == address { &it.page } else { &empty });
        let mapping = processes[0].mapping(address);
        if pages.iter().any(|it| *it != pages[0]) {
            runs.extend(marked(&pages, public).into_iter().map(|(at, len)| Run {
                address: address + at,
                mapping: mapping.to_owned(),
                values: array::from_fn(|secret| pages[secret][at..at + len].to_vec()),
            }));
        }
        processes
            .iter_mut()
            .filter(|it| it.address == address)
            .try_for_each(Process::next_page)?;
    }
}

/// Returns the offset and the length of every run in a page.
fn marked(pages: &[&Vec<u8>; PROCESSES], public: &[Vec<Vec<u8>>; PROCESSES]) -> Vec<(usize, usize)> {
    let depends = |at| {
        let values = pages.map(|page| page[at]);
        let (first, second) = values.split_at(SECRETS);
        first == second && first.iter().any(|it| it != &first[0])
    };
    let mut marked: Vec<_> = (0..pages[0].len()).map(depends).collect();
    for at in 0..marked.len() {
        for form in 0..public[0].len() {
            if marked[at] {
                unmark(&public.each_ref().map(|it| &it[form]), at, pages, &mut marked);
            }
        }
    }
    let (mut runs, mut at) = (Vec::new(), 0);
    for group in marked.chunk_by(|a, b| a == b) {
        if group[0] && group.len() >= RUN {
            runs.push((at, group.len()));
        }
        at += group.len();
    }
    runs
}

/// Takes the mark off each byte around `at` that lies in a part of a public value.
fn unmark(public: &[&Vec<u8>; PROCESSES], at: usize, pages: &[&Vec<u8>; PROCESSES], marked: &mut [bool]) {
    let is = |offset: usize, at: usize| {
        at < marked.len() && (0..PROCESSES).all(|i| public[i].get(offset) == Some(&pages[i][at]))
    };
    let mut parts = Vec::new();
    for offset in (0..public[0].len()).filter(|&it| is(it, at)) {
        let before = (1..=offset.min(at)).take_while(|it| is(offset - it, at - it)).count();
        let after = (1..).take_while(|it| is(offset + it, at + it)).count();
        if before + 1 + after >= RUN {
            parts.push(at - before..=at + after);
        }
    }
    for part in parts {
        marked[part].fill(false);
    }
}
