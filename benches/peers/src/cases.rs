//! What is measured. Every input and every result passes through `black_box`; a value that a call makes is dropped, and
//! so wiped and freed, within its time.

use std::hint::black_box;

use chacha20::ChaCha12Rng;
use mas_iana::oauth::PkceCodeChallengeMethod;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use oauth2_types::pkce::CodeChallengeMethodExt;
use pkce_core::CodeChallengeMethod::S256;
use pkce_core::{CodeChallenge, CodeVerifier, ServerPolicy, TokenError};
use pkce_std::Count;
use rand_core::{Rng, SeedableRng};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const POLICY: ServerPolicy = ServerPolicy::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// One compression: the unit of the table of crates.
    Compress,
    /// The limit of all that hashes a secret and leaves nothing of it: so many blocks, and a public one.
    WipedHash(usize),
    /// `Sha256::digest` of 43 characters.
    Digest,
    /// The system's generator fills 32 octets.
    OsFill,
    /// ChaCha12 fills 32 octets.
    ChaChaFill,
    /// The server's check of so many characters against a stored challenge.
    Token(usize),
    ParseAndToken,
    Challenge,
    GenerateAndChallenge,
    FromRng,
    FromRngAndChallenge,
    PkceNew,
    PkceChallenge,
    PkceVerify,
    PkceStdNew,
    PkceStdChallenge,
    PkceStdVerify,
    Oauth2New,
    Oauth2Challenge,
    Oauth2Verify,
    Oauth2TypesChallenge,
    Oauth2TypesVerify,
}

/// A line of the table of crates.
pub struct Line {
    pub operation: &'static str,
    pub by: &'static str,
    pub call: &'static str,
    pub id: Id,
}

const NEW: &str = "generate and challenge";
const CHALLENGE_OF: &str = "challenge, 43 characters";
const VERIFY: &str = "verify, 43 characters";
const LIMIT: &str = "limit";

#[rustfmt::skip] // A table.
pub const LINES: &[Line] = &[
    Line { operation: LIMIT, by: "sha2", call: "`compress256`, 1 block", id: Id::Compress },
    Line { operation: LIMIT, by: "sha2", call: "`Sha256::digest`, 43 characters", id: Id::Digest },
    Line { operation: LIMIT, by: "sha2", call: "wiped hash: 1 block, and a public one", id: Id::WipedHash(1) },
    Line { operation: LIMIT, by: "getrandom", call: "`fill`, 32 octets from the system", id: Id::OsFill },
    Line { operation: LIMIT, by: "chacha20", call: "ChaCha12, 32 octets", id: Id::ChaChaFill },
    Line { operation: NEW, by: "**pkce-core**", call: "`generate`, `challenge` (from the system)", id: Id::GenerateAndChallenge },
    Line { operation: NEW, by: "**pkce-core**", call: "`generate_from_rng`, `challenge` (ChaCha12)", id: Id::FromRngAndChallenge },
    Line { operation: NEW, by: "pkce", call: "`code_verifier(43)`, `code_challenge`", id: Id::PkceNew },
    Line { operation: NEW, by: "pkce-std", call: "`Code::generate_encode` of 32 octets", id: Id::PkceStdNew },
    Line { operation: NEW, by: "oauth2", call: "`new_random_sha256`", id: Id::Oauth2New },
    Line { operation: CHALLENGE_OF, by: "**pkce-core**", call: "`challenge`", id: Id::Challenge },
    Line { operation: CHALLENGE_OF, by: "pkce", call: "`code_challenge`", id: Id::PkceChallenge },
    Line { operation: CHALLENGE_OF, by: "pkce-std", call: "`challenge`", id: Id::PkceStdChallenge },
    Line { operation: CHALLENGE_OF, by: "oauth2", call: "`from_code_verifier_sha256`", id: Id::Oauth2Challenge },
    Line { operation: CHALLENGE_OF, by: "oauth2-types", call: "`compute_challenge`", id: Id::Oauth2TypesChallenge },
    Line { operation: VERIFY, by: "**pkce-core**", call: "`check_token_request`", id: Id::Token(43) },
    Line { operation: VERIFY, by: "**pkce-core**", call: "`from_stored`, `check_token_request`", id: Id::ParseAndToken },
    Line { operation: VERIFY, by: "pkce", call: "`code_challenge`, `==`", id: Id::PkceVerify },
    Line { operation: VERIFY, by: "pkce-std", call: "`borrowed`, `verify`", id: Id::PkceStdVerify },
    Line { operation: VERIFY, by: "oauth2", call: "`from_code_verifier_sha256`, `==`", id: Id::Oauth2Verify },
    Line { operation: VERIFY, by: "oauth2-types", call: "`verify`", id: Id::Oauth2TypesVerify },
];

