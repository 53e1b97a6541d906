//! Many clients at once.

use std::collections::HashSet;
use std::sync::Barrier;

use interop::{Client, Fallible, IN_FLIGHT, Report, Server, in_parallel, log_in_many, said};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

const LOGINS: usize = 10_000;
/// One login in so many sends a wrong verifier.
const WRONG_EVERY: usize = 10;
const RACERS: usize = 50;
const RACES: usize = 20;

pub fn load(server: &Server, report: &mut Report) -> Fallible<()> {
    let all = log_in_many(server, IN_FLIGHT, LOGINS, WRONG_EVERY)?;
    let counts = |right, wrong, wrongly, lost, tokens| {
        format!(
            "{right} accepted with the right verifier, {wrong} refused with a wrong one, \
             {wrongly} accepted wrongly, {lost} lost, {tokens} different tokens"
        )
    };
    let outcome = counts(
        all.right_accepted,
        all.wrong_refused,
        all.wrong_accepted,
        all.lost,
        all.tokens.len(),
    );
    let wrong = LOGINS / WRONG_EVERY;
    let expected = counts(LOGINS - wrong, wrong, 0, 0, LOGINS - wrong);
    report.check(&format!("{LOGINS} logins, {IN_FLIGHT} in flight"), &outcome, &expected);
    Ok(())
}

/// Each race is for a fresh code, over connections that are already open.
pub fn race(what: &str, server: &Server, report: &mut Report) -> Fallible<()> {
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let clients: Vec<Client> = (0..RACERS)
        .map(|_| Client::discover(&server.issuer))
        .collect::<Fallible<_>>()?;
    let mut outcomes = HashSet::new();
    for _ in 0..RACES {
        let code = clients[0].code(&challenge.authorization_params())?;
        let start = Barrier::new(RACERS);
        let answers = in_parallel(RACERS, |racer| {
            start.wait();
            clients[racer].redeem(&code, &[verifier.expose_secret()])
        })?;
        let accepted = answers.iter().filter(|a| a.is_ok()).count();
        let refused = answers.iter().filter(|a| said(a) == "invalid_grant").count();
        outcomes.insert(format!("{accepted} accepted, {refused} invalid_grant"));
    }
    let mut outcomes: Vec<String> = outcomes.into_iter().collect();
    outcomes.sort();
    let case = format!("{what}, redeemed by {RACERS} racing requests, {RACES} times");
    report.check(
        &case,
        outcomes.join("; "),
        &format!("1 accepted, {} invalid_grant", RACERS - 1),
    );
    Ok(())
}
