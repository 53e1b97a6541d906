//! Promise P3: once a verifier or a plain challenge is dropped, nothing of it is left in the writable memory of the
//! process, even after a signal or a panic.
//!
//! Each case (a scenario, a length, an event) is a process of its own. One thread runs the scenario and then spins; if the
//! event is a signal, it gets one while it spins; if it is a panic, it catches its first one before. The main thread then
//! reads every writable mapping, and compares it with a masked copy of the secret. What counts is
//! how many bytes of the secret lie somewhere in a run of eight or more. The controls leave a secret behind on purpose,
//! and must be found.

mod control;
mod process;
mod scan;
mod scenarios;
mod secret;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::{env, thread};

use process::{Child, Event};
use scan::Found;
use scenarios::{Expect, Scenario};

#[cfg(all(feature = "jemalloc", not(feature = "mimalloc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `residue [--each] [NAME]`: runs all scenarios, or those whose name contains NAME; shows the worst length of each, or
/// each length.
fn main() -> ExitCode {
    let (mut each, mut name) = (false, String::new());
    for arg in env::args().skip(1) {
        if arg == "--each" { each = true } else { name = arg }
    }
    let scenarios: Vec<_> = scenarios::all()
        .into_iter()
        .filter(|it| it.name.contains(&name))
        .collect();

    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let title = format!("residue, {build} build: bytes left after");
    println!("{title:<56}{:>16}{:>16}{:>16}", "nothing", "a signal", "a panic");
    let mut failed = 0;
    let cases = run_all(&scenarios);
    for (scenario, cases) in scenarios.iter().zip(&cases) {
        let groups: Vec<_> = if each {
            scenario.lengths.chunks(1).collect()
        } else {
            vec![scenario.lengths]
        };
        for lengths in groups {
            let group = || cases.iter().filter(|it| lengths.contains(&it.len));
            let name = if each {
                format!("{}, {}", scenario.name, lengths[0])
            } else {
                scenario.name.clone()
            };
            let cells = Event::ALL.map(|event| cell(group().filter(|it| it.event == event)));
            let failures = group().filter(|it| !it.passed()).count();
            let mark = if failures == 0 {
                String::new()
            } else {
                format!("  FAILED {failures} of {}", group().count())
            };
            println!("{name:<56}{}{mark}", cells.concat());
            failed += failures;
        }
    }
    let passed = cases.iter().flatten().count() - failed;
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A process, and what was found in it.
struct Case {
    len: usize,
    event: Event,
    expect: Expect,
    found: Option<Vec<Found>>,
}

impl Case {
    fn passed(&self) -> bool {
        let mut found = self.found.iter().flatten();
        self.found.is_some()
            && match self.expect {
                Expect::Nothing => found.map(|it| it.bytes + it.swapped).sum::<usize>() == 0,
                Expect::Residue => found.all(|it| it.bytes * 2 >= it.len),
                Expect::Measured => true,
            }
    }

    /// The secret of which most was found.
    fn worst(&self) -> Found {
        self.found
            .iter()
            .flatten()
            .copied()
            .max_by_key(|it| it.bytes + it.swapped)
            .unwrap_or_default()
    }
}

/// Runs every case, as many at a time as there are processors.
fn run_all(scenarios: &[Scenario]) -> Vec<Vec<Case>> {
    let at_a_time = thread::available_parallelism().map_or(1, usize::from);
    let (mut running, mut done) = (VecDeque::new(), Vec::new());
    let mut finish = |running: &mut VecDeque<(usize, Case, Option<Child>)>| {
        if let Some((scenario, case, child)) = running.pop_front() {
            done.resize_with(scenarios.len(), Vec::new);
            done[scenario].push(Case {
                found: child.and_then(Child::wait),
                ..case
            });
        }
    };
    for (i, scenario) in scenarios.iter().enumerate() {
        for &len in scenario.lengths {
            for (event, expect) in Event::ALL.into_iter().zip(scenario.expect) {
                if running.len() == at_a_time {
                    finish(&mut running);
                }
                let child = Child::start(&|| (scenario.run)(len), &|| (scenario.secrets)(len), event);
                running.push_back((
                    i,
                    Case {
                        len,
                        event,
                        expect,
                        found: None,
                    },
                    child.ok(),
                ));
            }
        }
    }
    while !running.is_empty() {
        finish(&mut running);
    }
    done
}

/// The worst of some cases: what was found of how much, and how many whole copies.
fn cell<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let key = |case: &&Case| {
        let Found {
            len, bytes, swapped, ..
        } = case.worst();
        let left = bytes + swapped;
        // Of a control, the one that was seen least.
        (
            !case.passed(),
            if case.expect == Expect::Residue {
                len - bytes
            } else {
                left
            },
            len,
        )
    };
    let Some(case) = cases.max_by_key(key) else {
        return String::new();
    };
    let Found {
        len,
        bytes,
        swapped,
        copies,
    } = case.worst();
    let mut text = match case.found {
        None => "died".to_owned(),
        Some(_) if bytes + swapped == 0 => "0".to_owned(),
        Some(_) if bytes == 0 => format!("swapped {swapped} of {len}"),
        Some(_) => format!("{bytes} of {len}"),
    };
    if copies > 1 {
        text += &format!(" x{copies}");
    }
    format!("{text:>16}")
}
