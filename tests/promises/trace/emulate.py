"""Traces the operations of bare-metal images in an emulator.

    emulate.py RECORDER [--lengths N,N,...] IMAGE...

RECORDER is the library of the package `tracer`; an image is .../VARIANT/TARGET, and is run on a processor of that
target. A trace is the sequence of the addresses of executed blocks, and of the accesses to memory: read or write,
address, size. The traces of an operation must be equal for all secrets of a length; those of the controls must differ.
"""

import argparse
import ctypes
import mmap
import multiprocessing
import os
import sys
import time

from elftools.elf.elffile import ELFFile
from unicorn import Uc, UcError, arm64_const, arm_const, riscv_const, unicorn_const, x86_const
from unicorn.unicorn_py3.unicorn import uclib

# As in image.ld.
CODE, CODE_SIZE = 0x0001_0000, 0x0020_0000
MEMORY, MEMORY_SIZE = 0x2000_0000, 0x0004_0000
STACK = MEMORY + MEMORY_SIZE - 0x100
# Functions return into the last page of the code, where nothing is.
RETURN = CODE + CODE_SIZE - 0x1000


class Processor:
    def __init__(self, architecture, constants, registers, mode, model):
        numbers = [getattr(constants, f"UC_{architecture}_REG_{name}") for name in registers.split()]
        self.arguments, (self.result, self.stack, *link) = numbers[:3], numbers[3:]
        self.link = link[0] if link else None
        self.architecture, self.mode, self.model = getattr(unicorn_const, f"UC_ARCH_{architecture}"), mode, model
        self.is_cortex_m = mode & unicorn_const.UC_MODE_MCLASS != 0


# The registers of three arguments, the result, the stack, and the address to return to unless it is on the stack.
ARM = "ARM", arm_const, "R0 R1 R2 R0 SP LR"
AARCH64 = "ARM64", arm64_const, "X0 X1 X2 X0 SP LR", unicorn_const.UC_MODE_ARM
RISCV = "RISCV", riscv_const, "A0 A1 A2 A0 SP RA"
X86_64 = "X86", x86_const, "RDI RSI RDX RAX RSP", unicorn_const.UC_MODE_64
CORTEX_M = *ARM, unicorn_const.UC_MODE_THUMB | unicorn_const.UC_MODE_MCLASS
PROCESSORS = {
    "thumbv6m-none-eabi": Processor(*CORTEX_M, arm_const.UC_CPU_ARM_CORTEX_M0),
    "thumbv7em-none-eabi": Processor(*CORTEX_M, arm_const.UC_CPU_ARM_CORTEX_M4),
    "thumbv8m.main-none-eabi": Processor(*CORTEX_M, arm_const.UC_CPU_ARM_CORTEX_M33),
    "armv7a-none-eabi": Processor(*ARM, unicorn_const.UC_MODE_ARM, arm_const.UC_CPU_ARM_CORTEX_A15),
    "aarch64-unknown-none": Processor(*AARCH64, arm64_const.UC_CPU_ARM64_A72),
    "riscv32imc-unknown-none-elf": Processor(*RISCV, unicorn_const.UC_MODE_RISCV32, riscv_const.UC_CPU_RISCV32_ANY),
    "riscv64gc-unknown-none-elf": Processor(*RISCV, unicorn_const.UC_MODE_RISCV64, riscv_const.UC_CPU_RISCV64_ANY),
    "x86_64-unknown-none": Processor(*X86_64, x86_const.UC_CPU_X86_QEMU64),
    # For `tests/promises/proof`.
    "x86_64-unknown-linux-gnu": Processor(*X86_64, x86_const.UC_CPU_X86_QEMU64),
}


class Recorder:
    """Compares traces. Unicorn calls its hooks, which are machine code, without going through Python."""

    def __init__(self, path):
        library = self.library = ctypes.CDLL(path)
        library.recorder_new.restype = ctypes.c_void_p
        library.recorder_watch_xpsr.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        library.recorder_start.argtypes = [ctypes.c_void_p, ctypes.c_bool]
        library.recorder_stop.argtypes, library.recorder_stop.restype = [ctypes.c_void_p], ctypes.c_int64
        library.recorder_events.argtypes, library.recorder_events.restype = [ctypes.c_void_p], ctypes.c_size_t
        self.recorder = library.recorder_new()

    def attach(self, engine, processor):
        accesses = unicorn_const.UC_HOOK_MEM_READ | unicorn_const.UC_HOOK_MEM_WRITE
        self.hook(engine, unicorn_const.UC_HOOK_BLOCK, self.library.recorder_on_block)
        self.hook(engine, accesses, self.library.recorder_on_access)
        if processor.is_cortex_m:
            read, write = address_of(uclib.uc_reg_read), address_of(uclib.uc_reg_write)
            self.library.recorder_watch_xpsr(self.recorder, read, write, arm_const.UC_ARM_REG_XPSR)

    def hook(self, engine, kind, function):
        # The range from 1 to 0 is all of the memory.
        everywhere, handle = (1, 0), ctypes.byref(ctypes.c_size_t())
        status = uclib.uc_hook_add(engine._uch, handle, kind, address_of(function), self.recorder, *everywhere)
        if status != unicorn_const.UC_ERR_OK:
            raise UcError(status)

    def start(self, is_reference):
        self.library.recorder_start(self.recorder, is_reference)

    def stop(self):
        """The address of the last block that this trace and the reference executed before they differ, or -1."""
        return self.library.recorder_stop(self.recorder)

    def events(self):
        """The number of events of the reference."""
        return self.library.recorder_events(self.recorder)


