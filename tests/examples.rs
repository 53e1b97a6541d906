//! Runs the two examples as programs, and checks their output and exit codes.
//!
//! `generate` needs the feature `getrandom`. Miri cannot start a process.

#![cfg(all(feature = "getrandom", not(miri)))]

use std::collections::HashMap;
use std::env::consts::EXE_SUFFIX;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Returns the path of an example, `target/<profile>/examples/<name>`. This test is in `target/<profile>/deps`.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let path = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(format!("{name}.rs"));
    let changed = |file: &Path| file.metadata().and_then(|data| data.modified());
    // An example left over from an earlier build must not be tested instead.
    let is_built = changed(&path).is_ok_and(|built| changed(&source).unwrap() <= built);
    assert!(
        is_built,
        "{} is missing or outdated: run `cargo test`, or `cargo build --examples` first",
        path.display()
    );
    path
}

fn start(name: &str, arguments: &[&str]) -> Child {
    Command::new(program(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(name: &str, arguments: &[&str], stdin: &[u8]) -> Run {
    let mut child = start(name, arguments);
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|threads| {
        // On its own thread, so that a full pipe does not block both sides. Fails if the program has already exited.
        threads.spawn(move || input.write_all(stdin));
        child.wait_with_output().unwrap()
    });
    let run = Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

/// Returns whether `text` contains six consecutive bytes of `secret`.
fn shows_a_part_of(text: &str, secret: &str) -> bool {
    secret
        .as_bytes()
        .windows(6)
        .take(128)
        .any(|part| text.as_bytes().windows(6).any(|seen| seen == part))
}

/// Returns the parameters of the authorization URL that `generate` prints, still percent-encoded.
fn authorization_parameters(stdout: &str) -> HashMap<&str, &str> {
    let start = stdout.find("https://server.example/authorize?").unwrap();
    let url = stdout[start..].lines().next().unwrap();
    let (_, query) = url.split_once('?').unwrap();
    let pairs: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let map: HashMap<_, _> = pairs.iter().copied().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter is repeated: {url}");
    map
}

/// Returns the fields of the `curl` command that `generate` prints, still percent-encoded.
fn token_fields(stdout: &str) -> HashMap<&str, &str> {
    let (_, form) = stdout
        .split_once("curl 'https://server.example/token' --data '")
        .unwrap();
    let (form, _) = form.split_once('\'').unwrap();
    form.split('&').map(|pair| pair.split_once('=').unwrap()).collect()
}

// generate

#[test]
fn generate_prints_the_exchange_for_a_given_verifier() {
    let run = run("generate", &[VERIFIER], b"");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stderr, "");

    let parameters = authorization_parameters(&run.stdout);
    assert_eq!(parameters["response_type"], "code");
    assert!(!parameters["client_id"].is_empty());
    assert_eq!(parameters["redirect_uri"], "https%3A%2F%2Fclient.example%2Fcallback");
    assert_eq!(parameters["code_challenge"], CHALLENGE);
    assert_eq!(parameters["code_challenge_method"], "S256");
    assert_eq!(parameters.len(), 6, "{parameters:?}");

    let fields = token_fields(&run.stdout);
    assert_eq!(fields["grant_type"], "authorization_code");
    assert!(!fields["code"].is_empty());
    assert_eq!(fields["redirect_uri"], parameters["redirect_uri"]);
    assert_eq!(fields["client_id"], parameters["client_id"]);
    assert_eq!(fields["code_verifier"], VERIFIER);
    assert_eq!(fields.len(), 5, "{fields:?}");

    assert!(run.stdout.contains("a real client never prints its verifier"));
    assert!(run.stdout.contains("authorization request  accepted"));
    assert!(run.stdout.contains("token request          verified"));
}

#[test]
fn generate_uses_a_new_verifier_and_a_new_state_each_time() {
    // Fails falsely with a probability below 2^-250.
    let mut values = Vec::new();
    for _ in 0..2 {
        let run = run("generate", &[], b"");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.contains("token request          verified"));
        let state = authorization_parameters(&run.stdout)["state"].to_owned();
        let verifier = token_fields(&run.stdout)["code_verifier"].to_owned();
        assert_eq!((state.len(), verifier.len()), (43, 43));
        values.extend([state, verifier]);
    }
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 4);
}

#[test]
fn generate_keeps_the_verifier_out_of_the_authorization_url() {
    let run = run("generate", &[], b"");
    let verifier = token_fields(&run.stdout)["code_verifier"];
    assert!(
        authorization_parameters(&run.stdout)
            .values()
            .all(|value| !shows_a_part_of(value, verifier))
    );
}

#[test]
fn generate_reads_standard_input_without_one_newline() {
    for newline in ["", "\n", "\r\n"] {
        let run = run("generate", &["-"], format!("{VERIFIER}{newline}").as_bytes());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(token_fields(&run.stdout)["code_verifier"], VERIFIER);
    }
    let run = run("generate", &["-"], format!("{VERIFIER}\n\n").as_bytes());
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("offset 43"), "{}", run.stderr);
}

