"""A symbolic executor of machine code, over the VEX code that pyvex lifts it to and the operations of angr.

A value is an int, or an expression of claripy where it depends on a symbol. Registers and memory consist of bytes. A
branch on an expression forks the state; the executor asks no solver. What it does not know stops the run.
"""

import functools
import re
import types

import claripy
import pyvex
from angr.engines.vex.claripy import ccall, irop


class Unknown(Exception):
    """An instruction, an operation or an address that is not known here."""


class SecretDependent(Exception):
    """A branch, an address, a jump, or an operand that decides about time, depends on a symbol."""


# ---- Values ----


def is_int(*values):
    return all(isinstance(value, int) for value in values)


def bits(value, n):
    """A value as an expression."""
    return claripy.BVV(value, n) if is_int(value) else value


def cut(value, n):
    """The low `n` bits of an int, and an int for an expression without symbols."""
    if is_int(value):
        return value & (1 << n) - 1
    return value.args[0] if value.op == "BVV" else value


def part(value, high, low):
    return cut(value >> low if is_int(value) else value[high:low], high + 1 - low)


def join(parts, n=None):
    """Concatenates values of `n` bits, or (value, size) pairs, the lowest one first."""
    parts = [(value, n) for value in parts] if n else parts
    if is_int(*(value for value, _ in parts)):
        return functools.reduce(lambda whole, item: whole << item[1] | item[0], reversed(parts), 0)
    return cut(claripy.Concat(*(bits(value, size) for value, size in reversed(parts))), 0)


def choose(condition, a, b, n):
    if is_int(condition):
        return a if condition else b
    return a if a is b else cut(claripy.If(condition == 1, bits(a, n), bits(b, n)), n)


# Operations that angr lacks.
MORE_OPERATIONS = {
    "Iop_SliceV128": lambda high, low, at: part(join([low, high], 128), 8 * at + 127, 8 * at),
    "Iop_Reverse8sIn32_x4": lambda a: join([part(a, (i ^ 3) * 8 + 7, (i ^ 3) * 8) for i in range(16)], 8),
    "Iop_ZeroHI64ofV128": lambda a: join([(part(a, 63, 0), 64), (0, 64)]),
    "Iop_ZeroHI96ofV128": lambda a: join([(part(a, 31, 0), 32), (0, 96)]),
    "Iop_ZeroHI112ofV128": lambda a: join([(part(a, 15, 0), 16), (0, 112)]),
}


def operation(name, *values):
    """The result of an operation of VEX."""
    if is_int(*values):
        return of_constants(name, *values)
    if re.match(r"Iop_(Shl|Shr|Sar|Slice)", name) and not is_int(values[-1]) or "Div" in name:
        raise SecretDependent("count of a shift, or operand of a division")
    return calculate(name, *values)


def calculate(name, *values):
    if name in MORE_OPERATIONS:
        return MORE_OPERATIONS[name](*values)
    sizes = map(pyvex.const.get_type_size, pyvex.expr.op_arg_types(name)[1])
    return cut(irop.vexop_to_simop(name).calculate(*map(bits, values, sizes)), 0)


# The same ones again and again, and claripy is slow.
of_constants = functools.cache(calculate)


def helper(name, *values):
    """The result of a function of VEX, which computes flags."""
    call = functools.partial(getattr(ccall, name), types.SimpleNamespace(options=()))
    values = [bits(value, 64) for value in values]
    try:
        return cut(call(*values), 0)
    except ccall.CCallMultivaluedException as error:
        # After a conditional comparison: the flags of one of several operations.
        kinds, value = error.args
        at = next(i for i, other in enumerate(values) if other is value)
        results = [(which, call(*values[:at], kind, *values[at + 1 :])) for which, kind in kinds]
        return cut(claripy.ite_cases(results[:-1], results[-1][1]), 0)


# ---- States and execution ----


