//! The ratios that must hold on x86_64 with the SHA instructions, besides those of `every-length`.

use crate::cases::Id;
use crate::rounds::Times;

/// What, over what, at most.
struct Ratio {
    what: &'static str,
    over: &'static str,
    limit: f64,
    measured: fn(&Times) -> f64,
}

#[rustfmt::skip] // A table.
const RATIOS: &[Ratio] = &[
    Ratio { what: "`check_token_request`, 43 characters", over: "the wiped hash, 1 block", limit: 1.25, measured: |t| t.ratio(Id::Token(43), Id::WipedHash(1)) },
    Ratio { what: "`check_token_request`, 128 characters", over: "the wiped hash, 3 blocks", limit: 1.25, measured: |t| t.ratio(Id::Token(128), Id::WipedHash(3)) },
    Ratio { what: "`from_stored` and `check_token_request`, 43 characters", over: "the wiped hash, 1 block", limit: 1.65, measured: |t| t.ratio(Id::ParseAndToken, Id::WipedHash(1)) },
    Ratio { what: "`check_token_request`, 43 characters", over: "pkce-std's `borrowed` and `verify`", limit: 0.75, measured: |t| t.ratio(Id::Token(43), Id::PkceStdVerify) },
    Ratio { what: "`check_token_request`, 43 characters", over: "oauth2-types' `verify`", limit: 0.65, measured: |t| t.ratio(Id::Token(43), Id::Oauth2TypesVerify) },
    Ratio { what: "`challenge`, 43 characters", over: "the wiped hash, 1 block", limit: 1.4, measured: |t| t.ratio(Id::Challenge, Id::WipedHash(1)) },
    Ratio { what: "`generate` and `challenge`", over: "`getrandom::fill` of 32 octets", limit: 1.5, measured: |t| t.ratio(Id::GenerateAndChallenge, Id::OsFill) },
    Ratio { what: "`generate_from_rng`", over: "ChaCha12 filling 32 octets", limit: 3.1, measured: |t| t.ratio(Id::FromRng, Id::ChaChaFill) },
    Ratio { what: "`generate_from_rng` and `challenge`", over: "oauth2's `new_random_sha256`", limit: 0.6, measured: |t| t.ratio(Id::FromRngAndChallenge, Id::Oauth2New) },
];

/// Prints them, and says how many are above their limit.
pub fn print(times: &Times) -> usize {
    let mut missed = 0;
    println!("| what | over what | ratio | at most | holds |");
    println!("|---|---|---:|---:|---|");
    for ratio in RATIOS {
        let measured = (ratio.measured)(times);
        let holds = measured <= ratio.limit;
        missed += usize::from(!holds);
        let verdict = if holds { "yes" } else { "**no**" };
        println!(
            "| {} | {} | {measured:.2} | {:.2} | {verdict} |",
            ratio.what, ratio.over, ratio.limit
        );
    }
    missed
}