#[test]
fn generate_accepts_every_symbol_and_a_leading_hyphen() {
    let verifier = format!("-._~{VERIFIER}");
    let run = run("generate", &[&verifier], b"");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(token_fields(&run.stdout)["code_verifier"], verifier);
}

#[test]
fn generate_refuses_a_wrong_length_without_printing_the_value() {
    let long = VERIFIER.repeat(3);
    for verifier in [&VERIFIER[..42], &long] {
        for (arguments, stdin) in [(vec![verifier], ""), (vec!["-"], verifier)] {
            let run = run("generate", &arguments, stdin.as_bytes());
            assert_eq!(run.code, Some(2));
            assert_eq!(run.stdout, "");
            assert!(
                run.stderr.contains(&format!("invalid length {}:", verifier.len())),
                "{}",
                run.stderr
            );
            assert!(!shows_a_part_of(&run.stderr, verifier), "{}", run.stderr);
        }
    }
    for (arguments, stdin) in [(["-"], ""), (["-"], "\n"), ([""], "")] {
        assert_eq!(run("generate", &arguments, stdin.as_bytes()).code, Some(2));
    }
}

#[test]
fn generate_refuses_a_bad_byte_and_names_its_offset_without_printing_the_value() {
    for bad in ["+", "/", "=", " ", "%", "é"] {
        let verifier = format!("{}{bad}{}", &VERIFIER[..37], &VERIFIER[37..]);
        for (arguments, stdin) in [(vec![verifier.as_str()], ""), (vec!["-"], verifier.as_str())] {
            let run = run("generate", &arguments, stdin.as_bytes());
            assert_eq!(run.code, Some(2));
            assert_eq!(run.stdout, "");
            assert!(run.stderr.contains("offset 37"), "{}", run.stderr);
            assert!(!shows_a_part_of(&run.stderr, &verifier), "{}", run.stderr);
        }
    }
}

#[test]
fn generate_refuses_input_that_is_not_text() {
    let run = run("generate", &["-"], &[0xff; 43]);
    assert_eq!(run.code, Some(2));
    assert_eq!(run.stdout, "");
}

#[test]
fn generate_refuses_endless_input() {
    let run = run("generate", &["-"], &vec![b'a'; 1 << 20]);
    assert_eq!(run.code, Some(2));
    assert_eq!(run.stdout, "");
}

#[test]
fn generate_refuses_other_arguments_without_printing_them() {
    let almost = format!("-{}", &VERIFIER[..41]);
    for arguments in [
        &["--frobnicate"][..],
        &["--"],
        &[&almost],
        &[VERIFIER, VERIFIER],
        &["-", "-"],
    ] {
        let run = run("generate", arguments, VERIFIER.as_bytes());
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("--help"), "{}", run.stderr);
        assert!(!shows_a_part_of(&run.stderr, VERIFIER), "{}", run.stderr);
        assert!(!run.stderr.contains("frobnicate"));
    }
}

#[test]
fn generate_prints_its_help() {
    for arguments in [["-h"], ["--help"]] {
        let run = run("generate", &arguments, b"");
        assert_eq!(run.code, Some(0));
        assert_eq!(run.stderr, "");
        for word in ["Usage: generate", "VERIFIER", "standard input", "Exit code"] {
            assert!(run.stdout.contains(word), "{}", run.stdout);
        }
    }
}

// verify

#[test]
fn verify_accepts_the_right_verifier() {
    for newline in ["", "\n", "\r\n"] {
        let run = run(
            "verify",
            &[CHALLENGE, "S256"],
            format!("{VERIFIER}{newline}").as_bytes(),
        );
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.starts_with("verified"), "{}", run.stdout);
        assert_eq!(run.stderr, "");
    }
}

