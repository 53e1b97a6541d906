use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use pkce_core::{CodeChallengeMethod, CodeVerifier};

use crate::{Client, Fallible, Outcome, Server};

/// How many logins there are at a time.
pub const IN_FLIGHT: usize = 64;

/// What became of some logins.
#[derive(Default)]
pub struct Tally {
    pub right_accepted: usize,
    pub wrong_refused: usize,
    pub wrong_accepted: usize,
    pub lost: usize,
    pub tokens: HashSet<String>,
    pub first_loss: Option<String>,
}

/// Runs the same work in several threads, each with its number, and collects the results.
pub fn in_parallel<T: Send>(threads: usize, work: impl Fn(usize) -> Fallible<T> + Sync) -> Fallible<Vec<T>> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..threads).map(|n| scope.spawn(move || work(n))).collect();
        threads
            .into_iter()
            .map(|t| t.join().map_err(|_| "a client panicked")?)
            .collect()
    })
}

/// Logs in `logins` times, with `in_flight` clients. One login in `wrong_every` sends a wrong verifier.
pub fn log_in_many(server: &Server, in_flight: usize, logins: usize, wrong_every: usize) -> Fallible<Tally> {
    let next = AtomicUsize::new(0);
    let logins = in_parallel(in_flight, |_| {
        let client = Client::discover(&server.issuer)?;
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= logins {
                return Ok(done);
            }
            let wrong = number.is_multiple_of(wrong_every);
            done.push((log_in(&client, wrong), wrong));
        }
    })?;
    let mut all = Tally::default();
    for (outcome, wrong) in logins.into_iter().flatten() {
        all.add(outcome, wrong);
    }
    if let Some(why) = &all.first_loss {
        eprintln!("the first login that was lost: {why}");
    }
    Ok(all)
}

/// The page, the decision, and the token request.
fn log_in(client: &Client, wrong: bool) -> Fallible<Outcome> {
    let verifier = CodeVerifier::generate()?;
    let code = client.code(&verifier.challenge(CodeChallengeMethod::S256).authorization_params())?;
    let sent = if wrong { CodeVerifier::generate()? } else { verifier };
    client.redeem(&code, &[sent.expose_secret()])
}

impl Tally {
    fn add(&mut self, outcome: Fallible<Outcome>, wrong: bool) {
        match (outcome, wrong) {
            (Ok(Ok(token)), false) => {
                self.right_accepted += 1;
                self.tokens.insert(token);
            }
            (Ok(Err(error)), true) if error == "invalid_grant" => self.wrong_refused += 1,
            (Ok(Ok(_)), true) => self.wrong_accepted += 1,
            (Ok(Err(why)), _) => self.lose(why),
            (Err(why), _) => self.lose(why.to_string()),
        }
    }

    fn lose(&mut self, why: String) {
        self.lost += 1;
        self.first_loss.get_or_insert(why);
    }
}
