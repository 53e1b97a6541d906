//! Slow and idle clients, and Ctrl-C.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use interop::{Client, Fallible, Folder, Report, Server, in_parallel, log_in_many};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

const HALF_A_HEAD: &str = "POST /token HTTP/1.1\r\nHost: localhost\r\n";
const HALF_A_BODY: &str = "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=authorization_code";
const HALF_A_FORM: &str = "POST /authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\r\ndecision=allow";

/// Longer than the server waits for a slow client.
const PATIENCE: Duration = Duration::from_secs(9);

fn send(server: &Server, text: &str) -> Fallible<TcpStream> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}

/// Reads until the server closes the connection. What was sent, if it did so in time.
fn read_to_end(stream: &mut TcpStream, limit: Duration) -> String {
    let _ = stream.set_read_timeout(Some(limit));
    let mut octets = Vec::new();
    match stream.read_to_end(&mut octets) {
        Ok(_) => String::from_utf8_lossy(&octets).into_owned(),
        Err(e) => format!("{e}"),
    }
}

/// Sends one character at a time, without an end.
fn trickle(stream: &TcpStream) -> Fallible<()> {
    let mut stream = stream.try_clone()?;
    thread::spawn(move || {
        let start = Instant::now();
        while start.elapsed() < PATIENCE * 2 && stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(500));
        }
    });
    Ok(())
}

pub fn slow_clients(binary: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &[])?;
    let cases = [
        ("an idle connection", "", false, "closed"),
        ("half a head", HALF_A_HEAD, false, "closed"),
        ("half a head, and a character now and then", HALF_A_HEAD, true, "closed"),
        ("half a body", HALF_A_BODY, false, "408 JSON invalid_request"),
        ("half a form", HALF_A_FORM, false, "408 page"),
        (
            "half a body, and a character now and then",
            HALF_A_BODY,
            true,
            "408 JSON invalid_request",
        ),
    ];
    let outcomes = in_parallel(cases.len(), |number| {
        let (_, text, slowly, _) = cases[number];
        let mut stream = send(&server, text)?;
        if slowly {
            trickle(&stream)?;
        }
        let start = Instant::now();
        let response = read_to_end(&mut stream, PATIENCE);
        let outcome = if response.is_empty() {
            "closed"
        } else if response.starts_with("HTTP/1.1 408 ") && response.contains("\"error\":\"invalid_request\"") {
            "408 JSON invalid_request"
        } else if response.starts_with("HTTP/1.1 408 ") && response.contains("<h1>") {
            "408 page"
        } else {
            return Ok((start.elapsed(), response));
        };
        Ok((start.elapsed(), outcome.to_owned()))
    })?;
    for ((case, _, _, expected), (elapsed, outcome)) in cases.iter().zip(outcomes) {
        let in_time = elapsed > Duration::from_secs(2) && elapsed < PATIENCE;
        let outcome = format!("{outcome}, after 2 to 9 seconds: {in_time}");
        report.check(
            &format!("slow client, {case}"),
            outcome,
            &format!("{expected}, after 2 to 9 seconds: true"),
        );
    }
    Ok(())
}

/// More connections than the server has files for, or than it accepts: those that have waited longest make room.
pub fn idle_connections(binary: &str, report: &mut Report) -> Fallible<()> {
    for (connections, files, case, text) in [
        (100, 64, "idle", ""),
        (100, 64, "half a head", HALF_A_HEAD),
        (100, 64, "half a body", HALF_A_BODY),
        (600, 1024, "idle", ""),
    ] {
        let folder = Folder::create()?;
        let flags = ["--database", &folder.file("codes.sqlite")?];
        let server = Server::start_with_files(binary, files, &flags)?;
        let start = Instant::now();
        let held: Vec<TcpStream> = (0..connections).map(|_| send(&server, text)).collect::<Fallible<_>>()?;
        // One after the other, then several at once. They are done before the first of the others is too slow.
        let one = log_in_many(&server, 1, 10, 10)?;
        let several = log_in_many(&server, 16, 200, 10)?;
        let in_time = start.elapsed() < Duration::from_secs(5);
        drop(held);
        report.check(
            &format!("{connections} connections, {case}, with {files} files, and 210 logins"),
            format_args!("{} lost, within 5 seconds: {in_time}", one.lost + several.lost),
            "0 lost, within 5 seconds: true",
        );
    }
    Ok(())
}

pub fn stop(binary: &str, report: &mut Report) -> Fallible<()> {
    let mut server = Server::start(binary, &[])?;
    let outcome = stopped(&mut server, Duration::from_secs(1))?;
    report.check("Ctrl-C", outcome, "exit code 0 within 1 second");

    let mut server = Server::start(binary, &[])?;
    let _slow = [send(&server, HALF_A_HEAD)?, send(&server, HALF_A_BODY)?];
    thread::sleep(Duration::from_millis(200));
    let outcome = stopped(&mut server, Duration::from_secs(5))?;
    report.check(
        "Ctrl-C, with half a head and half a body",
        outcome,
        "exit code 0 within 5 seconds",
    );

    let mut server = Server::start(binary, &[])?;
    let _slow = [send(&server, HALF_A_HEAD)?, send(&server, HALF_A_BODY)?];
    thread::sleep(Duration::from_millis(200));
    server.interrupt()?;
    thread::sleep(Duration::from_millis(200));
    let outcome = stopped(&mut server, Duration::from_secs(1))?;
    report.check("Ctrl-C twice, with the same", outcome, "exit code 130 within 1 second");

    let mut server = Server::start(binary, &[])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let code = client.code(&verifier.challenge(CodeChallengeMethod::S256).authorization_params())?;
    let form = format!(
        "grant_type=authorization_code&client_id={}&redirect_uri={}&code={code}&code_verifier={}",
        interop::CLIENT,
        interop::REDIRECT_URI,
        verifier.expose_secret()
    );
    let (first, second) = form.split_at(50);
    let mut stream = send(
        &server,
        &format!(
            "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{first}",
            form.len()
        ),
    )?;
    thread::sleep(Duration::from_millis(200));
    server.interrupt()?;
    thread::sleep(Duration::from_millis(500));
    stream.write_all(second.as_bytes())?;
    let response = read_to_end(&mut stream, PATIENCE);
    let token = response.starts_with("HTTP/1.1 200 ") && response.contains("\"access_token\"");
    let ended = server.wait(Duration::from_secs(5))?.and_then(|s| s.code());
    report.check(
        "Ctrl-C during a token request",
        format_args!("token: {token}, exit code {ended:?}"),
        "token: true, exit code Some(0)",
    );
    Ok(())
}

fn stopped(server: &mut Server, limit: Duration) -> Fallible<String> {
    server.interrupt()?;
    let seconds = limit.as_secs();
    let unit = if seconds == 1 { "second" } else { "seconds" };
    Ok(match server.wait(limit)?.and_then(|status| status.code()) {
        Some(code) => format!("exit code {code} within {seconds} {unit}"),
        None => format!("not within {seconds} {unit}"),
    })
}
