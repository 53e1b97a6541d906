//! Published failures of other PKCE implementations, and four of this crate before its first release, one test per
//! class, lettered from a to r. Each test names the reports and fails if this crate has the same failure.
//!
//! Six classes cannot be seen by a test like these, or not wholly:
//!
//! | Class | What guards it |
//! |---|---|
//! | f, timing | `tests/promises/constant-time` and `tests/promises/trace` |
//! | m, in a server | `examples/authorization-server` and its test of repeated parameters |
//! | o, in formats other than JSON | `tests/formats` |
//! | p, registers | `tests/promises/residue`: glibc's `memcpy` left a secret in vector registers, and the next signal frame, or the lazily bound calls of the first panic, wrote it to the stack after the drop |
//! | q, what can be computed | `tests/promises/residue`, which searches for nothing: the hash left its message schedule in registers and frames, and the text follows from that |
//! | r, other builds | `tests/promises/matrix`: at another optimization level, in software and with a newer sha2, the hash left the text itself |

mod common;

use common::policy::POLICIES;
use common::{CHALLENGE, METHODS, STEP, VERIFIER, plain, s256, verifier, with_char};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, PkceOutcome, ServerPolicy, StoredChallengeError, TokenError,
};
use static_assertions::assert_not_impl_any;

/// Challenge stored, verifier missing or never checked: authentik CVE-2023-48228; Gitea CVE-2026-26247 (the method was
/// not stored, and an empty one returned true); OpenAM CVE-2026-123542; ory/hydra #1512.
#[test]
fn class_a_a_stored_challenge_is_always_checked() {
    for policy in POLICIES {
        for stored in [s256(), plain()] {
            for absent in [None, Some("")] {
                assert_eq!(
                    policy.check_token_request(Some(&stored), absent),
                    Err(TokenError::MissingVerifier)
                );
            }
            let wrong = policy.check_token_request(Some(&stored), Some(&"a".repeat(43)));
            assert!(
                matches!(wrong, Err(TokenError::Mismatch | TokenError::PlainNotAllowed)),
                "{policy:?} {wrong:?}"
            );
        }
    }
    // A method that is lost on the way to the database is an error: there is no challenge without a method.
    for lost in ["", "null", "None", "undefined"] {
        assert_eq!(lost.parse::<CodeChallengeMethod>(), Err(ParseMethodError));
    }
    assert_eq!(
        CodeChallenge::from_stored(Some(CHALLENGE), None),
        Err(StoredChallengeError::Incomplete)
    );
    assert_eq!(
        CodeChallenge::from_stored(Some(CHALLENGE), Some("")),
        Err(StoredChallengeError::Method(ParseMethodError))
    );
    assert_not_impl_any!(CodeChallengeMethod: Default, From<Option<CodeChallengeMethod>>, From<Option<&'static str>>);
    assert_not_impl_any!(CodeChallenge: Default, std::str::FromStr, TryFrom<&'static str>, TryFrom<String>);
}

/// Verifier presented, no challenge stored (downgrade): authentik CVE-2024-23647; Spring CVE-2024-22258; Cloudflare
/// workers-oauth-provider CVE-2025-4144; league/oauth2-server #1323; keycloak #26430; kanidm #1097; LemonLDAP::NG
/// CVE-2026-92289 (neither present, passes).
#[test]
fn class_b_a_verifier_without_a_stored_challenge_is_refused() {
    for policy in POLICIES {
        for verifier in [VERIFIER, CHALLENGE, "short", "\n", &"\u{e9}".repeat(100)] {
            assert_eq!(
                policy.check_token_request(None, Some(verifier)),
                Err(TokenError::UnexpectedVerifier)
            );
        }
        for absent in [None, Some("")] {
            assert_ne!(policy.check_token_request(None, absent), Ok(PkceOutcome::Verified));
        }
    }
    assert_eq!(
        ServerPolicy::new().check_token_request(None, None),
        Err(TokenError::MissingChallenge)
    );
}

/// Empty or half-present parameters: sentry PR 104418; authgate #221; tinyauth PR 766; serde #1880 (`flatten` turns
/// every error of an optional field into `None`, so a method may arrive without its challenge).
#[test]
fn class_c_empty_is_absent_and_half_a_pair_is_refused() {
    for policy in POLICIES {
        for challenge in [None, Some("")] {
            for method in ["S256", "plain", "other"] {
                let result = policy.check_authorization_request(challenge, Some(method));
                assert_eq!(result, Err(AuthorizationError::MethodWithoutChallenge));
            }
            assert_eq!(
                policy.check_authorization_request(challenge, Some("")),
                policy.check_authorization_request(None, None),
                "{policy:?}"
            );
        }
        assert_eq!(
            policy.check_authorization_request(Some(CHALLENGE), Some("")),
            policy.check_authorization_request(Some(CHALLENGE), None)
        );
        assert_eq!(
            policy.check_token_request(Some(&s256()), Some("")),
            Err(TokenError::MissingVerifier)
        );
        assert_eq!(
            policy.check_token_request(None, Some("")),
            policy.check_token_request(None, None)
        );
    }
    assert_eq!(
        ServerPolicy::new().check_authorization_request(Some(""), None),
        Err(AuthorizationError::MissingChallenge)
    );
}

/// Method missing, policy looks too early: ferriskey PR 1102; workers-oauth-provider #113.
#[test]
fn class_d_an_absent_method_is_plain_before_the_policy_looks() {
    for absent in [None, Some("")] {
        for policy in POLICIES {
            let result = policy.check_authorization_request(Some(CHALLENGE), absent);
            if policy.plain {
                assert_eq!(result.unwrap().unwrap().method(), CodeChallengeMethod::Plain);
            } else {
                assert_eq!(result, Err(AuthorizationError::MissingMethod));
            }
        }
    }
}

/// Unknown or mis-cased method falls through to plain: workers-oauth-provider commit 9adb3f4; better-auth PR 9645
/// (`s256`); sa-token-core 0.2.1 (serde writes `s256`).
#[test]
fn class_e_an_unknown_method_is_no_method() {
    for name in [
        "s256", "PLAIN", "Plain", "S256 ", " S256", "S256\n", "S-256", "SHA256", "RS256", "S512", "none", " ",
    ] {
        assert_eq!(name.parse::<CodeChallengeMethod>(), Err(ParseMethodError), "{name:?}");
        for policy in POLICIES {
            let result = policy.check_authorization_request(Some(CHALLENGE), Some(name));
            assert_eq!(result, Err(AuthorizationError::UnknownMethod), "{name:?}");
        }
    }
    for method in METHODS {
        // What is written can be read back, and is never `s256`.
        assert_eq!(method.to_string().parse(), Ok(method));
    }
}

/// Early-exit comparison: pocket-id PR 1047; tsidp PR 103; apache/cxf PR 3170; fastmcp PR 313 (only plain really
/// leaks); pkce-std 0.2.1.
///
/// A test cannot measure time. It tests what a comparison that does not stop early can get wrong: texts of another
/// length, a difference at any offset, and differences that cancel out. Verifiers have no `==`, so a user cannot write
/// the comparison that does stop early.
#[test]
fn class_f_the_whole_value_is_compared() {
    assert_not_impl_any!(CodeVerifier: PartialEq, PartialEq<str>, PartialEq<&'static str>, PartialEq<String>);
    assert_not_impl_any!(CodeChallenge: PartialEq<str>, PartialEq<&'static str>, PartialEq<String>, PartialOrd);
    let redeem = |stored: &CodeChallenge, text: &str| {
        ServerPolicy::new()
            .allow_plain()
            .check_token_request(Some(stored), Some(text))
    };
    for stored in [s256(), plain()] {
        for index in (0..VERIFIER.len()).step_by(STEP) {
            let other = char::from(VERIFIER.as_bytes()[index] ^ 1);
            let other = if other.is_ascii_alphanumeric() { other } else { '.' };
            let wrong = with_char(VERIFIER, index, other);
            assert_eq!(redeem(&stored, &wrong), Err(TokenError::Mismatch), "{wrong}");
            assert!(stored.verify(&verifier(&wrong)).is_err(), "{wrong}");
        }
        let reversed = VERIFIER.chars().rev().collect();
        for wrong in [format!("{VERIFIER}A"), VERIFIER.repeat(2), reversed] {
            assert_eq!(redeem(&stored, &wrong), Err(TokenError::Mismatch), "{wrong}");
        }
        assert_eq!(redeem(&stored, VERIFIER), Ok(()));
    }
    let plain = |text: &str| verifier(text).challenge(CodeChallengeMethod::Plain);
    // The stored value is longer, and the verifier a prefix of it.
    assert_eq!(redeem(&plain(&VERIFIER.repeat(2)), VERIFIER), Err(TokenError::Mismatch));
    // Two differences whose sum or exclusive or is zero.
    let [stored, swapped] = ["12", "21"].map(|start| format!("{start}{}", "x".repeat(41)));
    assert_eq!(redeem(&plain(&stored), &swapped), Err(TokenError::Mismatch));
}

/// Length or alphabet checked wrongly: node-oauth2-server CVE-2026-41213 (1 character accepted); coder PR 28003;
/// matrix-authentication-service PR 320 (43 for 128); Authlib 1.9.6 (`$` lets a trailing newline through); rauthy
/// (allows `+ / =`); nsflow #249 (a server that refuses `~`).
#[test]
fn class_g_length_and_alphabet_are_exact() {
    for len in [1, 42, 129] {
        assert_eq!(
            parse_error(&"a".repeat(len)),
            Some(ParseVerifierError::InvalidLength { len })
        );
    }
    for len in [43, 128] {
        assert_eq!(parse_error(&"a".repeat(len)), None);
    }
    for symbol in ["\n", "+", "/", "=", " ", "%", "\u{e9}"] {
        assert_eq!(
            parse_error(&format!("{VERIFIER}{symbol}")),
            Some(ParseVerifierError::InvalidByte { index: 43 })
        );
    }
    for symbol in ["-", ".", "_", "~"] {
        let verifier = symbol.repeat(43);
        assert_eq!(parse_error(&verifier), None);
        let stored = common::verifier(&verifier).challenge(CodeChallengeMethod::S256);
        assert_eq!(
            ServerPolicy::new().check_token_request(Some(&stored), Some(&verifier)),
            Ok(())
        );
    }
    // Generated verifiers avoid `.` and `~`, which some servers refuse.
    for octet in (0..=255).step_by(STEP) {
        let octets: [u8; 96] = std::array::from_fn(|at| octet ^ at as u8);
        let verifier = CodeVerifier::from_random_bytes(&octets);
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(verifier.expose_secret().bytes().all(is_base64url), "{octet}");
    }
}

/// Encoding of the challenge: keycloak #15739 and oauth2client #674 (padding); Eventra PR 18234 (hex); IdentityServer4
/// #4284 (double hash).
#[test]
fn class_h_a_challenge_is_43_canonical_base64url_characters() {
    // RFC 7636 Appendix B: one hash, not two, in base64url, not in hexadecimal, without padding.
    assert_eq!(s256().as_str(), CHALLENGE);
    let padded = format!("{CHALLENGE}=");
    let hex = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
    let hashed_twice = verifier(CHALLENGE).challenge(CodeChallengeMethod::S256);
    let parse = |text: &str| CodeChallenge::parse(text, CodeChallengeMethod::S256);
    let method = CodeChallengeMethod::S256;
    assert_eq!(
        parse(&padded),
        Err(ParseChallengeError::InvalidLength { len: 44, method })
    );
    assert_eq!(parse(hex), Err(ParseChallengeError::InvalidLength { len: 64, method }));
    assert_eq!(parse(&hex[..43]), Err(ParseChallengeError::NonCanonical));
    assert!(hashed_twice.verify(&verifier(VERIFIER)).is_err());
    // Four texts decode to the same digest. Only one of them is the challenge.
    let last = ["M", "N", "O", "P"].map(|last| parse(&format!("{}{last}", &CHALLENGE[..42])));
    let refused = || Err(ParseChallengeError::NonCanonical);
    assert_eq!(last, [Ok(s256()), refused(), refused(), refused()]);
}

/// Weak randomness: Argo CD CVE-2022-31034 (time-seeded); msal-js #1501 (modulo bias); clients that send a 36-character
/// UUID.
#[test]
fn class_i_a_verifier_is_32_octets_and_loses_none_of_their_bits() {
    assert_eq!(
        parse_error("7fa8d6b0-8f3a-4c4e-9d1b-0e0c5a3f2b11"),
        Some(ParseVerifierError::InvalidLength { len: 36 })
    );
    // No bias: every bit of the octets changes the text, and nothing else does.
    let verifier = |octets: &[u8; 32]| CodeVerifier::from_random_bytes(octets).expose_secret().to_owned();
    let zero = verifier(&[0; 32]);
    let mut seen = std::collections::HashSet::from([zero.clone()]);
    for bit in (0..256).step_by(STEP) {
        let mut octets = [0; 32];
        octets[bit / 8] = 0x80 >> (bit % 8);
        let text = verifier(&octets);
        assert_eq!(text.len(), 43);
        let changed: Vec<usize> = (0..43)
            .filter(|&at| text.as_bytes()[at] != zero.as_bytes()[at])
            .collect();
        assert_eq!(changed, [bit / 6], "each character holds six bits");
        seen.insert(text);
    }
    assert_eq!(seen.len(), 1 + 256_usize.div_ceil(STEP));
    #[cfg(feature = "getrandom")]
    {
        // Several threads generate at the same moment, which a generator seeded with the time would repeat. The
        // probability that two of 400 values of 256 bits are equal is below 2^-238.
        let draw = || {
            (0..100)
                .map(|_| CodeVerifier::generate().unwrap().expose_secret().to_owned())
                .collect::<Vec<_>>()
        };
        let drawn: Vec<String> = std::thread::scope(|scope| {
            let threads = [0; 4].map(|_| scope.spawn(draw));
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let distinct = std::collections::HashSet::<&String>::from_iter(&drawn);
        assert_eq!((drawn.len(), distinct.len()), (400, 400));
    }
}

/// Weak randomness, failing generator: an error, never a fallback (Argo CD CVE-2022-31034 fell back to the time).
#[test]
fn class_i_a_failing_generator_is_an_error() {
    let outcome = CodeVerifier::try_generate_with(|_| Err(std::fmt::Error));
    assert_eq!(outcome.err(), Some(std::fmt::Error));
}

/// Secret printed or leaked: OpenClaw CVE-2026-34511 (verifier used as state); bounty-challenge #8825
/// (`derive(Debug)`); pkce-std 0.2.1 (Debug and Display print it); Authlib (logs it).
#[test]
fn class_j_a_secret_is_not_printed() {
    let secrets = [VERIFIER, "XQZJ.XQZJ~XQZJ_XQZJ-XQZJ.XQZJ~XQZJ_XQZJ-XQZ"];
    // The same text for different secrets, so it contains no part of either, in any notation.
    let [a, b] = secrets.map(|secret| {
        let verifier = CodeVerifier::parse(secret).unwrap();
        let challenge = verifier.challenge(CodeChallengeMethod::Plain);
        let wrong = CodeVerifier::parse(&"a".repeat(43)).unwrap();
        let refused = challenge.verify(&wrong).unwrap_err();
        let too_long = CodeVerifier::parse(&secret.repeat(3)).unwrap_err();
        let at_token = ServerPolicy::new().check_token_request(Some(&s256()), Some(&format!("{secret}=")));
        let at_token = at_token.unwrap_err();
        let first = format!("{verifier:?} {verifier:#?} {challenge:?} {challenge:#?} {refused:?} {refused}");
        format!("{first} {too_long:?} {too_long} {at_token:?} {at_token}")
    });
    assert_eq!(a, b);
    // No implicit conversion from a verifier to text that could become a `state` or a log line.
    assert_not_impl_any!(CodeVerifier: std::fmt::Display, AsRef<str>, AsRef<[u8]>, std::ops::Deref, Into<String>);
    assert_not_impl_any!(CodeChallenge: std::fmt::Display, AsRef<str>, AsRef<[u8]>, std::ops::Deref, Into<String>);
}

/// Verifier reused: yii2-authclient GHSA-rw54-6826-c8j5; tinyauth #420.
#[test]
fn class_k_a_verifier_cannot_be_copied_and_each_is_new() {
    assert_not_impl_any!(CodeVerifier: Clone, Copy, Default);
    #[cfg(feature = "getrandom")]
    {
        // Equal by chance with probability 2^-256.
        let [first, second] = [0; 2].map(|_| CodeVerifier::generate().unwrap());
        assert_ne!(first.expose_secret(), second.expose_secret());
    }
}

/// Oversized input: no published report. The length is checked before anything else, so such input costs nothing.
#[test]
fn class_l_oversized_input_is_refused_by_its_length() {
    let len = 1 << 20;
    for text in ["a".repeat(len), "\0".repeat(len), "\u{e9}".repeat(len / 2)] {
        let refused = ParseVerifierError::InvalidLength { len };
        assert_eq!(parse_error(&text), Some(refused));
        for method in METHODS {
            let refused = ParseChallengeError::InvalidLength { len, method };
            assert_eq!(CodeChallenge::parse(&text, method), Err(refused));
            let policy = ServerPolicy::new().allow_plain();
            let result = policy.check_authorization_request(Some(&text), Some(method.as_str()));
            assert_eq!(result, Err(AuthorizationError::Malformed(refused)));
        }
        let result = ServerPolicy::new().check_token_request(Some(&s256()), Some(&text));
        assert_eq!(result, Err(TokenError::Malformed(refused)));
        assert_eq!(text.parse::<CodeChallengeMethod>(), Err(ParseMethodError));
    }
}

/// Repeated parameters: oauthjs/node-oauth2-server #755; authlib PR 645.
///
/// The crate takes values, not requests: a server has to refuse a repeated parameter first (RFC 6749 section 3.2). A
/// framework that joins repeated values passes a malformed text, even if both values are right.
#[test]
fn class_m_joined_values_are_malformed() {
    // One value or none: not a list, and not a body to parse.
    type TokenRequest = fn(&ServerPolicy, Option<&CodeChallenge>, Option<&str>) -> Result<(), TokenError>;
    let check: TokenRequest = ServerPolicy::check_token_request;
    for separator in [",", " ", ", ", ";", "\0"] {
        let joined = [VERIFIER, VERIFIER].join(separator);
        let malformed = TokenError::Malformed(ParseVerifierError::InvalidByte { index: 43 });
        assert_eq!(
            check(&ServerPolicy::new(), Some(&s256()), Some(&joined)),
            Err(malformed)
        );
    }
}

/// Panic or server error on odd input: node-oauth2-server commit 2d0659f (unequal lengths throw); better-email-mcp
/// PR 375; oauth2 5.0 (length assertion).
#[test]
fn class_n_odd_input_never_panics() {
    let lengths = (0..200).step_by(STEP).map(|len| "a".repeat(len));
    let emoji = (1..70).step_by(STEP).map(|count| "\u{1f600}".repeat(count));
    let accents = (1..70)
        .step_by(STEP)
        .map(|count| format!("a{}", "\u{e9}".repeat(count)));
    let others = [
        "\0",
        "\n",
        "=",
        "\u{feff}",
        "{}",
        "[object Object]",
        "null",
        "%",
        "\u{10ffff}",
    ]
    .map(str::to_owned);
    let odd: Vec<String> = lengths.chain(emoji).chain(accents).chain(others).collect();
    let policy = ServerPolicy::new().allow_plain();
    let longest = CodeChallenge::parse(&"b".repeat(128), CodeChallengeMethod::Plain).unwrap();
    for text in &odd {
        let well_formed = (43..=128).contains(&text.len()) && text.is_ascii();
        assert_eq!(parse_error(text).is_none(), well_formed, "{text:?}");
        for stored in [s256(), plain(), longest.clone()] {
            let result = policy.check_token_request(Some(&stored), Some(text));
            let refused = match result {
                Err(TokenError::MissingVerifier) => text.is_empty(),
                Err(TokenError::Malformed(_)) => !well_formed && !text.is_empty(),
                Err(TokenError::Mismatch) => well_formed,
                _ => false,
            };
            assert!(refused, "{text:?} {result:?}");
        }
        assert_eq!(text.parse::<CodeChallengeMethod>(), Err(ParseMethodError));
        let result = policy.check_authorization_request(Some(text), Some("plain"));
        assert_eq!(result.is_ok(), well_formed, "{text:?}");
        let result = policy.check_authorization_request(Some(text), Some("S256"));
        // 43 times `a` is one bit off a digest.
        assert!(result.is_err(), "{text:?}");
        assert!(
            policy.check_authorization_request(Some(CHALLENGE), Some(text)).is_err() != text.is_empty(),
            "{text:?}"
        );
    }
}

/// An error text repeats the refused value: this crate before its first release, where serde_json's message for a string
/// in place of a challenge quoted it. A plain challenge is a verifier, and such a message ends up in a response or a
/// log.
#[cfg(feature = "serde")]
#[test]
fn class_o_no_error_of_serde_shows_the_input() {
    use serde::Deserialize;
    use serde_json::{Value, json};

    fn error<T: for<'de> Deserialize<'de>>(value: &Value) -> String {
        let from_str = serde_json::from_str::<T>(&value.to_string()).err().unwrap();
        let from_value = serde_json::from_value::<T>(value.clone()).err().unwrap();
        format!("{from_str} {from_str:?} {from_value} {from_value:?}")
    }

    for wrong in [
        json!(VERIFIER),
        json!([VERIFIER]),
        json!({VERIFIER: VERIFIER}),
        json!({"code_challenge": VERIFIER}),
        json!({"code_challenge": VERIFIER, "code_challenge_method": VERIFIER}),
        json!({"code_challenge": [VERIFIER], "code_challenge_method": "plain"}),
        json!({"code_challenge": format!("{VERIFIER}="), "code_challenge_method": "plain"}),
    ] {
        // A well-formed text is a verifier.
        let malformed = if wrong == VERIFIER {
            json!(format!("{VERIFIER}="))
        } else {
            wrong.clone()
        };
        let errors = [
            error::<CodeChallenge>(&wrong),
            error::<Option<CodeChallenge>>(&wrong),
            error::<CodeChallengeMethod>(&wrong),
            error::<CodeVerifier>(&malformed),
        ];
        let shown = VERIFIER.as_bytes().windows(6).any(|part| {
            let part = std::str::from_utf8(part).unwrap();
            errors.iter().any(|error| error.contains(part))
        });
        assert!(!shown, "a part of the verifier is shown");
    }
}

fn parse_error(text: &str) -> Option<ParseVerifierError> {
    CodeVerifier::parse(text).err()
}
