//! The search for a secret in the memory of this process, without making a copy of it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// The shortest run of a secret's bytes that counts as residue.
const RUN: usize = 8;
/// Each byte of a secret is kept and compared under a mask of its own, so that the search leaves nothing to find.
const fn mask(index: usize) -> u8 {
    (index as u8).wrapping_mul(37) ^ 0xa5
}

/// A secret under its mask.
pub struct Masked(Vec<u8>);

impl Masked {
    /// Takes a secret byte by byte.
    pub fn new(len: usize, byte: impl Fn(usize) -> u8) -> Self {
        Self((0..len).map(|i| std::hint::black_box(byte(i)) ^ mask(i)).collect())
    }

    fn matches(&self, index: usize, byte: u8) -> bool {
        self.0.get(index).is_some_and(|masked| byte ^ mask(index) == *masked)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Places where the whole secret lies.
    pub copies: usize,
    /// Places where eight or more of its bytes in a row lie, whole copies included.
    pub runs: usize,
}

impl Found {
    pub fn plus(self, other: Self) -> Self {
        Self {
            copies: self.copies + other.copies,
            runs: self.runs + other.runs,
        }
    }
}

/// Searches every writable mapping, but for the buffer that it reads them into.
pub fn scan(secret: &Masked) -> Found {
    let memory = File::open("/proc/self/mem").expect("Linux shows a process its memory");
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux shows a process its mappings");
    let mut buffer = vec![0; 1 << 20];
    let own = buffer.as_ptr() as u64..buffer.as_ptr() as u64 + buffer.len() as u64;
    let mut found = Found::default();
    for (mut start, end) in maps.lines().filter_map(writable) {
        while start < end {
            if own.contains(&start) {
                start = own.end;
                continue;
            }
            let stop = if start < own.start { end.min(own.start) } else { end };
            let len = usize::try_from(stop - start).unwrap_or(usize::MAX).min(buffer.len());
            // A page may be mapped and not be readable: then nobody has written to it.
            let Ok(read) = memory.read_at(&mut buffer[..len], start) else {
                break;
            };
            if read == 0 {
                break;
            }
            found = found.plus(search(secret, &buffer[..read]));
            // The next read repeats the end of this one, so that nothing is cut in two.
            let overlap = if (read as u64) < stop - start {
                secret.0.len() as u64
            } else {
                0
            };
            start += read as u64 - overlap;
        }
    }
    buffer.fill(0);
    found
}

/// The address range of a line of `/proc/self/maps`, if it is writable.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(' ');
    let (start, end) = fields.next()?.split_once('-')?;
    if !fields.next()?.starts_with("rw") || line.ends_with("[vvar]") {
        return None;
    }
    Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
}

/// Counts the runs in `memory` that are as long as can be.
fn search(secret: &Masked, memory: &[u8]) -> Found {
    let mut found = Found::default();
    for (at, &byte) in memory.iter().enumerate() {
        // Most of the memory is zeros, and no secret here has any.
        if byte == 0 {
            continue;
        }
        for index in 0..secret.0.len() {
            if !secret.matches(index, byte) {
                continue;
            }
            let continues = index > 0 && at > 0 && secret.matches(index - 1, memory[at - 1]);
            if continues {
                continue;
            }
            let len = memory[at..]
                .iter()
                .zip(index..)
                .take_while(|&(&byte, index)| secret.matches(index, byte))
                .count();
            found.runs += usize::from(len >= RUN);
            found.copies += usize::from(len == secret.0.len());
        }
    }
    found
}
