//! Runs the two examples as programs. `generate` needs the feature `getrandom`. Miri cannot start a process.

#![cfg(all(feature = "getrandom", not(miri)))]

mod common;

use std::env::consts::EXE_SUFFIX;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{CHALLENGE, VERIFIER};

/// Runs `target/<profile>/examples/<name>`, and returns its exit code and output. This test is in
/// `target/<profile>/deps`. No output contains six characters in a row of the verifier, unless `generate` succeeds.
fn run(name: &str, arguments: &[&str], stdin: &str) -> (Option<i32>, String) {
    let test = std::env::current_exe().unwrap();
    let path = test
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join(format!("{name}{EXE_SUFFIX}"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(format!("{name}.rs"));
    let changed = |file: &Path| file.metadata().and_then(|data| data.modified());
    // An example left over from an earlier build must not be tested instead.
    let is_built = changed(&path).is_ok_and(|built| changed(&source).unwrap() <= built);
    assert!(
        is_built,
        "{name} is missing or outdated: run `cargo build --examples` first"
    );

    let mut child = Command::new(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Fails if the program does not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    if name == "verify" || !output.status.success() {
        let shown = VERIFIER
            .as_bytes()
            .windows(6)
            .any(|part| text.as_bytes().windows(6).any(|seen| seen == part));
        assert!(!shown, "{text}");
    }
    (output.status.code(), text)
}

#[test]
fn generate_prints_the_exchange() {
    for (arguments, stdin) in [([VERIFIER], ""), (["-"], VERIFIER), (["-"], &format!("{VERIFIER}\n"))] {
        let (code, text) = run("generate", &arguments, stdin);
        assert_eq!(code, Some(0), "{text}");
        assert!(
            text.contains(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256\n")),
            "{text}"
        );
        assert!(text.contains(&format!("&code_verifier={VERIFIER}'\n")), "{text}");
        assert!(text.contains("token request          verified"), "{text}");
    }
    // A new verifier and a new state each time: equal by chance with a probability below 2^-250.
    let [first, second] = [0; 2].map(|_| run("generate", &[], ""));
    assert_eq!((first.0, second.0), (Some(0), Some(0)));
    assert_ne!(first.1, second.1);
}

#[test]
fn generate_refuses_other_arguments() {
    let padded = format!("{VERIFIER}=");
    for (arguments, stdin, reason) in [
        (&[&VERIFIER[1..]][..], "", "invalid length 42:"),
        (&["-"], padded.as_str(), "invalid byte at offset 43:"),
        (&["--frobnicate"], "", "--help"),
        (&[VERIFIER, VERIFIER], "", "--help"),
    ] {
        let (code, text) = run("generate", arguments, stdin);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn verify_prints_the_decision() {
    for (arguments, stdin, code, decision) in [
        (&[CHALLENGE, "S256"][..], VERIFIER, 0, "verified"),
        (&["--allow-plain", VERIFIER, ""], VERIFIER, 0, "verified"),
        (
            &[CHALLENGE, "S256"],
            CHALLENGE,
            1,
            "refused at the token endpoint\nerror: invalid_grant\n",
        ),
        (
            &[CHALLENGE, "S256"],
            "",
            1,
            "refused at the token endpoint\nerror: invalid_grant\n",
        ),
        (
            &[CHALLENGE, "S256"],
            &VERIFIER[1..],
            1,
            "refused at the token endpoint\nerror: invalid_request\n",
        ),
        (
            &[CHALLENGE, "plain"],
            VERIFIER,
            1,
            "refused at the authorization endpoint\nerror: invalid_request\n",
        ),
        (&[CHALLENGE], VERIFIER, 2, "verify: expected CHALLENGE and METHOD"),
    ] {
        let (result, text) = run("verify", arguments, stdin);
        assert_eq!(result, Some(code), "{text}");
        assert!(text.starts_with(decision), "{text}");
    }
}

#[test]
fn both_print_their_help() {
    for name in ["generate", "verify"] {
        let (code, text) = run(name, &["--help"], "");
        assert_eq!(code, Some(0));
        assert!(text.contains(&format!("Usage: {name}")), "{text}");
    }
}
