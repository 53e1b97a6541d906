use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
#[cfg(feature = "timing-resistant-secret-traits")]
use sha2::{Digest, Sha256};
