// The end of each `closed.rs`.

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The S256 challenge of an empty verifier.
const CHALLENGE_OF_EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/// What is not an S256 challenge.
const MALFORMED: [(&str, &str); 5] = [
    ("empty", ""),
    ("of 42 characters", "9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("with padding", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="),
    ("with a plus sign", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
    (
        "in hexadecimal",
        "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
    ),
];

/// What is not a verifier, although its length is right.
const OTHER_CHARACTERS: [(&str, &str); 4] = [
    ("with a space", "dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ("with a plus sign", "dBjftJeZ4CVP+mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    (
        "that ends in a newline",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n",
    ),
    ("that is not ASCII", "éééééééééééééééééééééé"),
];

/// The lengths next to those that a verifier can have, and 0 and 1.
const WRONG_LENGTHS: [usize; 4] = [0, 1, 42, 129];

fn report(name: &str, accepted: bool) {
    println!("{} {name}", if accepted { "accepted" } else { "refused" });
}
