//! Both sides of PKCE: a verifier from the generator, its challenge, and the server's decision.

#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use pkce_core::{CodeChallengeMethod, CodeVerifier, ServerPolicy};
use rand_core::{TryCryptoRng, TryRng};

struct Hardware;

impl TryRng for Hardware {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(image::word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(image::word()) << 32 | u64::from(image::word()))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(4) {
            let word = image::word().to_le_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, byte)| *to = byte);
        }
        Ok(())
    }
}

impl TryCryptoRng for Hardware {}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut Hardware);
    let challenge = verifier.challenge(black_box(CodeChallengeMethod::S256));
    black_box(challenge.as_str());
    let text = black_box(verifier.expose_secret());
    let _ = black_box(ServerPolicy::new().check_token_request(black_box(Some(&challenge)), Some(text)));
    image::stop()
}
