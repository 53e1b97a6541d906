//! A [`Trace`] for `emulate.py`, with hooks in machine code: Unicorn calls them for every block and every access, and a
//! function of Python would take a hundred times longer. Every recorder is one of `recorder_new`.

use std::ffi::{c_int, c_void};

use crate::{Event, Trace};

/// Of Unicorn's `uc_mem_type`.
const UC_MEM_WRITE: c_int = 17;
/// The bits of XPSR that hold the state of an IT block.
const XPSR_IT: u32 = 0x0600_fc00;

type Register = unsafe extern "C" fn(*mut c_void, c_int, *mut c_void) -> c_int;

pub struct Recorder {
    trace: Trace,
    /// Where the processor is an Arm Cortex-M: Unicorn's `uc_reg_read` and `uc_reg_write`, and the number of XPSR.
    xpsr: Option<(Register, Register, c_int)>,
}

#[unsafe(no_mangle)]
extern "C" fn recorder_new() -> Box<Recorder> {
    Box::new(Recorder {
        trace: Trace::new(),
        xpsr: None,
    })
}

/// `read` and `write` are Unicorn's.
#[unsafe(no_mangle)]
extern "C" fn recorder_watch_xpsr(recorder: &mut Recorder, read: Register, write: Register, number: c_int) {
    recorder.xpsr = Some((read, write, number));
}

#[unsafe(no_mangle)]
extern "C" fn recorder_start(recorder: &mut Recorder, is_reference: bool) {
    recorder.trace.start(is_reference);
}

/// Returns the last block that this run and the reference executed before the first difference, or -1.
#[unsafe(no_mangle)]
extern "C" fn recorder_stop(recorder: &mut Recorder) -> i64 {
    recorder.trace.stop().map_or(-1, |after| after as i64)
}

/// Returns the number of events of the reference.
#[unsafe(no_mangle)]
extern "C" fn recorder_events(recorder: &Recorder) -> usize {
    recorder.trace.events()
}

/// Unicorn's `uc_cb_hookcode_t`.
#[unsafe(no_mangle)]
extern "C" fn recorder_on_block(_: *mut c_void, address: u64, _size: u32, recorder: &mut Recorder) {
    recorder.trace.record(Event::Execute(address));
}

/// Unicorn's `uc_cb_hookmem_t`.
#[unsafe(no_mangle)]
extern "C" fn recorder_on_access(
    engine: *mut c_void,
    kind: c_int,
    address: u64,
    size: c_int,
    _value: i64,
    recorder: &mut Recorder,
) {
    recorder.trace.record(if kind == UC_MEM_WRITE {
        Event::Write(address, size as u32)
    } else {
        Event::Read(address, size as u32)
    });
    // Before it calls a hook, Unicorn restores the state of the processor as of this instruction. The generated code
    // does not expect the state of an IT block in there, and would begin the next block in the middle of one.
    if let Some((read, write, number)) = recorder.xpsr {
        let mut xpsr = 0_u32;
        // SAFETY: the functions are Unicorn's, and XPSR has 32 bits.
        unsafe {
            read(engine, number, (&raw mut xpsr).cast());
            if xpsr & XPSR_IT != 0 {
                xpsr &= !XPSR_IT;
                write(engine, number, (&raw mut xpsr).cast());
            }
        }
    }
}
