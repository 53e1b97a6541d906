//! An allocator that hands out the same addresses after each `reset`.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

const SIZE: usize = 16 * 1024;
const ALIGNMENT: usize = 64;

#[repr(align(64))]
struct Memory(UnsafeCell<[u8; SIZE]>);

pub struct Arena {
    memory: Memory,
    used: AtomicUsize,
}

// SAFETY: the operations run on one thread.
unsafe impl Sync for Arena {}

impl Arena {
    pub const fn new() -> Self {
        Self {
            memory: Memory(UnsafeCell::new([0; SIZE])),
            used: AtomicUsize::new(0),
        }
    }

    /// Takes every block back.
    pub fn reset(&self) {
        self.used.store(0, Ordering::Relaxed);
    }

    /// Whether a block is one of this arena.
    pub fn contains(&self, block: *const u8) -> bool {
        block.addr().wrapping_sub(self.memory.0.get().addr()) < SIZE
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: the blocks are aligned, inside of the arena, and do not overlap.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.used.load(Ordering::Relaxed).next_multiple_of(layout.align());
        let end = start + layout.size();
        if end > SIZE || layout.align() > ALIGNMENT {
            return ptr::null_mut();
        }
        self.used.store(end, Ordering::Relaxed);
        // SAFETY: the offset is inside of the arena.
        unsafe { self.memory.0.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