pub struct Case<'a> {
    pub id: Id,
    batch: Box<dyn FnMut(usize) + 'a>,
}

impl Case<'_> {
    pub fn run(&mut self, calls: usize) {
        (self.batch)(calls);
    }
}

/// The loop is inside the closure, so that the call through the box counts once for a whole batch. The result passes
/// through `black_box` by reference: by value it would be copied.
fn case<'a, T>(id: Id, mut call: impl FnMut() -> T + 'a) -> Case<'a> {
    let batch = Box::new(move |calls| {
        for _ in 0..calls {
            black_box(&call());
        }
    });
    Case { id, batch }
}

/// A verifier's text, and what the server has stored for it.
struct Pair {
    text: String,
    stored: CodeChallenge,
}

impl Pair {
    fn of(text: String) -> Self {
        let stored = CodeVerifier::parse(&text).expect("it is well formed").challenge(S256);
        Self { text, stored }
    }

    fn verify(&self) -> Result<(), TokenError> {
        POLICY.check_token_request(black_box(Some(&self.stored)), black_box(Some(&self.text)))
    }
}

pub struct Inputs {
    /// Of 43 characters: RFC 7636's own pair.
    short: Pair,
    /// Of 128 characters.
    long: Pair,
    verifier: CodeVerifier,
    pkce_std_challenge: pkce_std::Challenge,
    oauth2_verifier: PkceCodeVerifier,
    blocks: [[u8; 64]; 3],
}

impl Inputs {
    pub fn new() -> Self {
        Self {
            short: Pair::of(VERIFIER.to_owned()),
            long: Pair::of(VERIFIER.repeat(3)[..CodeVerifier::MAX_LEN].to_owned()),
            verifier: CodeVerifier::parse(VERIFIER).expect("it is well formed"),
            pkce_std_challenge: pkce_std::Verifier::borrowed(VERIFIER)
                .expect("it is well formed")
                .challenge(),
            oauth2_verifier: PkceCodeVerifier::new(VERIFIER.to_owned()),
            blocks: [block(VERIFIER), [0xa5; 64], [0xa5; 64]],
        }
    }

    /// That what is measured is right, and that a wrong verifier is refused: outside the measurement.
    pub fn check(&self) {
        let wrong = VERIFIER.replace('d', "e");
        for pair in [&self.short, &self.long] {
            assert_eq!(pair.verify(), Ok(()));
            assert_eq!(
                POLICY.check_token_request(Some(&pair.stored), Some(&wrong)),
                Err(TokenError::Mismatch)
            );
        }
        // The one block is the whole of what a digest of 43 characters needs.
        assert_eq!(
            self.compress(1).map(u32::to_be_bytes).as_flattened(),
            &Sha256::digest(VERIFIER)[..]
        );
        assert_eq!(self.verifier.challenge(S256).as_str(), CHALLENGE);
        assert_eq!(pkce::code_challenge(VERIFIER.as_bytes()), CHALLENGE);
        assert_eq!(self.pkce_std_challenge.secret(), CHALLENGE);
        assert!(self.pkce_std_verify(VERIFIER) && !self.pkce_std_verify(&wrong));
        assert!(
            self.oauth2_verify(&self.oauth2_verifier) && !self.oauth2_verify(&PkceCodeVerifier::new(wrong.clone()))
        );
        assert!(oauth2_types_verify(VERIFIER) && !oauth2_types_verify(&wrong));
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        assert_eq!(pkce::code_challenge(verifier.secret().as_bytes()), challenge.as_str());
        // All of them make verifiers of the same length.
        assert_eq!(verifier.secret().len(), 43);
        assert_eq!(pkce_std::Code::generate_encode(Count::MIN).into_parts().0.len(), 43);
        assert_eq!(pkce::code_verifier(43).len(), 43);
        assert_eq!(CodeVerifier::generate_from_rng(&mut rng()).expose_secret().len(), 43);
    }

    /// The bare limit: the compression function from SHA-256's initial state on.
    fn compress(&self, blocks: usize) -> [u32; 8] {
        let mut state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        compress256(&mut state, black_box(&self.blocks[..blocks]));
        state
    }

    /// The same, with a public block last.
    fn wiped_hash(&self, blocks: usize) -> [u32; 8] {
        let state = self.compress(blocks);
        compress256(black_box(&mut [0; 8]), black_box(&[[0; 64]]));
        state
    }

    fn parse_and_token(&self) -> Result<(), TokenError> {
        let stored = CodeChallenge::from_stored(black_box(Some(CHALLENGE)), black_box(Some("S256")));
        let stored = stored.expect("it is well formed");
        POLICY.check_token_request(stored.as_ref(), black_box(Some(&self.short.text)))
    }

