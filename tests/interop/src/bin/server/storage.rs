//! The database in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use interop::{Answer, Client, Fallible, Folder, Report, Server, in_parallel, until};
use pkce_core::{CodeChallengeMethod, CodeVerifier};
use rusqlite::Connection;

use crate::parallel;

pub fn kill_and_restart(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = Folder::create()?;
    let database = folder.file("codes.sqlite")?;
    let flags = ["--database", &database, "--code-lifetime", "600"];
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let right = [verifier.expose_secret()];

    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    parallel::race("a code in a file", &server, report)?;
    let codes: Vec<String> = (0..20)
        .map(|_| client.code(&challenge.authorization_params()))
        .collect::<Fallible<_>>()?;
    let (before, after) = codes.split_at(10);
    let count = |client: &Client, codes: &[String], verifier: [&str; 1], expected: &str| -> Fallible<usize> {
        let answers: Vec<Answer> = codes
            .iter()
            .map(|c| client.redeem(c, &verifier))
            .collect::<Fallible<_>>()?;
        Ok(answers.iter().filter(|a| a.to_string() == expected).count())
    };
    let redeemed = count(&client, before, right, "accepted")?;
    report.check("--database, redeemed before the kill", redeemed, "10");
    let mut modes = Vec::new();
    for entry in folder.0.read_dir()? {
        modes.push(format!("{:o}", entry?.metadata()?.permissions().mode() & 0o777));
    }
    report.check(
        "--database, modes of the file, its log and its index",
        modes.join(" "),
        "600 600 600",
    );
    // SIGKILL.
    drop(server);

    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    let refused = count(&client, before, right, "invalid_grant")?;
    report.check(
        "--database, refused after it, since they were redeemed before",
        refused,
        "10",
    );
    let refused = count(&client, &after[..2], [another.expose_secret()], "invalid_grant")?;
    report.check("--database, refused after it, with a wrong verifier", refused, "2");
    let redeemed = count(&client, &after[2..], right, "accepted")?;
    report.check(
        "--database, redeemed after it, since they were issued before",
        redeemed,
        "8",
    );
    Ok(())
}

/// How many requests come while the database is locked.
const LOCKED_OUT: usize = 256;

/// Another process holds the lock of the file.
pub fn locked(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = Folder::create()?;
    let database = folder.file("codes.sqlite")?;
    let log = folder.file("log")?;
    let server = Server::start_with_log(binary, &log, &["--database", &database])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let code = client.code(&challenge.authorization_params())?;

    let other = Connection::open(&database)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let refused = client.redeem(&code, &[verifier.expose_secret()])?;
    let others = in_parallel(LOCKED_OUT, |_| client.redeem("unknown", &[verifier.expose_secret()]))?;
    other.execute_batch("ROLLBACK")?;
    let redeemed = client.redeem(&code, &[verifier.expose_secret()])?;
    report.check(
        "--database, locked by another process, then unlocked",
        format_args!("{refused}, then {redeemed}"),
        "503 temporarily_unavailable, then accepted",
    );
    let refused = others.iter().filter(|a| a.to_string() == refused.to_string()).count();
    let lines = fs::read_to_string(&log)?.lines().count();
    report.check(
        "--database, locked, many requests in the log",
        format_args!("{refused} refused, lines: {lines}"),
        &format!("{LOCKED_OUT} refused, lines: 1"),
    );
    Ok(())
}

/// A column was lost on the way: the client is not to blame, and no token is issued.
pub fn damaged(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = Folder::create()?;
    let database = folder.file("codes.sqlite")?;
    let server = Server::start(binary, &["--database", &database])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let other = Connection::open(&database)?;
    other.busy_timeout(Duration::from_secs(5))?;
    other.execute_batch("PRAGMA ignore_check_constraints = ON")?;
    for (case, update) in [
        ("no code_challenge_method", "code_challenge_method = NULL"),
        ("no code_challenge", "code_challenge = NULL"),
        ("a cut code_challenge", "code_challenge = substr(code_challenge, 1, 42)"),
    ] {
        let code = client.code(&challenge.authorization_params())?;
        other.execute_batch(&format!("UPDATE authorization_codes SET {update}"))?;
        let answer = client.redeem(&code, &[verifier.expose_secret()])?;
        report.check(&format!("--database, a row with {case}"), &answer, "500 server_error");
    }
    Ok(())
}

/// A plain challenge is a verifier: it is gone from the disk soon after its code was redeemed, or has expired.
pub fn residue(binary: &str, report: &mut Report) -> Fallible<()> {
    const CODES: usize = 40;
    let folder = Folder::create()?;
    let database = folder.file("codes.sqlite")?;
    let flags = ["--allow-plain", "--code-lifetime", "5", "--database", &database];
    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    let verifiers: Vec<CodeVerifier> = (0..CODES).map(|_| CodeVerifier::generate()).collect::<Result<_, _>>()?;
    let found = || -> Fallible<usize> {
        let mut octets = Vec::new();
        for entry in folder.0.read_dir()? {
            octets.extend(fs::read(entry?.path())?);
        }
        let is_in = |v: &&CodeVerifier| octets.windows(43).any(|w| w == v.expose_secret().as_bytes());
        Ok(verifiers.iter().filter(is_in).count())
    };
    let mut stored = 0;
    for (number, verifier) in verifiers.iter().enumerate() {
        let code = client.code(&verifier.challenge(CodeChallengeMethod::Plain).authorization_params())?;
        stored += found()?.min(1);
        if number % 2 == 0 {
            client.redeem(&code, &[verifier.expose_secret()])?;
        }
    }
    until(|| Ok(found()? == 0))?;
    report.check(
        &format!("--database, of {CODES} plain verifiers, half of them redeemed, the others expired"),
        format_args!("found after each was stored: {stored}, at the end: {}", found()?),
        &format!("found after each was stored: {CODES}, at the end: 0"),
    );
    Ok(())
}
