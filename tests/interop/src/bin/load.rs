//! How many logins a second the example server does, in memory and on disk, and that a code survives SIGKILL if it is
//! unused, and does not come back if it is used.
//!
//! `load PATH`, with the path of the built `authorization-server`. One line per case; exits with 1 when one was missed.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use interop::{Client, Fallible, IN_FLIGHT, Report, Server, file, in_parallel, log_in_many, until};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

const RUNS: usize = 5;
const LOGINS: usize = 5_000;

/// On disk, at least one in so many of the logins a second in memory, or on a slow disk so many logins for each fsync that it
/// can do. One fsync for each write would be below both: a login writes twice.
const DISK_SHARE: usize = 4;
const LOGINS_PER_FSYNC: usize = 4;

const KILLS: usize = 10;
/// How many codes are used before the server is killed.
const UNTIL_KILL: usize = 500;

fn main() -> ExitCode {
    interop::part("load", run)
}

fn run(report: &mut Report, arguments: &[&str]) -> Fallible<()> {
    let [binary] = arguments else {
        return Err("usage: load PATH-OF-authorization-server".into());
    };
    speed(binary, report)?;
    kills(binary, report)?;
    control(binary, report)
}

/// The runs in memory and on disk take turns, so that what else the machine does slows both.
fn speed(binary: &str, report: &mut Report) -> Fallible<()> {
    let (mut memory, mut disk, mut fsyncs, mut lost) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let file = file(&folder, "codes.sqlite")?;
        for (flags, rates) in [(&[][..], &mut memory), (&["--database", &file][..], &mut disk)] {
            let server = Server::start(binary, flags)?;
            let start = Instant::now();
            let tally = log_in_many(&server, IN_FLIGHT, LOGINS, LOGINS)?;
            rates.push((LOGINS as f64 / start.elapsed().as_secs_f64()) as usize);
            lost += tally.lost + tally.wrong_accepted;
        }
        fsyncs.push(fsyncs_a_second(&self::file(&folder, "fsync")?)?);
    }
    let (in_memory, on_disk, fsyncs) = (median(&mut memory), median(&mut disk), median(&mut fsyncs));
    let enough = usize::min(in_memory / DISK_SHARE, fsyncs * LOGINS_PER_FSYNC);
    for (place, median, rates) in [("in memory", in_memory, &memory), ("on disk", on_disk, &disk)] {
        let case = format!("logins a second {place}, {IN_FLIGHT} in flight");
        let figure = format!(
            "{median} (median of {RUNS} runs of {LOGINS}, {} to {})",
            rates[0],
            rates[RUNS - 1]
        );
        let expected =
            format!("at least a {DISK_SHARE}th of those in memory, or {LOGINS_PER_FSYNC} for each of {fsyncs} fsyncs");
        report.figure(&case, figure, median >= enough, &expected);
    }
    report.check("lost of these logins", lost, "0");
    Ok(())
}

/// How often this disk can do what one write to the database needs.
fn fsyncs_a_second(path: &str) -> Fallible<usize> {
    const WRITES: usize = 50;
    let mut file = File::create(path)?;
    let start = Instant::now();
    for _ in 0..WRITES {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    Ok((WRITES as f64 / start.elapsed().as_secs_f64()) as usize)
}

/// Sorts the values.
fn median(values: &mut [usize]) -> usize {
    values.sort_unstable();
    values[values.len() / 2]
}

/// How far a code came before the server was killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Issued,
    /// The token request was sent, and not answered: the code may be used or not.
    Sent,
    Redeemed,
}

struct Code {
    code: String,
    verifier: CodeVerifier,
    state: State,
}

fn flags(file: &str) -> [&str; 4] {
    ["--database", file, "--code-lifetime", "600"]
}

fn kills(binary: &str, report: &mut Report) -> Fallible<()> {
    let mut all = Vec::new();
    for _ in 0..KILLS {
        let folder = tempfile::tempdir()?;
        let file = file(&folder, "codes.sqlite")?;
        let codes = codes_until_kill(Server::start(binary, &flags(&file))?)?;
        all.extend(audit(&Server::start(binary, &flags(&file))?, &codes)?);
    }
    let [used, unused, unknown] = [State::Redeemed, State::Issued, State::Sent]
        .map(|state| all.iter().filter(|(before, _)| *before == state).count());
    let case = format!("SIGKILL under load, {KILLS} rounds");
    let figure = format!("{used} codes used before, {unused} unused, {unknown} in doubt");
    report.figure(&case, figure, used > 0 && unused > 0, "some of each");
    let outcome = format!("{} unused codes lost, {} codes redeemed twice", lost(&all), twice(&all));
    report.check(&case, outcome, "0 unused codes lost, 0 codes redeemed twice");
    Ok(())
}

