//! The crate's own client side: good and bad requests.

use interop::{Client, Fallible, Report, Server};
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

    for (case, verifiers, expected) in [
        ("right verifier", vec![right], "accepted"),
        ("wrong verifier", vec![another.expose_secret()], no_code),
        ("challenge sent as verifier", vec![challenge.as_str()], no_code),
        ("missing verifier", vec![], no_code),
        ("empty verifier", vec![""], no_code),
        ("verifier of 42 characters", vec![&right[..42]], bad),
        ("verifier of 129 characters", vec![&long], bad),
        ("verifier with +", vec![&plus], bad),
        ("verifier with a newline", vec![&newline], bad),
        ("verifier with \u{e9}", vec![&accent], bad),
        ("repeated verifier", vec![right, right], bad),
        ("repeated verifier, one empty", vec![right, ""], bad),
    ] {
        let code = client.code(&s256)?;
        report.check(case, &client.redeem(&code, &verifiers)?, expected);
    }

    let code = client.code(&s256)?;
    let twice = [client.redeem(&code, &[right])?, client.redeem(&code, &[right])?];
    report.check(
        "a code, twice",
        format!("{}, {}", twice[0], twice[1]),
        "accepted, invalid_grant",
    );
    let code = client.code(&s256)?;
    let again = [
        client.redeem(&code, &[another.expose_secret()])?,
        client.redeem(&code, &[right])?,
    ];
    report.check(
        "a wrong verifier, then the right",
        format!("{}, {}", again[0], again[1]),
        "invalid_grant, invalid_grant",
    );

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
        report.check(case, &client.authorize(&pkce)?, "invalid_request");
    }
    Ok(())
}

pub fn plain_allowed(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let plain = verifier.challenge(CodeChallengeMethod::Plain);
    for (case, pkce) in [
        ("--allow-plain, method plain", &plain.authorization_params()[..]),
        ("--allow-plain, no method", &plain.authorization_params()[..1]),
    ] {
        for (which, sent, expected) in [
            ("right", vec![verifier.expose_secret()], "accepted"),
            ("wrong", vec![another.expose_secret()], "invalid_grant"),
            ("missing", vec![], "invalid_grant"),
        ] {
            let answer = client.redeem(&client.code(pkce)?, &sent)?;
            report.check(&format!("{case}, {which} verifier"), &answer, expected);
        }
    }
    let s256 = verifier.challenge(CodeChallengeMethod::S256);
    let answer = client.redeem(&client.code(&s256.authorization_params())?, &[s256.as_str()])?;
    report.check(
        "--allow-plain, S256 challenge sent as verifier",
        &answer,
        "invalid_grant",
    );
    let lower = [s256.authorization_params()[0], ("code_challenge_method", "s256")];
    report.check(
        "--allow-plain, method s256",
        &client.authorize(&lower)?,
        "invalid_request",
    );
    Ok(())
}

/// The policy is that of the registered client: another one must still use PKCE.
pub fn pkce_optional(binary: &str, report: &mut Report) -> Fallible<()> {
    let registration = "example-client=http://127.0.0.1/callback";
    let flag = "--client-without-pkce";
    let other = ["--client", registration, flag, "other-client=http://127.0.0.1/callback"];
    let server = Server::start(binary, &other)?;
    let answer = Client::discover(&server.issuer)?.authorize(&[])?;
    report.check(
        "--client-without-pkce for another client, no PKCE",
        &answer,
        "invalid_request",
    );

    let server = Server::start(binary, &[flag, registration])?;
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let s256 = verifier.challenge(CodeChallengeMethod::S256);
    let (pkce, right) = (s256.authorization_params(), verifier.expose_secret());
    for (case, pkce, verifiers, expected) in [
        ("no PKCE", vec![], vec![], "accepted"),
        ("verifier without challenge", vec![], vec![right], "invalid_request"),
        ("right verifier", pkce.to_vec(), vec![right], "accepted"),
        ("missing verifier", pkce.to_vec(), vec![], "invalid_grant"),
        ("empty verifier", pkce.to_vec(), vec![""], "invalid_grant"),
    ] {
        let answer = client.redeem(&client.code(&pkce)?, &verifiers)?;
        report.check(&format!("--client-without-pkce, {case}"), &answer, expected);
    }
    let answer = client.authorize(&[("code_challenge_method", "S256")])?;
    report.check("--client-without-pkce, method only", &answer, "invalid_request");
    Ok(())
}
