//! The decision tables of the flow guide, compared row by row with what the policies decide.

use pkce_core::{CodeChallenge, CodeChallengeMethod, PkceOutcome, ServerPolicy};

const GUIDE: &str = include_str!("../src/guides/flow.md");
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PADDED: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=";

/// Returns the rows of the table whose header starts with `first`, with empty cells filled from the left.
fn rows(first: &str) -> Vec<Vec<String>> {
    let table = GUIDE.lines().skip_while(|line| !line.starts_with(first)).skip(2);
    let table = table.take_while(|line| line.starts_with('|'));
    let rows = table.map(|line| {
        let mut row: Vec<String> = Vec::new();
        for cell in line.trim_matches('|').split('|') {
            let cell = cell.trim().replace('`', "");
            let left = row.last().cloned().unwrap_or_default();
            row.push(if cell.is_empty() { left } else { cell });
        }
        assert_eq!(row.len(), 5, "{line}");
        row
    });
    rows.collect()
}

/// Returns the name of an error's variant.
fn variant(error: impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}

fn authorization(challenge: Option<&str>, method: Option<&str>) -> [String; 3] {
    let name = |challenge: CodeChallenge| match challenge.method() {
        CodeChallengeMethod::S256 => "S256".to_owned(),
        CodeChallengeMethod::Plain => "plain".to_owned(),
    };
    let strict = |policy: ServerPolicy| {
        policy
            .check_authorization_request(challenge, method)
            .map_or_else(variant, name)
    };
    let lenient = ServerPolicy::new()
        .allow_non_pkce()
        .check_authorization_request(challenge, method)
        .map_or_else(variant, |stored| stored.map_or("no challenge".to_owned(), name));
    [
        strict(ServerPolicy::new()),
        strict(ServerPolicy::new().allow_plain()),
        lenient,
    ]
}

#[test]
fn the_authorization_table_states_what_the_policies_decide() {
    let table = rows("| `code_challenge` | `code_challenge_method` |");
    assert_eq!(table.len(), 9);
    for row in table {
        let challenges: &[_] = match (&*row[0], &*row[1]) {
            ("absent", _) => &[None, Some("")],
            ("any", _) => &[Some(CHALLENGE), Some(PADDED), Some("x")],
            ("43 canonical characters" | "43 to 128 unreserved characters", _) => &[Some(CHALLENGE)],
            ("any other value", _) => &[Some(PADDED), Some("x"), Some(&CHALLENGE[1..])],
            other => panic!("{other:?}"),
        };
        let methods: &[_] = match &*row[1] {
            "absent" => &[None, Some("")],
            "any" => &[Some("S256"), Some("plain"), Some("none")],
            "neither S256 nor plain" => &[Some("s256"), Some("PLAIN"), Some(" S256")],
            "S256" => &[Some("S256")],
            "plain" => &[Some("plain")],
            other => panic!("{other}"),
        };
        for challenge in challenges {
            for method in methods {
                assert_eq!(
                    authorization(*challenge, *method)[..],
                    row[2..],
                    "{challenge:?} {method:?}"
                );
            }
        }
    }
}

fn token(stored: Option<&CodeChallenge>, verifier: Option<&str>) -> [String; 3] {
    let strict = |policy: ServerPolicy| {
        policy
            .check_token_request(stored, verifier)
            .map_or_else(variant, |()| "verified".to_owned())
    };
    let lenient = match ServerPolicy::new()
        .allow_non_pkce()
        .check_token_request(stored, verifier)
    {
        Ok(PkceOutcome::Verified) => "verified".to_owned(),
        Ok(PkceOutcome::NotUsed) => "not used".to_owned(),
        Err(error) => variant(error),
    };
    [
        strict(ServerPolicy::new()),
        strict(ServerPolicy::new().allow_plain()),
        lenient,
    ]
}

#[test]
fn the_token_table_states_what_the_policies_decide() {
    let s256 = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap();
    let plain = CodeChallenge::parse(VERIFIER, CodeChallengeMethod::Plain).unwrap();
    let table = rows("| Stored challenge | `code_verifier` |");
    assert_eq!(table.len(), 9);
    for row in table {
        let stored: &[_] = match &*row[0] {
            "none" => &[None],
            "S256" => &[Some(&s256)],
            "plain" => &[Some(&plain)],
            "S256 or plain" => &[Some(&s256), Some(&plain)],
            other => panic!("{other}"),
        };
        let verifiers: &[_] = match &*row[1] {
            "absent" => &[None, Some("")],
            "any" => &[Some(VERIFIER), Some(PADDED), Some("x")],
            "right" => &[Some(VERIFIER)],
            "wrong" => &[Some(CHALLENGE)],
            "malformed" => &[Some(PADDED), Some("x"), Some(&VERIFIER[1..])],
            other => panic!("{other}"),
        };
        for stored in stored {
            for verifier in verifiers {
                assert_eq!(token(*stored, *verifier)[..], row[2..], "{verifier:?}");
            }
        }
    }
}
