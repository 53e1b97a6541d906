//! The crate's own client side: good and bad requests.

use interop::{Client, Fallible, Outcome, Report, Server, said};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

pub fn requests(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    report.check("metadata lists S256", format_args!("{:?}", client.s256), "Listed");

    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let (s256, right) = (challenge.authorization_params(), verifier.expose_secret());
    let another = CodeVerifier::generate()?;
    let (no_code, bad) = ("invalid_grant", "invalid_request");
    let [long, plus] = ["a".repeat(129), format!("{}+", &right[..42])];
    let [newline, accent] = [format!("{right}\n"), format!("{right}\u{e9}")];

    // The first attempt of a client ends the code, unless a parameter is repeated.
    for (case, verifiers, expected, second) in [
        ("right verifier", vec![right], "accepted", no_code),
        ("wrong verifier", vec![another.expose_secret()], no_code, no_code),
        ("challenge sent as verifier", vec![challenge.as_str()], no_code, no_code),
        ("missing verifier", vec![], no_code, no_code),
        ("empty verifier", vec![""], no_code, no_code),
        ("verifier of 42 characters", vec![&right[..42]], bad, no_code),
        ("verifier of 129 characters", vec![&long], bad, no_code),
        ("verifier with +", vec![&plus], bad, no_code),
        ("verifier with a newline", vec![&newline], bad, no_code),
        ("verifier with \u{e9}", vec![&accent], bad, no_code),
        ("repeated verifier", vec![right, right], bad, "accepted"),
        ("repeated verifier, one empty", vec![right, ""], bad, "accepted"),
    ] {
        let code = client.code(&s256)?;
        let attempts = [client.redeem(&code, &verifiers)?, client.redeem(&code, &[right])?];
        let [first, then] = attempts.each_ref().map(said);
        report.check(
            &format!("{case}, then the right one"),
            format_args!("{first}, {then}"),
            &format!("{expected}, {second}"),
        );
    }

    let value = challenge.as_str();
    let (padded, spare_bits) = (format!("{value}="), format!("{}B", &value[..42]));
    let challenge = |value| ("code_challenge", value);
    let method = |value| ("code_challenge_method", value);
    let s256 = method("S256");
    for (case, pkce) in [
        ("method plain", vec![challenge(right), method("plain")]),
        ("method s256", vec![challenge(value), method("s256")]),
        ("no method", vec![challenge(value)]),
        ("empty method", vec![challenge(value), method("")]),
        ("no challenge, no method", vec![]),
        ("method only", vec![s256]),
        ("empty challenge", vec![challenge(""), s256]),
        ("challenge, padded", vec![challenge(&padded), s256]),
        ("challenge of 42 characters", vec![challenge(&value[..42]), s256]),
        ("challenge with spare bits set", vec![challenge(&spare_bits), s256]),
        ("repeated challenge", vec![challenge(value), challenge(value), s256]),
        ("repeated method", vec![challenge(value), s256, s256]),
    ] {
        report.check(case, said(&client.authorize(&pkce)?), "invalid_request");
    }
    Ok(())
}

pub fn plain_allowed(binary: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &["--allow-plain"])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let plain = verifier.challenge(CodeChallengeMethod::Plain);
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let (plain, s256) = (plain.authorization_params(), challenge.authorization_params());
    let (right, wrong) = (verifier.expose_secret(), another.expose_secret());
    let (no_code, bad) = ("invalid_grant", "invalid_request");
    for (case, pkce, verifiers, expected) in [
        ("right verifier", &plain[..], vec![right], "accepted"),
        ("wrong verifier", &plain, vec![wrong], no_code),
        ("missing verifier", &plain, vec![], no_code),
        ("no method", &plain[..1], vec![right], "accepted"),
        ("no method, wrong verifier", &plain[..1], vec![wrong], no_code),
        ("no method, missing verifier", &plain[..1], vec![], no_code),
        (
            "S256 challenge sent as verifier",
            &s256,
            vec![challenge.as_str()],
            no_code,
        ),
        (
            "method s256",
            &[s256[0], ("code_challenge_method", "s256")],
            vec![],
            bad,
        ),
    ] {
        let outcome = log_in(&client, pkce, &verifiers)?;
        report.check(&format!("--allow-plain, {case}"), said(&outcome), expected);
    }
    Ok(())
}

/// The policy is that of the registered client: another one must still use PKCE.
pub fn pkce_optional(binary: &str, report: &mut Report) -> Fallible<()> {
    let registration = "example-client=http://127.0.0.1/callback";
    let flag = "--client-without-pkce";
    let other = ["--client", registration, flag, "other-client=http://127.0.0.1/callback"];
    let server = Server::start(binary, &other)?;
    let outcome = Client::discover(&server.issuer)?.authorize(&[])?;
    let case = "--client-without-pkce for another client, no PKCE";
    report.check(case, said(&outcome), "invalid_request");

    let server = Server::start(binary, &[flag, registration])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let s256 = verifier.challenge(CodeChallengeMethod::S256);
    let (s256, right) = (s256.authorization_params(), verifier.expose_secret());
    let empty = ["code_challenge", "code_challenge_method"].map(|name| (name, ""));
    for (case, pkce, verifiers, expected) in [
        ("no PKCE", &[][..], vec![], "accepted"),
        ("empty parameters", &empty, vec![""], "accepted"),
        ("verifier without challenge", &[], vec![right], "invalid_request"),
        ("right verifier", &s256, vec![right], "accepted"),
        ("wrong verifier", &s256, vec![another.expose_secret()], "invalid_grant"),
        ("missing verifier", &s256, vec![], "invalid_grant"),
        ("empty verifier", &s256, vec![""], "invalid_grant"),
        ("method only", &s256[1..], vec![], "invalid_request"),
        (
            "method and an empty challenge",
            &[empty[0], s256[1]],
            vec![],
            "invalid_request",
        ),
    ] {
        let outcome = log_in(&client, pkce, &verifiers)?;
        report.check(&format!("--client-without-pkce, {case}"), said(&outcome), expected);
    }
    Ok(())
}

/// Returns the first error, or what the token endpoint says.
fn log_in(client: &Client, pkce: &[(&str, &str)], verifiers: &[&str]) -> Fallible<Outcome> {
    match client.authorize(pkce)? {
        Ok(code) => client.redeem(&code, verifiers),
        refused => Ok(refused),
    }
}