def address_of(function):
    return ctypes.cast(function, ctypes.c_void_p).value


class Machine:
    """An image in the memory of two processors: one calls functions quickly, the other one with a recorder attached."""

    def __init__(self, path, recorder=None):
        self.processor = PROCESSORS[os.path.basename(path)]
        # Both have the same memory.
        self.code, self.memory = mmap.mmap(-1, CODE_SIZE), mmap.mmap(-1, MEMORY_SIZE)
        self.quick, self.traced = self.engine(), self.engine()
        if recorder:
            recorder.attach(self.traced, self.processor)
        with open(path, "rb") as file:
            elf = ELFFile(file)
            for segment in elf.iter_segments("PT_LOAD"):
                self.quick.mem_write(segment["p_vaddr"], segment.data())
            symbols = elf.get_section_by_name(".symtab").iter_symbols()
            self.symbols = [s for s in symbols if s["st_info"]["type"] == "STT_FUNC"]
        self.functions = {symbol.name: symbol["st_value"] for symbol in self.symbols}

    def engine(self):
        engine = Uc(self.processor.architecture, self.processor.mode)
        engine.ctl_set_cpu_model(self.processor.model)
        if self.processor.architecture == unicorn_const.UC_ARCH_X86:
            # Allows SSE instructions, which `x86_64-unknown-none` does not use.
            engine.reg_write(x86_const.UC_X86_REG_CR4, 0x200)
        code, memory = (ctypes.addressof(ctypes.c_char.from_buffer(shared)) for shared in (self.code, self.memory))
        engine.mem_map_ptr(CODE, CODE_SIZE, unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_EXEC, code)
        engine.mem_map_ptr(MEMORY, MEMORY_SIZE, unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_WRITE, memory)
        return engine

    def enter(self, engine, name, *arguments):
        """Sets the registers to those at the start of a function."""
        processor = self.processor
        if processor.is_cortex_m:
            # Only the bit for Thumb instructions.
            engine.reg_write(arm_const.UC_ARM_REG_XPSR, 0x0100_0000)
        for register, argument in zip(processor.arguments, arguments):
            engine.reg_write(register, argument)
        if processor.link is None:
            engine.reg_write(processor.stack, STACK - 8)
            engine.mem_write(STACK - 8, RETURN.to_bytes(8, "little"))
        else:
            engine.reg_write(processor.stack, STACK)
            engine.reg_write(processor.link, RETURN | processor.is_cortex_m)

    def call(self, name, *arguments, engine=None):
        engine = engine or self.quick
        self.enter(engine, name, *arguments)
        engine.emu_start(self.functions[name], RETURN)
        return engine.reg_read(self.processor.result)

    def cases(self):
        """The names of the cases."""
        for case in range(self.call("case_count")):
            length = self.call("case_name_length", case)
            yield bytes(self.quick.mem_read(self.call("case_name", case), length)).decode()

    def function_at(self, address):
        for symbol in self.symbols:
            start = symbol["st_value"] & -2
            if start <= address < start + symbol["st_size"]:
                return f"{symbol.name} + {address - start:#x}"
        return f"{address:#x}"


class Failure(Exception):
    pass


def trace(recorder_path, lengths, path):
    """Traces the cases of an image. Returns a line for it and one for each failure, and the numbers of both results."""
    recorder = Recorder(recorder_path)
    machine = Machine(path, recorder)
    lengths = lengths or range(129)
    passed = traces = events = 0
    failures = []
    for case, name in enumerate(machine.cases()):
        try:
            difference = None
            for length in filter(lambda length: machine.call("allows", case, length) == 1, lengths):
                secrets, found = compare(machine, recorder, case, length)
                difference, traces = difference or found, traces + secrets
                events += secrets * recorder.events()
            if name.startswith("control") != bool(difference):
                raise Failure(difference or "not seen")
            passed += 1
        except (UcError, Failure) as error:
            failures.append(f"     {name}: {error}")
    word, image = "MISS" if failures else "ok", "/".join(path.split("/")[-2:])
    line = f"{word:<5}{image}: {passed} cases, {traces} traces of {events} events, {time.process_time():.1f} s of CPU"
    return [line, *failures], passed, len(failures)


def compare(machine, recorder, case, length):
    """Returns the number of secrets, and a line for one whose trace is not that of the first, if there is one."""
    difference, secrets = None, machine.call("secret_count")
    # The first call of all looks for the features of the processor.
    machine.call("prepare", case, length, 0)
    machine.call("run", case, engine=machine.traced)
    for secret in range(secrets):
        machine.call("prepare", case, length, secret)
        recorder.start(secret == 0)
        as_expected = machine.call("run", case, engine=machine.traced)
        after = recorder.stop()
        if as_expected != 1:
            raise Failure(f"length {length}, secret {secret}: not the expected result")
        if after != -1:
            where = machine.function_at(after)
            difference = f"length {length}, secrets 0 and {secret}: different traces after {where}"
    return secrets, difference


def run(*jobs):
    """Runs (function, arguments) pairs on all cores, prints their lines, and returns 1 if something failed."""
    passed = failed = 0
    with multiprocessing.Pool(maxtasksperchild=1) as pool:
        for job in [pool.apply_async(*job) for job in jobs]:
            lines, *results = job.get()
            print(*lines, sep="\n", flush=True)
            passed, failed = passed + results[0], failed + results[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recorder")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--lengths", type=lambda text: [int(number) for number in text.split(",")])
    options = parser.parse_args()
    return run(*((trace, (options.recorder, options.lengths, image)) for image in options.images))


if __name__ == "__main__":
    sys.exit(main())
