//! An allocator that counts. It runs during the measurements too, so it counts per thread: that costs less than a
//! nanosecond, where a shared counter would cost five.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::cases::Case;

thread_local! {
    // Constant and without a destructor, so that counting does not allocate.
    static BLOCKS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the rules of `alloc`, which are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// A reallocation counts too.
fn count() {
    BLOCKS.with(|blocks| blocks.set(blocks.get() + 1));
}

/// How many blocks one call asks the heap for.
pub fn per_call(case: &mut Case<'_>) -> usize {
    const CALLS: usize = 64;
    // The first call may set up a generator for the thread.
    case.run(1);
    let before = BLOCKS.get();
    case.run(CALLS);
    let blocks = BLOCKS.get() - before;
    assert_eq!(blocks % CALLS, 0, "{:?} does not always allocate alike", case.id);
    blocks / CALLS
}
