//! Searches the memory of this process for a secret, without making a copy of it.

use std::ffi::c_void;
use std::fs;
use std::hint::black_box;
use std::ptr;

/// The shortest run of a secret's bytes that counts as residue.
const RUN: usize = 8;
/// The longest secret, which is what the bits of a `u128` can tell apart.
const MAX_LEN: usize = 128;
/// How much memory is asked about at once.
const PIECE: usize = 1 << 20;

/// Each byte of a secret is kept and compared under a mask of its own, so that the search leaves nothing to find.
const fn mask(index: usize) -> u8 {
    (index as u8).wrapping_mul(37) ^ 0xa5
}

/// A secret under its mask.
#[derive(Clone)]
pub struct Masked(Vec<u8>);

impl Masked {
    /// Masks a secret byte by byte.
    pub fn new(len: usize, byte: impl Fn(usize) -> u8) -> Self {
        assert!((RUN..=MAX_LEN).contains(&len));
        Self((0..len).map(|i| black_box(byte(black_box(i))) ^ mask(i)).collect())
    }

    /// The same secret as a big-endian hash function keeps it on a little-endian processor: every four bytes reversed.
    fn byte_swapped(&self) -> Self {
        let len = self.0.len() & !3;
        Self::new(len, |i| self.0[i ^ 3] ^ mask(i ^ 3))
    }

    fn matches(&self, index: usize, byte: u8) -> bool {
        self.0[index] == byte ^ mask(index)
    }
}

/// What is left of one secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The length of the secret.
    pub len: usize,
    /// How many of its bytes lie somewhere in a run of eight or more.
    pub bytes: usize,
    /// The same, for the secret with the bytes of each word reversed.
    pub swapped: usize,
    /// How many whole copies of it there are.
    pub copies: usize,
}

/// Searches every writable mapping, except for the buffer that it reads them into.
pub fn scan(secret: &Masked) -> Found {
    let byte_swapped = secret.byte_swapped();
    let (mut plain, mut swapped) = (Search::new(secret), Search::new(&byte_swapped));
    for_each_piece(secret.0.len() - 1, |memory| {
        plain.look_at(memory);
        swapped.look_at(memory);
    });
    Found {
        len: secret.0.len(),
        bytes: plain.covered.count_ones() as usize,
        swapped: swapped.covered.count_ones() as usize,
        copies: plain.copies,
    }
}

/// Shows all writable memory that has a page of its own, except for the buffer that it is copied into. Each piece repeats
/// the last `overlap` bytes of the one before.
fn for_each_piece(overlap: usize, mut look_at: impl FnMut(&[u8])) {
    // SAFETY: has no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux shows a process its mappings");
    let mut resident = vec![0; PIECE / page];
    // So large that an allocator gives it pages of its own, which can be left out.
    let mut buffer = vec![0; overlap + PIECE];
    let own = buffer.as_ptr() as usize;
    let is_own = |at: usize| own < at + page && at < own + overlap + PIECE;
    for (start, end) in maps.lines().filter_map(writable) {
        // How much of the piece before lies at the start of the buffer.
        let mut kept = 0;
        for piece in (start..end).step_by(PIECE) {
            let len = PIECE.min(end - piece);
            // SAFETY: there is a byte for each page.
            let error = unsafe { libc::mincore(piece as *mut c_void, len, resident.as_mut_ptr()) };
            for (at, resident) in (piece..piece + len).step_by(page).zip(&resident) {
                // Nobody has written to a page that is not there. What was mapped when `maps` was read may be gone.
                if error != 0 || resident & 1 == 0 || is_own(at) {
                    kept = 0;
                    continue;
                }
                // SAFETY: the page is mapped and readable, and the threads that may write to it wait.
                unsafe { ptr::copy_nonoverlapping(at as *const u8, buffer[kept..].as_mut_ptr(), page) };
                look_at(&buffer[..kept + page]);
                let next = overlap.min(kept + page);
                buffer.copy_within(kept + page - next..kept + page, 0);
                kept = next;
            }
        }
    }
    buffer.fill(0);
}

/// The addresses of a line of `/proc/self/maps`, if it is writable memory.
fn writable(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split(' ');
    let (start, end) = fields.next()?.split_once('-')?;
    if !fields.next()?.starts_with("rw") || line.ends_with("[vvar]") {
        return None;
    }
    Some((
        usize::from_str_radix(start, 16).ok()?,
        usize::from_str_radix(end, 16).ok()?,
    ))
}

struct Search<'a> {
    secret: &'a Masked,
    /// For each byte value, the offsets in the secret where it occurs, one bit each.
    offsets: Vec<u128>,
    covered: u128,
    copies: usize,
}

impl<'a> Search<'a> {
    fn new(secret: &'a Masked) -> Self {
        let mut offsets = vec![0; 256];
        for (i, masked) in secret.0.iter().enumerate() {
            offsets[usize::from(masked ^ mask(i))] |= 1 << i;
        }
        Self {
            secret,
            offsets,
            covered: 0,
            copies: 0,
        }
    }

    /// Looks at every eighth byte only: no run of eight lies between two of them.
    fn look_at(&mut self, memory: &[u8]) {
        let mut at = RUN - 1;
        while at < memory.len() {
            let mut offsets = self.offsets[usize::from(memory[at])];
            while offsets != 0 {
                self.extend(memory, at, offsets.trailing_zeros() as usize);
                offsets &= offsets - 1;
            }
            at += RUN;
        }
    }

    /// Notes the run around `memory[at]`, which is the byte of the secret at `offset`.
    fn extend(&mut self, memory: &[u8], at: usize, offset: usize) {
        let secret = self.secret;
        let mut before = 0;
        while before < offset.min(at) && secret.matches(offset - before - 1, memory[at - before - 1]) {
            before += 1;
        }
        let mut len = before + 1;
        let (first, first_at) = (offset - before, at - before);
        while first + len < secret.0.len()
            && first_at + len < memory.len()
            && secret.matches(first + len, memory[first_at + len])
        {
            len += 1;
        }
        if len >= RUN {
            self.covered |= (u128::MAX >> (MAX_LEN - len)) << first;
            // A longer run is met at every eighth byte, and counted at the first of them.
            self.copies += usize::from(before < RUN && len == secret.0.len());
        }
    }
}
