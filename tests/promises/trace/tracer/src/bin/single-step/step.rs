//! Records the registers before each instruction: with its trap flag set, the processor raises an exception after each
//! instruction, which the system turns into a signal.

use std::arch::asm;
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::mem;
use std::ptr;

use libc::{greg_t, siginfo_t, ucontext_t};

const TRAP_FLAG: greg_t = 0x100;
/// More than any operation has.
const MOST_STEPS: usize = 1 << 16;
const SIGNAL_STACK: usize = 1 << 16;

/// The general registers, indexed by libc's `REG_…`.
#[derive(Clone, Copy)]
pub struct Registers([greg_t; 23]);

impl Registers {
    pub fn get(&self, index: c_int) -> u64 {
        self.0[index as usize] as u64
    }

    pub fn instruction_pointer(&self) -> u64 {
        self.get(libc::REG_RIP)
    }
}

struct Steps {
    count: UnsafeCell<usize>,
    registers: UnsafeCell<[Registers; MOST_STEPS]>,
}

// SAFETY: there is one thread. The signal handler writes only while an operation is traced, and `Stepper::run` reads only
// afterwards.
unsafe impl Sync for Steps {}

static STEPS: Steps = Steps {
    count: UnsafeCell::new(0),
    registers: UnsafeCell::new([Registers([0; 23]); MOST_STEPS]),
};

pub struct Stepper(());

impl Stepper {
    /// Installs the handler, on a stack of its own, so that it leaves that of the operation alone.
    pub fn new() -> Self {
        let stack = libc::stack_t {
            ss_sp: Box::leak(vec![0_u8; SIGNAL_STACK].into_boxed_slice())
                .as_mut_ptr()
                .cast(),
            ss_flags: 0,
            ss_size: SIGNAL_STACK,
        };
        // SAFETY: the stack is never given back, and the handler has the signature that the flags ask for.
        let status = unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_step as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaltstack(&stack, ptr::null_mut()) | libc::sigaction(libc::SIGTRAP, &action, ptr::null_mut())
        };
        assert_eq!(status, 0, "the signal handler could not be installed");
        Self(())
    }

    /// Runs `operation`, and returns the registers before each of its instructions.
    pub fn run(&mut self, operation: impl FnOnce() -> bool) -> (&[Registers], bool) {
        // SAFETY: the handler runs only between the two blocks of assembly, which leave everything but the flags as it is.
        unsafe {
            *STEPS.count.get() = 0;
            asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq");
            let result = black_box(operation)();
            end();
            let count = *STEPS.count.get();
            assert!(
                count < MOST_STEPS,
                "an operation of more than {MOST_STEPS} instructions"
            );
            (&(&*STEPS.registers.get())[..count], result)
        }
    }
}

/// The handler clears the trap flag here.
#[inline(never)]
extern "C" fn end() {
    black_box(());
}

extern "C" fn on_step(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes the context that it restores afterwards.
    unsafe {
        let registers = &mut (*context.cast::<ucontext_t>()).uc_mcontext.gregs;
        if registers[libc::REG_RIP as usize] == end as *const () as greg_t {
            registers[libc::REG_EFL as usize] &= !TRAP_FLAG;
            return;
        }
        let count = *STEPS.count.get();
        if count < MOST_STEPS {
            (*STEPS.registers.get())[count] = Registers(*registers);
            *STEPS.count.get() = count + 1;
        }
    }
}
