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
    interop::part("server", run)
}

fn run(report: &mut Report, arguments: &[&str]) -> Fallible<()> {
    let [binary, readme] = arguments else {
        return Err("usage: server PATH-OF-authorization-server PATH-OF-ITS-README".into());
    };
    let strict = Server::start(binary, &[])?;
    our_client::requests(&strict, report)?;
    oauth2_client::requests(&strict, report)?;
    parallel::race("a code in memory", &strict, report)?;
    parallel::load(&strict, report)?;
    drop(strict);
    our_client::plain_allowed(binary, report)?;
    oauth2_client::plain_allowed(binary, report)?;
    our_client::pkce_optional(binary, report)?;
    storage::kill_and_restart(binary, report)?;
    storage::locked(binary, report)?;
    storage::damaged(binary, report)?;
    storage::residue(binary, report)?;
    sockets::slow_clients(binary, report)?;
    sockets::idle_connections(binary, report)?;
    sockets::stop(binary, report)?;
    texts::start(binary, report)?;
    texts::responses(binary, report)?;
    texts::readme(binary, readme, report)
}
