//! Runs a scenario in processes of its own, and reads their memory.

use std::ffi::c_void;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{mem, panic, slice, thread};

use zeroize::Zeroizing;

use crate::secret;

/// What happens to the process between the drop and the dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Nothing,
    /// The kernel writes every register to the stack.
    Signal,
    /// The first one of the process: the dynamic linker binds what unwinding calls, and stores the vector registers.
    Panic,
}

impl Event {
    /// Where a panic ends the process, nothing can be seen after it.
    pub const ALL: &[Self] = match cfg!(panic = "abort") {
        true => &[Self::Nothing, Self::Signal],
        false => &[Self::Nothing, Self::Signal, Self::Panic],
    };
}

/// A process after a scenario and an event, which sends its memory.
pub struct Process {
    id: libc::pid_t,
    from: UnixStream,
    maps: String,
    /// The address of the page at hand, [`END`] after the last one.
    pub address: usize,
    pub page: Vec<u8>,
}

pub const END: usize = usize::MAX;

/// Runs a scenario once for each of the secrets, two at a time.
///
/// Each is a fork of this process, which has one thread, has never panicked, and allocates nothing in between. So their
/// mappings have the same addresses, and they begin as any program does.
pub fn run<const N: usize>(scenario: &dyn Fn(), secrets: [u8; N], event: Event) -> io::Result<[Process; N]> {
    let mut processes: [Option<Process>; N] = [const { None }; N];
    for i in 0..N {
        // Behind a barrier, so that every number takes the same way through registers and frames.
        processes[i] = Some(Process::start(scenario, black_box(secrets[i]), event)?);
        if let Some(before) = i.checked_sub(1).and_then(|i| processes[i].as_mut()) {
            before.wait()?;
        }
    }
    processes
        .last_mut()
        .and_then(Option::as_mut)
        .map_or(Ok(()), Process::wait)?;
    let processes: Vec<_> = processes
        .into_iter()
        .flatten()
        .map(Process::read_header)
        .collect::<Result<_, _>>()?;
    processes.try_into().map_err(|_| io::Error::other("there are N"))
}

impl Process {
    fn start(scenario: &dyn Fn(), secret: u8, event: Event) -> io::Result<Self> {
        let (from, to_parent) = UnixStream::pair()?;
        // SAFETY: this process has one thread.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => observe(scenario, secret, event, to_parent),
            id => Ok(Self {
                id,
                from,
                maps: String::new(),
                address: 0,
                page: Vec::new(),
            }),
        }
    }

    /// Waits until the event is over.
    fn wait(&mut self) -> io::Result<()> {
        self.from.read_exact(&mut [0])
    }

    fn read_header(mut self) -> io::Result<Self> {
        let mut len = [0; size_of::<usize>()];
        self.from.read_exact(&mut len)?;
        let mut maps = vec![0; usize::from_ne_bytes(len)];
        self.from.read_exact(&mut maps)?;
        self.maps = String::from_utf8_lossy(&maps).into_owned();
        self.page = vec![0; page_size()];
        self.next_page()?;
        Ok(self)
    }

    /// An error if the process did not come to its end.
    pub fn next_page(&mut self) -> io::Result<()> {
        let mut address = [0; size_of::<usize>()];
        self.from.read_exact(&mut address)?;
        self.address = usize::from_ne_bytes(address);
        if self.address == END {
            Ok(())
        } else {
            self.from.read_exact(&mut self.page)
        }
    }

    /// The line of `/proc/self/maps` that has this address.
    pub fn mapping(&self, address: usize) -> &str {
        let has_it = |line: &&str| writable(line).is_some_and(|it| it.contains(&address));
        self.maps.lines().find(has_it).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it still has to say is of no interest.
        let _ = self.from.shutdown(Shutdown::Both);
        // SAFETY: the status is not asked for.
        unsafe { libc::waitpid(self.id, std::ptr::null_mut(), 0) };
    }
}

static DONE: AtomicBool = AtomicBool::new(false);
static HANDLED: AtomicBool = AtomicBool::new(false);
static THREAD: AtomicUsize = AtomicUsize::new(0);
static THREAD_ID: AtomicUsize = AtomicUsize::new(0);

/// Ends the process if the scenario panics: the parent then reports an error, instead of waiting for ever.
struct ExitOnUnwind;

impl Drop for ExitOnUnwind {
    fn drop(&mut self) {
        // SAFETY: ends the process without unwinding into the parent's half of the program.
        unsafe { libc::_exit(1) }
    }
}

/// Runs a scenario on a thread that then leaves its stack alone, while this thread reads the memory of both.
fn observe(scenario: &dyn Fn(), secret: u8, event: Event, to_parent: UnixStream) -> ! {
    // The event of a panic is one that nobody reports. A hook that prints copies texts of its own through the registers.
    panic::set_hook(Box::new(|_| ()));
    handle_signal();
    secret::choose(secret);
    struct Shared<'a>(&'a dyn Fn());
    // SAFETY: the other thread calls it while this one waits.
    unsafe impl Sync for Shared<'_> {}
    let scenario = Shared(scenario);
    thread::scope(|scope| {
        let spawned = thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, || {
            let scenario = &scenario;
            // SAFETY: has no preconditions.
            THREAD_ID.store(unsafe { libc::syscall(libc::SYS_gettid) } as usize, Ordering::SeqCst);
            // SAFETY: has no preconditions.
            THREAD.store(unsafe { libc::pthread_self() } as usize, Ordering::SeqCst);
            let unfinished = ExitOnUnwind;
            (scenario.0)();
            mem::forget(unfinished);
            if event == Event::Panic {
                assert!(panic::catch_unwind(|| panic!("planted")).is_err());
            }
            match event {
                Event::Signal => spin(),
                _ => DONE.store(true, Ordering::SeqCst),
            }
            loop {
                // SAFETY: has no preconditions.
                unsafe { libc::pause() };
            }
        });
        spawned.expect("a thread can be started");
        wait_for(&DONE);
        if event == Event::Signal {
            // SAFETY: the thread spins.
            let error = unsafe { libc::pthread_kill(THREAD.load(Ordering::SeqCst) as libc::pthread_t, libc::SIGUSR1) };
            assert_eq!(error, 0);
            wait_for(&HANDLED);
        }
        wait_until_asleep();
        // If the parent is gone, nobody waits for it.
        let _ = write_memory(to_parent);
        // SAFETY: ends the process without unwinding into the parent's half of the program.
        unsafe { libc::_exit(0) }
    })
}