/// Asserts that `verify` refuses at `endpoint` with `error`, and prints no part of the verifier.
fn assert_refused(arguments: &[&str], stdin: &[u8], endpoint: &str, error: &str) {
    let run = run("verify", arguments, stdin);
    assert_eq!(run.code, Some(1), "{arguments:?}: {}{}", run.stdout, run.stderr);
    let lines: Vec<_> = run.stdout.lines().collect();
    let [decision, code, description] = lines[..] else {
        panic!("{}", run.stdout)
    };
    assert_eq!(decision, format!("refused at the {endpoint} endpoint"), "{arguments:?}");
    assert_eq!(code, format!("error: {error}"), "{arguments:?}");
    assert!(
        description
            .strip_prefix("error_description: ")
            .is_some_and(|text| !text.is_empty()),
        "{description}"
    );
    assert!(
        !shows_a_part_of(&run.stdout, &String::from_utf8_lossy(stdin)),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn verify_refuses_another_verifier() {
    let mut other = VERIFIER.as_bytes().to_vec();
    for i in [0, 21, 42] {
        let right = other[i];
        other[i] = b'.';
        assert_refused(&[CHALLENGE, "S256"], &other, "token", "invalid_grant");
        other[i] = right;
    }
}

#[test]
fn verify_refuses_a_missing_verifier() {
    assert_refused(&[CHALLENGE, "S256"], b"", "token", "invalid_grant");
    assert_refused(&[CHALLENGE, "S256"], b"\n", "token", "invalid_grant");
}

#[test]
fn verify_refuses_a_malformed_verifier() {
    let newlines = format!("{VERIFIER}\n\n");
    let space = format!(" {VERIFIER}");
    let endless = vec![b'a'; 1 << 20];
    for stdin in [
        &VERIFIER.as_bytes()[..42],
        newlines.as_bytes(),
        space.as_bytes(),
        &[0xff; 43],
        &endless,
    ] {
        assert_refused(&[CHALLENGE, "S256"], stdin, "token", "invalid_request");
    }
}

#[test]
fn verify_refuses_a_malformed_challenge() {
    let padded = format!("{CHALLENGE}=");
    let not_canonical = format!("{}N", &CHALLENGE[..42]);
    let standard_alphabet = CHALLENGE.replace('-', "+");
    for challenge in [&CHALLENGE[..42], &padded, &not_canonical, &standard_alphabet] {
        assert_refused(
            &[challenge, "S256"],
            VERIFIER.as_bytes(),
            "authorization",
            "invalid_request",
        );
    }
}

#[test]
fn verify_refuses_an_unknown_method_and_a_missing_challenge() {
    for method in ["s256", "S512", "PLAIN", "S256 "] {
        assert_refused(
            &["--allow-plain", CHALLENGE, method],
            VERIFIER.as_bytes(),
            "authorization",
            "invalid_request",
        );
    }
    assert_refused(&["", "S256"], VERIFIER.as_bytes(), "authorization", "invalid_request");
    assert_refused(&["", ""], VERIFIER.as_bytes(), "authorization", "invalid_request");
}

#[test]
fn verify_refuses_plain_unless_it_is_allowed() {
    for method in ["plain", ""] {
        assert_refused(
            &[VERIFIER, method],
            VERIFIER.as_bytes(),
            "authorization",
            "invalid_request",
        );
        for arguments in [["--allow-plain", VERIFIER, method], [VERIFIER, method, "--allow-plain"]] {
            let run = run("verify", &arguments, VERIFIER.as_bytes());
            assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
            assert!(run.stdout.starts_with("verified"), "{}", run.stdout);
        }
    }
    // An S256 challenge is not a verifier for itself.
    assert_refused(
        &["--allow-plain", CHALLENGE, "S256"],
        CHALLENGE.as_bytes(),
        "token",
        "invalid_grant",
    );
    assert_refused(
        &["--allow-plain", CHALLENGE, "plain"],
        VERIFIER.as_bytes(),
        "token",
        "invalid_grant",
    );
}

#[test]
fn verify_accepts_a_challenge_with_a_leading_hyphen() {
    let challenge = format!("-{}", &CHALLENGE[1..]);
    assert_refused(&[&challenge, "S256"], VERIFIER.as_bytes(), "token", "invalid_grant");
}

#[test]
fn verify_requires_two_values() {
    let cases: [&[&str]; 5] = [
        &[],
        &[CHALLENGE],
        &[CHALLENGE, "S256", "S256"],
        &["--plain", CHALLENGE, "S256"],
        &["--allow-plain"],
    ];
    for arguments in cases {
        let run = run("verify", arguments, VERIFIER.as_bytes());
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("--help"), "{}", run.stderr);
    }
}

#[test]
fn verify_prints_its_help() {
    for arguments in [["-h"], ["--help"]] {
        let run = run("verify", &arguments, b"");
        assert_eq!(run.code, Some(0));
        assert_eq!(run.stderr, "");
        for word in [
            "Usage: verify",
            "CHALLENGE METHOD",
            "standard input",
            "--allow-plain",
            "Exit code",
        ] {
            assert!(run.stdout.contains(word), "{}", run.stdout);
        }
    }
}

// Both

/// Closes standard output before it is read. The exit code does not depend on which side is faster.
#[test]
fn a_closed_pipe_does_not_panic() {
    let cases: [(&str, &[&str], i32); 3] = [
        ("generate", &[VERIFIER], 0),
        ("verify", &[CHALLENGE, "S256"], 0),
        ("verify", &["short", "S256"], 1),
    ];
    for (name, arguments, code) in cases {
        let mut child = start(name, arguments);
        drop(child.stdout.take());
        let _ = child.stdin.take().unwrap().write_all(VERIFIER.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{name} {arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}
