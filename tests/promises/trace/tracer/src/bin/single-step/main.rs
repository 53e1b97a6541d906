//! Traces the operations on this processor, one instruction at a time: the addresses of the instructions, and of the
//! memory that they access.
//!
//! Unlike valgrind and the emulators, the processor has the SHA instructions and the wide vectors of servers.
//!
//! `single-step [LENGTH...]` tries the given lengths, or all of them.

mod accesses;
mod step;

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use accesses::Accesses;
use operations::arena::Arena;
use operations::{Case, Fixture, SECRETS, cases};
use step::Stepper;
use tracer::{Event, Trace};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator {
    arena: Arena::new(),
    in_arena: AtomicBool::new(false),
};

/// The blocks of the operations are at the same addresses for every secret.
struct Allocator {
    arena: Arena,
    in_arena: AtomicBool,
}

// SAFETY: both are allocators, and a block is given back to the one that it came from.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: promised by the caller.
        unsafe {
            if self.in_arena.load(Ordering::Relaxed) {
                self.arena.alloc(layout)
            } else {
                System.alloc(layout)
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: promised by the caller.
        unsafe {
            if self.arena.contains(block) {
                self.arena.dealloc(block, layout);
            } else {
                System.dealloc(block, layout);
            }
        }
    }
}

fn main() -> ExitCode {
    let lengths: Vec<usize> = env::args().skip(1).filter_map(|length| length.parse().ok()).collect();
    let mut tracer = Tracer::new();
    let (mut operations, mut controls, mut failed) = (0, 0, 0);
    for case in cases() {
        let result = case
            .lengths()
            .filter(|len| lengths.is_empty() || lengths.contains(len))
            .try_for_each(|len| tracer.compare(case, len));
        let failure = match result {
            Err(Failure::DifferentTraces(_)) if case.is_control() => None,
            Ok(()) if case.is_control() => Some("not seen".to_owned()),
            Ok(()) => None,
            Err(Failure::DifferentTraces(text) | Failure::Other(text)) => Some(text),
        };
        if let Some(text) = failure {
            println!("     {}: {text}", case.name);
            failed += 1;
        } else if case.is_control() {
            controls += 1;
        } else {
            operations += 1;
        }
    }
    let has_sha = is_x86_feature_detected!("sha");
    if has_sha != tracer.accesses.sha_instructions() {
        println!("     the SHA instructions of the processor were not traced");
        failed += 1;
    }
    println!(
        "{:<5}this processor, {} SHA instructions: {operations} operations, {} traces of {} events, {controls} controls seen",
        if failed == 0 { "ok" } else { "MISS" },
        if has_sha { "with" } else { "without" },
        tracer.traces,
        tracer.events,
    );
    println!("{} passed, {failed} failed", operations + controls);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

enum Failure {
    DifferentTraces(String),
    Other(String),
}

struct Tracer {
    stepper: Stepper,
    accesses: Accesses,
    fixture: Fixture,
    trace: Trace,
    traces: usize,
    events: usize,
}

impl Tracer {
    fn new() -> Self {
        Self {
            stepper: Stepper::new(),
            accesses: Accesses::default(),
            fixture: Fixture::new(),
            trace: Trace::new(),
            traces: 0,
            events: 0,
        }
    }

    /// Fails if the trace of any secret of a length differs from that of the first one.
    fn compare(&mut self, case: &Case, len: usize) -> Result<(), Failure> {
        // The first run of all looks for the features of the processor, and binds the functions of the C library.
        self.run(case, len, 0)?;
        for secret in 0..SECRETS {
            self.trace.start(secret == 0);
            self.run(case, len, secret)?;
            if let Some(after) = self.trace.stop() {
                let place = accesses::location(after);
                return Err(Failure::DifferentTraces(format!(
                    "length {len}, secrets 0 and {secret}: different traces after {place}"
                )));
            }
        }
        self.traces += SECRETS;
        self.events += SECRETS * self.trace.events();
        Ok(())
    }

    fn run(&mut self, case: &Case, len: usize, secret: usize) -> Result<(), Failure> {
        ALLOCATOR.in_arena.store(true, Ordering::Relaxed);
        ALLOCATOR.arena.reset();
        case.prepare(&mut self.fixture, len, secret);
        let (steps, as_expected) = self.stepper.run(|| (case.run)(&mut self.fixture));
        ALLOCATOR.in_arena.store(false, Ordering::Relaxed);
        for registers in steps {
            self.trace.record(Event::Execute(registers.instruction_pointer()));
            self.accesses
                .of(registers, |event| self.trace.record(event))
                .map_err(Failure::Other)?;
        }
        if as_expected {
            Ok(())
        } else {
            Err(Failure::Other(format!(
                "length {len}, secret {secret}: not the expected result"
            )))
        }
    }
}
