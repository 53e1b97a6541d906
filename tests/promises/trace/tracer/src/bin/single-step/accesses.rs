//! The memory that an instruction accesses.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::path::Path;
use std::{ptr, slice};

use iced_x86::{
    Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, Register, UsedMemory,
};
use tracer::Event;

use crate::step::Registers;

#[derive(Default)]
pub struct Accesses {
    /// The memory operands of the instruction at each address.
    decoded: HashMap<u64, Box<[UsedMemory]>>,
    sha_instructions: bool,
}

impl Accesses {
    /// Calls `record` for each access of the instruction that is about to be executed.
    pub fn of(&mut self, registers: &Registers, mut record: impl FnMut(Event)) -> Result<(), String> {
        let instruction = registers.instruction_pointer();
        let operands = match self.decoded.entry(instruction) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let decoded = decode(instruction);
                self.sha_instructions |= decoded.mnemonic() == Mnemonic::Sha256rnds2;
                new.insert(InstructionInfoFactory::new().info(&decoded).used_memory().into())
            }
        };
        for operand in operands.iter() {
            let size = operand.memory_size().size() as u32;
            let address = operand
                .virtual_address(0, |register, _, _| value(registers, register))
                .ok_or_else(|| {
                    format!(
                        "an index that is not in a general register, at {}",
                        location(instruction)
                    )
                })?;
            let (reads, writes) = match operand.access() {
                OpAccess::Read | OpAccess::CondRead => (true, false),
                OpAccess::Write | OpAccess::CondWrite => (false, true),
                OpAccess::ReadWrite | OpAccess::ReadCondWrite => (true, true),
                _ => (false, false),
            };
            if reads {
                record(Event::Read(address, size));
            }
            if writes {
                record(Event::Write(address, size));
            }
        }
        Ok(())
    }

    /// Whether a compression by the SHA instructions was among what was executed.
    pub fn sha_instructions(&self) -> bool {
        self.sha_instructions
    }
}

fn decode(address: u64) -> Instruction {
    const LONGEST: usize = 15;
    // SAFETY: the instruction at this address was executed. What follows the code of a program or of a library in memory
    // can be read.
    let code = unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(address as usize), LONGEST) };
    Decoder::with_ip(64, code, address, DecoderOptions::NONE).decode()
}

/// The general registers, by the numbers that instructions give them.
const GENERAL: [c_int; 16] = {
    use libc::*;
    [
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11,
        REG_R12, REG_R13, REG_R14, REG_R15,
    ]
};

fn value(registers: &Registers, register: Register) -> Option<u64> {
    // The bases of the segments do not change.
    if register.is_segment_register() {
        return Some(0);
    }
    let full = register.full_register();
    let index = *GENERAL.get(full.number()).filter(|_| full.is_gpr64())?;
    match register.size() {
        8 => Some(registers.get(index)),
        4 => Some(registers.get(index) & 0xffff_ffff),
        _ => None,
    }
}

/// The loaded file that holds an address, and the offset in it.
pub fn location(address: u64) -> String {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `dladdr` takes any address, and fills the structure if it succeeds; the text is that of a loaded file.
    unsafe {
        if libc::dladdr(ptr::with_exposed_provenance(address as usize), found.as_mut_ptr()) == 0 {
            return format!("{address:#x}");
        }
        let found = found.assume_init();
        let file = CStr::from_ptr(found.dli_fname).to_string_lossy();
        let name = Path::new(&*file).file_name().unwrap_or_default().to_string_lossy();
        format!("{name} + {:#x}", address - found.dli_fbase.addr() as u64)
    }
}