class Bytes:
    """Bytes over those of (start, bytes) pairs. Each is an int, or a pair: an expression and the index in it."""

    def __init__(self, *base):
        self.base, self.written = base, {}

    def copy(self):
        other = Bytes(*self.base)
        other.written = dict(self.written)
        return other

    def byte(self, address):
        if address in self.written:
            return self.written[address]
        for start, concrete in self.base:
            if start <= address < start + len(concrete):
                return concrete[address - start]
        raise Unknown(f"address {address:#x}")

    def load(self, address, size):
        found = [self.byte(address + i) for i in range(size)]
        if is_int(*found):
            return int.from_bytes(found, "little")
        # The expression, and the first and last of its bytes, for neighbours that come from one expression.
        parts = []
        for byte in found:
            value, i = (byte, 0) if is_int(byte) else byte
            if parts and parts[-1][0] is value and parts[-1][2] + 1 == i:
                parts[-1][2] = i
            else:
                parts.append([value, i, i])
        return join([(part(value, 8 * last + 7, 8 * first), 8 * (last - first + 1)) for value, first, last in parts])

    def store(self, address, size, value):
        for i in range(size):
            self.written[address + i] = value >> 8 * i & 0xFF if is_int(value) else (value, i)


class State:
    def __init__(self, registers, memory, pc):
        self.registers, self.memory, self.pc, self.at = registers, memory, pc, pc
        # The conditions of the branches that were taken, and what hooks recorded.
        self.path, self.calls, self.is_refused = [], [], False

    def fork(self, condition, pc):
        other = State(self.registers.copy(), self.memory.copy(), pc)
        other.path, other.calls = [*self.path, condition], list(self.calls)
        return other


class Executor:
    """Executes a program, a (start, bytes) pair, until `end`. A hook replaces the code at its address if it is true.

    `may_branch` says of an address whether a branch there may depend on a symbol.
    """

    def __init__(self, arch, program, end, hooks, may_branch):
        self.arch, self.program, self.end, self.hooks, self.may_branch = arch, program, end, hooks, may_branch
        self.block = functools.cache(self.lift)

    def run(self, state):
        """Returns the states at the end, one for each path."""
        states, ended = [state], []
        while states:
            state = states.pop()
            while state.pc != self.end:
                hook = self.hooks.get(state.pc)
                if hook is None or not hook(state):
                    try:
                        self.execute(state, states)
                    except (SecretDependent, Unknown) as error:
                        error.at = state.at
                        raise
            ended.append(state)
        return ended

    def lift(self, address):
        start, code = self.program
        # Without optimization: nothing that the machine does is left out.
        block = pyvex.lift(code[address - start :][:400], address, self.arch, opt_level=0)
        if block.jumpkind not in ("Ijk_Boring", "Ijk_Call", "Ijk_Ret"):
            raise Unknown(f"instruction at {address:#x}: {block.jumpkind}")
        size = functools.cache(lambda e: int(re.sub(r"\D", "", e.result_type(block.tyenv))))
        return block.statements, block.next, size

    def execute(self, state, states):
        statements, following, size = self.block(state.pc)
        temporaries = {}

        def value(e):
            match e.tag:
                case "Iex_RdTmp":
                    return temporaries[e.tmp]
                case "Iex_Const":
                    return e.con.value
                case "Iex_Get":
                    return state.registers.load(e.offset, size(e) // 8)
                case "Iex_Load":
                    return state.memory.load(address(e.addr), size(e) // 8)
                case "Iex_Unop" | "Iex_Binop" | "Iex_Triop":
                    return operation(e.op, *map(value, e.args))
                case "Iex_ITE":
                    return choose(*map(value, (e.cond, e.iftrue, e.iffalse)), size(e))
                case "Iex_CCall":
                    return helper(e.cee.name, *map(value, e.args))
            raise Unknown(str(e))

        def address(e):
            found = value(e)
            if not is_int(found):
                raise SecretDependent("address")
            return found

        for statement in statements:
            match statement.tag:
                case "Ist_IMark":
                    state.at = statement.addr
                case "Ist_WrTmp":
                    temporaries[statement.tmp] = value(statement.data)
                case "Ist_Put":
                    state.registers.store(statement.offset, size(statement.data) // 8, value(statement.data))
                case "Ist_Store":
                    state.memory.store(address(statement.addr), size(statement.data) // 8, value(statement.data))
                case "Ist_Exit":
                    condition, target = value(statement.guard), statement.dst.value
                    if is_int(condition):
                        if condition:
                            state.pc = target
                            return
                    elif self.may_branch(state.at):
                        states.append(state.fork(condition == 1, target))
                        state.path.append(condition == 0)
                    else:
                        raise SecretDependent("branch")
                case "Ist_AbiHint" | "Ist_NoOp" | "Ist_MBE":
                    pass
                case _:
                    raise Unknown(str(statement))
        state.pc = address(following)
