//! Promise P3: once a verifier or a plain challenge is dropped, no byte of the writable memory of the process depends on
//! it, even after a signal or a panic.
//!
//! Each case (a scenario, a length, an event) runs in processes that differ in the secret alone. One thread of a process
//! runs the scenario and then spins; if the event is a signal, it gets one while it spins; if it is a panic, it catches
//! its first one before. Then every writable page is compared between the processes. Nothing is searched for, so that no
//! form of the secret is missed. The controls leave a secret behind on purpose, and must be found.

mod compare;
mod controls;
#[path = "../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../common/generator.rs"]
mod generator;
mod process;
mod scenarios;
mod secret;
mod system;

use std::process::ExitCode;
use std::{array, env, io};

use compare::{PROCESSES, Run, SECRETS};
use process::Event;
use scenarios::{Expect, Scenario};

#[cfg(all(feature = "jemalloc", not(feature = "mimalloc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `residue [NAME]`: runs all scenarios, or those whose name contains NAME. Shows how many bytes depend on the secret after
/// each event, the most of any length, and what they are where there must be none.
fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let title = format!("residue, {build} build: dependent bytes after");
    println!("{title:<56}{:>10}{:>10}{:>10}", "nothing", "a signal", "a panic");
    let (mut passed, mut failed) = (0, 0);
    for scenario in scenarios::all().iter().filter(|it| it.name.contains(&name)) {
        let (mut most, mut notes) = ([0_usize; 3], Vec::new());
        for &len in scenario.lengths {
            let found: Vec<_> = Event::ALL.iter().map(|&event| case(scenario, len, event)).collect();
            let mut seen = false;
            for (found, most) in found.iter().zip(&mut most) {
                let bytes: usize = found.iter().flatten().map(|run| run.values[0].len()).sum();
                *most = bytes.max(*most);
                seen |= bytes > 0;
            }
            for (event, found) in Event::ALL.iter().zip(found) {
                let wrong = match (found, scenario.expect) {
                    (Err(error), _) => error.to_string(),
                    (Ok(runs), Expect::Nothing) if !runs.is_empty() => runs.iter().map(Run::to_string).collect(),
                    (_, Expect::Seen) if !seen => "not seen".to_owned(),
                    _ => {
                        passed += 1;
                        continue;
                    }
                };
                notes.push(format!("    {len}, after {event:?}: {wrong}"));
            }
        }
        let mark = if notes.is_empty() { "" } else { "  FAILED" };
        println!(
            "{:<56}{}{mark}",
            scenario.name,
            most.map(|it| format!("{it:>10}")).concat()
        );
        notes.iter().take(6).for_each(|it| println!("{it}"));
        failed += notes.len();
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What depends on the secret after a scenario and an event; an error if a process did not come to its end.
fn case(scenario: &Scenario, len: usize, event: Event) -> io::Result<Vec<Run>> {
    let secrets = array::from_fn(|i| (i % SECRETS) as u8);
    let mut processes = process::run::<PROCESSES>(&|| (scenario.run)(len), secrets, event)?;
    let public = array::from_fn(|i| {
        secret::choose(secrets[i]);
        scenarios::texts(len)
            .iter()
            .flat_map(|text| secret::public(text))
            .collect()
    });
    compare::dependent(&mut processes, &public)
}