    fn pkce_std_verify(&self, text: &str) -> bool {
        pkce_std::Verifier::borrowed(black_box(text)).is_ok_and(|it| it.verify(black_box(&self.pkce_std_challenge)))
    }

    fn oauth2_verify(&self, verifier: &PkceCodeVerifier) -> bool {
        PkceCodeChallenge::from_code_verifier_sha256(black_box(verifier)).as_str() == black_box(CHALLENGE)
    }
}

/// A short text as SHA-256 pads it.
fn block(text: &str) -> [u8; 64] {
    let mut block = [0; 64];
    block[..text.len()].copy_from_slice(text.as_bytes());
    block[text.len()] = 0x80;
    block[56..].copy_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    block
}

/// The challenge of a fresh verifier, which is wiped and freed as its client's would be.
fn challenge_of(verifier: CodeVerifier) -> CodeChallenge {
    black_box(&verifier).challenge(S256)
}

fn oauth2_types_verify(text: &str) -> bool {
    black_box(PkceCodeChallengeMethod::S256)
        .verify(black_box(CHALLENGE), black_box(text))
        .is_ok()
}

fn rng() -> ChaCha12Rng {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system has a generator");
    ChaCha12Rng::from_seed(seed)
}

fn os_fill() -> [u8; 32] {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets).expect("the system has a generator");
    octets
}

pub fn all(inputs: &Inputs) -> Vec<Case<'_>> {
    let mut cases = limits(inputs);
    cases.extend(ours(inputs));
    cases.extend(peers(inputs));
    cases
}

fn limits(inputs: &Inputs) -> Vec<Case<'_>> {
    let mut rng = rng();
    vec![
        case(Id::Compress, || inputs.compress(1)),
        case(Id::WipedHash(1), || inputs.wiped_hash(1)),
        case(Id::WipedHash(3), || inputs.wiped_hash(3)),
        case(Id::Digest, || Sha256::digest(black_box(&inputs.short.text))),
        case(Id::OsFill, os_fill),
        case(Id::ChaChaFill, move || {
            let mut octets = [0; 32];
            rng.fill_bytes(&mut octets);
            octets
        }),
    ]
}

fn ours(inputs: &Inputs) -> Vec<Case<'_>> {
    let (mut one, mut other) = (rng(), rng());
    vec![
        case(Id::Token(43), || inputs.short.verify()),
        case(Id::Token(128), || inputs.long.verify()),
        case(Id::ParseAndToken, || inputs.parse_and_token()),
        case(Id::Challenge, || black_box(&inputs.verifier).challenge(S256)),
        case(Id::GenerateAndChallenge, || CodeVerifier::generate().map(challenge_of)),
        case(Id::FromRng, move || CodeVerifier::generate_from_rng(&mut one)),
        case(Id::FromRngAndChallenge, move || {
            challenge_of(CodeVerifier::generate_from_rng(&mut other))
        }),
    ]
}

fn peers(inputs: &Inputs) -> Vec<Case<'_>> {
    let pkce_std_verifier = pkce_std::Verifier::borrowed(VERIFIER).expect("it is well formed");
    vec![
        case(Id::PkceNew, || {
            let verifier = pkce::code_verifier(black_box(43));
            pkce::code_challenge(black_box(&verifier))
        }),
        case(Id::PkceChallenge, || {
            pkce::code_challenge(black_box(VERIFIER.as_bytes()))
        }),
        case(Id::PkceVerify, || {
            pkce::code_challenge(black_box(VERIFIER.as_bytes())) == black_box(CHALLENGE)
        }),
        case(Id::PkceStdNew, || {
            pkce_std::Code::generate_encode(black_box(Count::MIN))
        }),
        case(Id::PkceStdChallenge, move || black_box(&pkce_std_verifier).challenge()),
        case(Id::PkceStdVerify, || inputs.pkce_std_verify(VERIFIER)),
        case(Id::Oauth2New, PkceCodeChallenge::new_random_sha256),
        case(Id::Oauth2Challenge, || {
            PkceCodeChallenge::from_code_verifier_sha256(black_box(&inputs.oauth2_verifier))
        }),
        case(Id::Oauth2Verify, || inputs.oauth2_verify(&inputs.oauth2_verifier)),
        case(Id::Oauth2TypesChallenge, || {
            black_box(PkceCodeChallengeMethod::S256)
                .compute_challenge(black_box(VERIFIER))
                .is_ok()
        }),
        case(Id::Oauth2TypesVerify, || oauth2_types_verify(VERIFIER)),
    ]
}
