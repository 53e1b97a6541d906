//! The database in a file.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use interop::{Client, Fallible, Report, Server, file, in_parallel, said, until};
use pkce_core::{CodeChallengeMethod, CodeVerifier};
use rusqlite::Connection;

use crate::parallel;

pub fn kill_and_restart(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let flags = ["--database", &file(&folder, "codes.sqlite")?, "--code-lifetime", "600"];
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);

    let server = Server::start(binary, &flags)?;
    parallel::race("a code in a file", &server, report)?;
    let client = Client::discover(&server.issuer)?;
    let codes: Vec<String> = (0..20)
        .map(|_| client.code(&challenge.authorization_params()))
        .collect::<Fallible<_>>()?;
    let mut modes = Vec::new();
    for entry in folder.path().read_dir()? {
        modes.push(format!("{:o}", entry?.metadata()?.permissions().mode() & 0o777));
    }
    let case = "--database, modes of the file, its log and its index";
    report.check(case, modes.join(" "), "600 600 600");

    let redeem = |client: &Client, codes: &[String], verifier: &CodeVerifier| -> Fallible<String> {
        let mut outcomes = HashSet::new();
        for code in codes {
            outcomes.insert(said(&client.redeem(code, &[verifier.expose_secret()])?).to_owned());
        }
        Ok(outcomes.into_iter().collect::<Vec<_>>().join(", "))
    };
    let outcomes = redeem(&client, &codes[..10], &verifier)?;
    report.check("--database, redeemed before the kill", outcomes, "accepted");
    // SIGKILL.
    drop(server);

    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    for (case, codes, verifier, expected) in [
        ("redeemed again after it", &codes[..10], &verifier, "invalid_grant"),
        (
            "redeemed after it with a wrong verifier",
            &codes[10..12],
            &another,
            "invalid_grant",
        ),
        (
            "issued before it and redeemed after it",
            &codes[12..],
            &verifier,
            "accepted",
        ),
    ] {
        report.check(
            &format!("--database, {case}"),
            redeem(&client, codes, verifier)?,
            expected,
        );
    }
    Ok(())
}

/// How many requests come while the database is locked.
const LOCKED_OUT: usize = 256;

/// Another process holds the lock of the file.
pub fn locked(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let database = file(&folder, "codes.sqlite")?;
    let log = file(&folder, "log")?;
    let mut command = Command::new(binary);
    let server = Server::spawn(command.args(["--database", &database]).stderr(File::create(&log)?))?;
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
        format_args!("{}, then {}", said(&refused), said(&redeemed)),
        "503 temporarily_unavailable, then accepted",
    );
    let refused = others.iter().filter(|other| **other == refused).count();
    let lines = fs::read_to_string(&log)?.lines().count();
    report.check(
        "--database, locked, many requests in the log",
        format_args!("{refused} refused, lines: {lines}"),
        &format!("{LOCKED_OUT} refused, lines: 1"),
    );
    Ok(())
}

/// The two columns hold no challenge: the client is not to blame, and no token is issued.
pub fn damaged(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let database = file(&folder, "codes.sqlite")?;
    let optional = ["--client-without-pkce", "example-client=http://127.0.0.1/callback"];
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let other = Connection::open(&database)?;
    other.busy_timeout(Duration::from_secs(5))?;
    for (required, flags, verifiers) in [
        ("required", &[][..], &[verifier.expose_secret()][..]),
        ("optional and no verifier", &optional, &[]),
    ] {
        let server = Server::start(binary, &[&["--database", &database], flags].concat())?;
        let client = Client::discover(&server.issuer)?;
        for update in [
            "code_challenge = NULL",
            "code_challenge = ''",
            "code_challenge = 7",
            "code_challenge = substr(code_challenge, 1, 42)",
            "code_challenge = code_challenge || '='",
            "code_challenge_method = NULL",
            "code_challenge_method = ''",
            "code_challenge_method = 's256'",
        ] {
            let code = client.code(&challenge.authorization_params())?;
            let damage = format!("UPDATE authorization_codes SET {update}");
            // SQLite itself refuses half a challenge.
            let refused = other.execute_batch(&damage).is_err();
            other.execute_batch(&format!("PRAGMA ignore_check_constraints = ON; {damage}"))?;
            other.execute_batch("PRAGMA ignore_check_constraints = OFF")?;
            let outcome = client.redeem(&code, verifiers)?;
            report.check(
                &format!("--database, PKCE {required}, {update}"),
                format_args!("refused by SQLite: {refused}, {}", said(&outcome)),
                &format!("refused by SQLite: {}, 500 server_error", update.ends_with("NULL")),
            );
        }
    }
    Ok(())
}

/// A plain challenge is a verifier: it is gone from the disk soon after its code was redeemed, or has expired.
pub fn residue(binary: &str, report: &mut Report) -> Fallible<()> {
    const CODES: usize = 40;
    let folder = tempfile::tempdir()?;
    let database = file(&folder, "codes.sqlite")?;
    let flags = ["--allow-plain", "--code-lifetime", "20", "--database", &database];
    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    let verifiers: Vec<CodeVerifier> = (0..CODES).map(|_| CodeVerifier::generate()).collect::<Result<_, _>>()?;
    let found = || -> Fallible<usize> {
        let mut octets = Vec::new();
        for entry in folder.path().read_dir()? {
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
            client.redeem(&code, &[verifier.expose_secret()])??;
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
