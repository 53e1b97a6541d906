//! Secrets as unlike each other as there are.

/// The number of secrets of each length.
pub const SECRETS: usize = 16;

const ALPHABET: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// Random octets, and octets whose base64url consists of the first and the last character of each range.
pub(crate) fn octets(secret: usize, to: &mut [u8]) {
    const SEXTETS: [u32; 9] = [0, 25, 26, 51, 52, 61, 62, 63, 32];
    match SEXTETS.get(secret) {
        Some(sextet) => {
            let group = (sextet << 18 | sextet << 12 | sextet << 6 | sextet).to_be_bytes();
            for (to, octet) in to.iter_mut().zip(group[1..].iter().cycle()) {
                *to = *octet;
            }
        }
        None => {
            let mut random = Random::new(secret);
            to.fill_with(|| random.next() as u8);
        }
    }
}

/// Well-formed verifiers of each range of characters and its ends, of two ranges in turn, of random characters, and of
/// one character but for the first or the last.
pub(crate) fn text(secret: usize, to: &mut [u8]) {
    match (secret, b"AZaz09-._~".get(secret)) {
        (_, Some(character)) => to.fill(*character),
        (10, _) => {
            to.fill(b'B');
            to.iter_mut().step_by(2).for_each(|byte| *byte = b'~');
        }
        (11, _) => {
            to.fill(b'B');
            to.iter_mut().take(1).for_each(|byte| *byte = b'~');
        }
        (12, _) => {
            to.fill(b'B');
            to.iter_mut().rev().take(1).for_each(|byte| *byte = b'C');
        }
        _ => {
            let mut random = Random::new(secret);
            to.fill_with(|| ALPHABET[random.next() as usize % ALPHABET.len()]);
        }
    }
}

/// The index at which a nearly right text of `len` characters is wrong: from the first to the last one.
pub(crate) const fn wrong_at(secret: usize, len: usize) -> usize {
    secret * (len - 1) / (SECRETS - 1)
}

/// xorshift32, which needs no wide multiplication.
struct Random(u32);

impl Random {
    const fn new(seed: usize) -> Self {
        Self((seed as u32).wrapping_mul(0x9e37_79b9) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 >> 8
    }
}