fn lost(audit: &[(State, usize)]) -> usize {
    audit.iter().filter(|code| **code == (State::Issued, 0)).count()
}

fn twice(audit: &[(State, usize)]) -> usize {
    let before = |state| usize::from(state == State::Redeemed);
    audit
        .iter()
        .filter(|(state, accepted)| before(*state) + accepted > 1)
        .count()
}

/// Every client gets two codes at a time and redeems one of them, until the server is killed.
fn codes_until_kill(server: Server) -> Fallible<Vec<Code>> {
    let issuer = server.issuer.clone();
    let (used, killed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let codes = thread::scope(|scope| {
        scope.spawn(|| {
            let enough = until(|| Ok(used.load(Ordering::Relaxed) >= UNTIL_KILL));
            killed.store(true, Ordering::Relaxed);
            drop(server);
            enough
        });
        in_parallel(IN_FLIGHT, |_| {
            let mut codes = Vec::new();
            if let Err(why) = use_codes(&issuer, &mut codes, &used)
                && !killed.load(Ordering::Relaxed)
            {
                return Err(why);
            }
            Ok(codes)
        })
    })?;
    Ok(codes.into_iter().flatten().collect())
}

/// Returns with the error of the first request that fails.
fn use_codes(issuer: &str, codes: &mut Vec<Code>, used: &AtomicUsize) -> Fallible<()> {
    let client = Client::discover(issuer)?;
    loop {
        issue(&client, codes)?;
        issue(&client, codes)?;
        let Some(last) = codes.last_mut() else { continue };
        redeem(&client, last)?;
        used.fetch_add(1, Ordering::Relaxed);
    }
}

fn issue(client: &Client, codes: &mut Vec<Code>) -> Fallible<()> {
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    codes.push(Code {
        code: client.code(&challenge.authorization_params())?,
        verifier,
        state: State::Issued,
    });
    Ok(())
}

fn redeem(client: &Client, code: &mut Code) -> Fallible<()> {
    code.state = State::Sent;
    if is_accepted(client, code)? {
        code.state = State::Redeemed;
    }
    Ok(())
}

fn is_accepted(client: &Client, code: &Code) -> Fallible<bool> {
    match client.redeem(&code.code, &[code.verifier.expose_secret()])? {
        Ok(_) => Ok(true),
        Err(error) if error == "invalid_grant" => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Redeems every code twice. Returns how far each had come, and how often it was accepted.
fn audit(server: &Server, codes: &[Code]) -> Fallible<Vec<(State, usize)>> {
    let audits = in_parallel(IN_FLIGHT, |thread| {
        let client = Client::discover(&server.issuer)?;
        let mut audit = Vec::new();
        for code in codes.iter().skip(thread).step_by(IN_FLIGHT) {
            let accepted = usize::from(is_accepted(&client, code)?) + usize::from(is_accepted(&client, code)?);
            audit.push((code.state, accepted));
        }
        Ok(audit)
    })?;
    Ok(audits.concat())
}

/// The audit notices a database that has forgotten redemptions, and one that has forgotten everything.
fn control(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let [file, backup, empty] = ["codes.sqlite", "backup.sqlite", "empty.sqlite"].map(|name| file(&folder, name));
    let (file, backup, empty) = (file?, backup?, empty?);
    let mut codes = Vec::new();

    let server = Server::start(binary, &flags(&file))?;
    let client = Client::discover(&server.issuer)?;
    for _ in 0..20 {
        issue(&client, &mut codes)?;
    }
    // The write-ahead log is emptied when nothing has happened for a second or two.
    let log = format!("{file}-wal");
    if !until(|| Ok(fs::metadata(&log)?.len() == 0))? {
        return Err("the write-ahead log is not emptied".into());
    }
    fs::copy(&file, &backup)?;
    for code in codes.iter_mut().step_by(2) {
        redeem(&client, code)?;
    }
    drop(server);

    let forgetful = Server::start(binary, &flags(&backup))?;
    let empty = Server::start(binary, &flags(&empty))?;
    let outcome = format!(
        "{} redeemed twice with an old copy, {} lost with an empty database",
        twice(&audit(&forgetful, &codes)?),
        lost(&audit(&empty, &codes)?)
    );
    let expected = "10 redeemed twice with an old copy, 10 lost with an empty database";
    report.check("control: the audit notices planted faults", outcome, expected);
    Ok(())
}
