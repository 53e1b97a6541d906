//! Slow and idle clients, and Ctrl-C.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use interop::{Client, Fallible, Report, Server, in_parallel, log_in_many, until};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

const HALF_A_HEAD: &str = "POST /token HTTP/1.1\r\nHost: localhost\r\n";
const HALF_A_BODY: &str = "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=authorization_code";
const HALF_A_FORM: &str = "POST /authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\r\ndecision=allow";

/// Longer than the server waits for a slow client, also where it hardly gets to run.
const PATIENCE: Duration = Duration::from_secs(60);

fn send(server: &Server, text: &str) -> Fallible<TcpStream> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.write_all(text.as_bytes())?;
    Ok(stream)
}

/// Reads until the server closes the connection, and returns what it sent if it did so in time. A server that closes a
/// connection with octets that it has not read resets it: to the client that is the same.
fn read_to_end(stream: &mut TcpStream, limit: Duration) -> String {
    let _ = stream.set_read_timeout(Some(limit));
    let mut octets = Vec::new();
    match stream.read_to_end(&mut octets).map_err(|e| (e.kind(), e)) {
        Ok(_) | Err((ErrorKind::ConnectionReset, _)) => String::from_utf8_lossy(&octets).into_owned(),
        Err((_, e)) => format!("{e}"),
    }
}

/// Sends one character at a time, without an end.
fn trickle(stream: &TcpStream) -> Fallible<()> {
    let mut stream = stream.try_clone()?;
    thread::spawn(move || {
        let start = Instant::now();
        while start.elapsed() < PATIENCE && stream.write_all(b"x").is_ok() {
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
        let start = Instant::now();
        let mut stream = send(&server, text)?;
        if slowly {
            trickle(&stream)?;
        }
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
        let patient = elapsed > Duration::from_secs(2);
        let outcome = format!("{outcome}, after 2 seconds or more: {patient}");
        report.check(
            &format!("slow client, {case}"),
            outcome,
            &format!("{expected}, after 2 seconds or more: true"),
        );
    }
    Ok(())
}

/// More connections than the server has files for, or than it accepts: idle and slow ones make room.
pub fn idle_connections(binary: &str, report: &mut Report) -> Fallible<()> {
    let cases = [
        (100, 64, "idle", ""),
        (100, 64, "half a body", HALF_A_BODY),
        (550, 1024, "idle", ""),
    ];
    let lost = in_parallel(cases.len(), |number| {
        let (connections, files, _, text) = cases[number];
        let limited = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        let server = Server::spawn(Command::new("sh").args(["-c", &limited, binary]).stderr(Stdio::null()))?;
        let _held: Vec<TcpStream> = (0..connections).map(|_| send(&server, text)).collect::<Fallible<_>>()?;
        Ok(log_in_many(&server, 16, 200, 10)?.lost)
    })?;
    for ((connections, files, case, _), lost) in cases.iter().zip(lost) {
        report.check(
            &format!("{connections} connections, {case}, with {files} files, and 200 logins"),
            format_args!("{lost} lost"),
            "0 lost",
        );
    }
    Ok(())
}

/// Sends the head of a token request and a part of its body. Returns when the server reads the body, as `100 Continue` says.
fn begin_request(server: &Server, form: &str, part: usize) -> Fallible<TcpStream> {
    let mut stream = send(
        server,
        &format!(
            "POST /token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            form.len()
        ),
    )?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        reader.read_line(line)?;
    }
    if lines != ["HTTP/1.1 100 Continue\r\n", "\r\n"] {
        return Err(format!("{lines:?} instead of 100 Continue").into());
    }
    stream.write_all(&form.as_bytes()[..part])?;
    Ok(stream)
}

/// Sends a signal, and waits until the server accepts no more connections.
fn begin_stop(server: &Server, signal: &str) -> Fallible<()> {
    server.signal(signal)?;
    until(|| Ok(TcpStream::connect(server.address()).is_err()))?;
    Ok(())
}

pub fn stop(binary: &str, report: &mut Report) -> Fallible<()> {
    for (name, signal) in [("Ctrl-C", "INT"), ("SIGTERM", "TERM")] {
        let mut server = Server::start(binary, &[])?;
        let start = Instant::now();
        server.signal(signal)?;
        let code = server.exit_code()?;
        let idle = start.elapsed();

        let mut server = Server::start(binary, &[])?;
        let _slow = (send(&server, HALF_A_HEAD)?, begin_request(&server, HALF_A_BODY, 20)?);
        let start = Instant::now();
        server.signal(signal)?;
        let slow_code = server.exit_code()?;
        let sooner = idle < start.elapsed();
        report.check(
            name,
            format_args!("exit code {code}, sooner than with slow clients: {sooner}"),
            "exit code 0, sooner than with slow clients: true",
        );
        report.check(
            &format!("{name}, with half a head and half a body"),
            format_args!("exit code {slow_code}"),
            "exit code 0",
        );

        let mut server = Server::start(binary, &[])?;
        let _slow = (send(&server, HALF_A_HEAD)?, begin_request(&server, HALF_A_BODY, 20)?);
        begin_stop(&server, signal)?;
        server.signal(signal)?;
        report.check(
            &format!("{name} twice, with the same"),
            format_args!("exit code {}", server.exit_code()?),
            "exit code 1",
        );

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
        let mut stream = begin_request(&server, &form, 50)?;
        begin_stop(&server, signal)?;
        stream.write_all(&form.as_bytes()[50..])?;
        let response = read_to_end(&mut stream, PATIENCE);
        let token = response.starts_with("HTTP/1.1 200 ") && response.contains("\"access_token\"");
        report.check(
            &format!("{name} during a token request"),
            format_args!("token: {token}, exit code {}", server.exit_code()?),
            "token: true, exit code 0",
        );
    }
    Ok(())
}
