//! The example server over real sockets: with the crate's own client side, with the oauth2 crate, with 64 clients at
//! once, in races, through a kill, with slow and idle clients, and as its README describes it.
//!
//! `server PATH README`, with the path of the built `authorization-server`, and of its README. One line per case; exits
//! with 1 when one was missed.

mod oauth2_client;
mod our_client;
mod parallel;
mod sockets;
mod storage;
mod texts;

use std::process::ExitCode;

use interop::{Fallible, Report, Server};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [binary, readme] = &arguments[..] else {
        eprintln!("usage: server PATH-OF-authorization-server PATH-OF-ITS-README");
        return ExitCode::from(2);
    };
    interop::exit_code(run(binary, readme))
}

/// Returns the number of misses.
fn run(binary: &str, readme: &str) -> Fallible<usize> {
    let mut report = Report::new("server");
    let strict = Server::start(binary, &[])?;
    our_client::requests(&strict, &mut report)?;
    oauth2_client::requests(&strict, &mut report)?;
    parallel::race("a code in memory", &strict, &mut report)?;
    parallel::load(&strict, &mut report)?;
    drop(strict);
    our_client::plain_allowed(&Server::start(binary, &["--allow-plain"])?, &mut report)?;
    oauth2_client::plain_allowed(&Server::start(binary, &["--allow-plain"])?, &mut report)?;
    our_client::pkce_optional(binary, &mut report)?;
    storage::kill_and_restart(binary, &mut report)?;
    storage::locked(binary, &mut report)?;
    storage::damaged(binary, &mut report)?;
    storage::residue(binary, &mut report)?;
    sockets::slow_clients(binary, &mut report)?;
    sockets::idle_connections(binary, &mut report)?;
    sockets::stop(binary, &mut report)?;
    texts::start(binary, &mut report)?;
    texts::responses(binary, &mut report)?;
    texts::readme(binary, readme, &mut report)?;
    Ok(report.misses)
}
