//! Runs one case in a process of its own, and scans that process.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{hint, panic, thread};

use crate::scan::{Found, Masked, scan};

/// What happens to the process between the drop and the scan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Nothing,
    /// The kernel writes every register to the stack.
    Signal,
    /// The first one of the process: the dynamic linker binds what unwinding calls, and stores the vector registers.
    Panic,
}

impl Event {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Signal, Self::Panic];
}

/// A child process that runs a case.
pub struct Child {
    id: libc::pid_t,
    result: UnixStream,
}

impl Child {
    /// Forks. The parent has one thread, has never panicked, and has never had a secret: so the child begins as any
    /// program does.
    pub fn start(run: &dyn Fn(), secrets: &dyn Fn() -> Vec<Masked>, event: Event) -> io::Result<Self> {
        let (result, mut to_parent) = UnixStream::pair()?;
        // SAFETY: this process has one thread.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => observe(run, secrets, event, |found| {
                for found in found {
                    let numbers = [found.len, found.bytes, found.swapped, found.copies].map(|it| it as u32);
                    // If the parent is gone, nobody waits for it.
                    let _ = to_parent.write_all(numbers.map(u32::to_ne_bytes).as_flattened());
                }
            }),
            id => Ok(Self { id, result }),
        }
    }

    /// What was left of each secret; `None` if the process did not come to its end.
    pub fn wait(mut self) -> Option<Vec<Found>> {
        let (mut bytes, mut status) = (Vec::new(), 0);
        self.result.read_to_end(&mut bytes).ok()?;
        // SAFETY: `status` is a place to write to.
        let waited = unsafe { libc::waitpid(self.id, &raw mut status, 0) };
        if waited != self.id || status != 0 {
            return None;
        }
        let number = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_ne_bytes) as usize;
        let found = |bytes: &[u8]| Found {
            len: number(&bytes[..4]),
            bytes: number(&bytes[4..8]),
            swapped: number(&bytes[8..12]),
            copies: number(&bytes[12..]),
        };
        Some(bytes.chunks_exact(16).map(found).collect())
    }
}

static DONE: AtomicBool = AtomicBool::new(false);
static HANDLED: AtomicBool = AtomicBool::new(false);
static THREAD: AtomicUsize = AtomicUsize::new(0);

/// Runs a case on a thread that then leaves its stack alone, while this thread scans.
fn observe(run: &dyn Fn(), secrets: &dyn Fn() -> Vec<Masked>, event: Event, report: impl FnOnce(Vec<Found>)) -> ! {
    // The event of a panic is one that nobody reports. A hook that prints copies texts of its own through the registers.
    panic::set_hook(Box::new(|_| ()));
    handle_signal();
    struct Shared<'a>(&'a dyn Fn());
    // SAFETY: the other thread calls it while this one waits.
    unsafe impl Sync for Shared<'_> {}
    let run = Shared(run);
    thread::scope(|scope| {
        let case = thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, || {
            let run = &run;
            // SAFETY: has no preconditions.
            THREAD.store(unsafe { libc::pthread_self() } as usize, Ordering::SeqCst);
            (run.0)();
            if event == Event::Panic {
                assert!(panic::catch_unwind(|| panic!("planted")).is_err());
            }
            DONE.store(true, Ordering::SeqCst);
            while event == Event::Signal && !HANDLED.load(Ordering::SeqCst) {
                hint::spin_loop();
            }
            loop {
                // SAFETY: has no preconditions.
                unsafe { libc::pause() };
            }
        });
        case.expect("a thread can be started");
        wait_for(&DONE);
        if event == Event::Signal {
            // SAFETY: the thread spins.
            let error = unsafe { libc::pthread_kill(THREAD.load(Ordering::SeqCst) as libc::pthread_t, libc::SIGUSR1) };
            assert_eq!(error, 0);
            wait_for(&HANDLED);
        }
        report(secrets().iter().map(scan).collect());
        // SAFETY: ends the process without unwinding into the parent's half of the program.
        unsafe { libc::_exit(0) }
    })
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_micros(20));
    }
}

extern "C" fn on_signal(_: libc::c_int) {
    HANDLED.store(true, Ordering::SeqCst);
}

fn handle_signal() {
    // SAFETY: the handler stores to an atomic, and nothing else.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as usize;
        assert_eq!(
            libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()),
            0
        );
    }
}