/// Says that the scenario is done, and waits for the signal. In assembly, so that even in a debug build the signal finds the
/// stack and the registers as the scenario left them.
fn spin() {
    let (done, handled) = (DONE.as_ptr(), HANDLED.as_ptr());
    // SAFETY: writes to a byte and reads one, and writes to no register but the one that is named.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("mov byte ptr [{0}], 1", "2: cmp byte ptr [{1}], 0", "je 2b", in(reg) done, in(reg) handled);
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!(
            "strb {2:w}, [{0}]", "2: ldrb {3:w}, [{1}]", "cbz {3:w}, 2b",
            in(reg) done, in(reg) handled, in(reg) 1, out(reg) _
        );
        #[cfg(target_arch = "arm")]
        std::arch::asm!(
            "strb {2}, [{0}]", "2: ldrb {3}, [{1}]", "cmp {3}, #0", "beq 2b",
            in(reg) done, in(reg) handled, in(reg) 1, out(reg) _
        );
        #[cfg(target_arch = "riscv64")]
        std::arch::asm!(
            "sb {2}, 0({0})", "2: lbu {3}, 0({1})", "beqz {3}, 2b",
            in(reg) done, in(reg) handled, in(reg) 1, out(reg) _
        );
    }
}

/// Sleeps at least once, so that the stack of this thread does not depend on which of the two is faster.
fn wait_for(flag: &AtomicBool) {
    loop {
        // SAFETY: has no preconditions.
        unsafe { libc::usleep(20) };
        if flag.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// Waits until the other thread is in `pause`, and changes its stack no more.
fn wait_until_asleep() {
    // The number differs between processes: wiped, and in one piece from the start.
    let mut path = Zeroizing::new(String::with_capacity(64));
    let _ = std::fmt::Write::write_fmt(
        &mut *path,
        format_args!("/proc/self/task/{}/stat", THREAD_ID.load(Ordering::SeqCst)),
    );
    loop {
        let mut start = [0; 32];
        let read = File::open(path.as_str()).and_then(|mut file| file.read(&mut start));
        assert!(read.is_ok(), "Linux shows the state of a thread");
        if start.windows(3).any(|it| it == b") S") {
            return;
        }
        // SAFETY: has no preconditions.
        unsafe { libc::usleep(20) };
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

/// Writes all writable memory that has a page of its own.
fn write_memory(mut to: UnixStream) -> io::Result<()> {
    let mut maps = String::new();
    // Not `fs::read_to_string`, which asks for the size, and gets the time of day with it.
    File::open("/proc/self/maps")?
        .take(u64::MAX)
        .read_to_string(&mut maps)?;
    to.write_all(&[0])?;
    to.write_all(&maps.len().to_ne_bytes())?;
    to.write_all(maps.as_bytes())?;
    // Many pages at a time, because an allocator may have mapped a gigabyte of those that are not there.
    let mut resident = [0; 512];
    for range in maps.lines().filter_map(writable) {
        for start in range.clone().step_by(resident.len() * page_size()) {
            let pages = (start..range.end).step_by(page_size()).take(resident.len());
            resident.fill(0);
            if !in_memory(start, &mut resident[..pages.len()]) {
                // One of them was mapped when `maps` was read, and is gone.
                for (page, resident) in pages.clone().zip(resident.chunks_mut(1)) {
                    in_memory(page, resident);
                }
            }
            for (page, _) in pages.zip(resident).filter(|(_, resident)| resident & 1 == 1) {
                to.write_all(&page.to_ne_bytes())?;
                // SAFETY: the page is mapped and readable, and the thread that may write to it waits.
                to.write_all(unsafe { slice::from_raw_parts(page as *const u8, page_size()) })?;
            }
        }
    }
    to.write_all(&END.to_ne_bytes())
}

/// Says of each page from `start` on whether it is in memory; if not, nobody has written to it. Returns whether all are mapped.
fn in_memory(start: usize, resident: &mut [u8]) -> bool {
    // SAFETY: there is a byte for each page.
    unsafe {
        libc::mincore(
            start as *mut c_void,
            resident.len() * page_size(),
            resident.as_mut_ptr(),
        ) == 0
    }
}

fn page_size() -> usize {
    // SAFETY: has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// The addresses of a line of `/proc/self/maps`, if it is writable memory.
fn writable(line: &str) -> Option<std::ops::Range<usize>> {
    let mut fields = line.split(' ');
    let (start, end) = fields.next()?.split_once('-')?;
    if !fields.next()?.starts_with("rw") {
        return None;
    }
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    Some(address(start)?..address(end)?)
}
