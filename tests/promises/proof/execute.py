"""A symbolic executor of machine code, over the VEX code that pyvex lifts it to.

A value is an int, or an expression of claripy where it depends on a symbol. Registers and memory consist of bytes. A
branch on an expression forks the state; the executor asks no solver. What it does not know stops the run.
"""

import functools
import operator
import re

import claripy
import pyvex


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


def extend(value, n, to, is_signed=False):
    if is_int(value):
        return cut((value ^ 1 << n - 1) - (1 << n - 1), to) if is_signed else value
    return cut(value.sign_extend(to - n) if is_signed else value.zero_extend(to - n), to)


def choose(condition, a, b, n):
    if is_int(condition):
        return a if condition else b
    return a if a is b else cut(claripy.If(condition == 1, bits(a, n), bits(b, n)), n)


def compare(kind, a, b, n):
    """One bit. `kind` is EQ or NE, or LT, LE or GT with U or S for the sign."""
    if kind[2:] == "S":
        a, b = a ^ 1 << n - 1, b ^ 1 << n - 1
    result = getattr(operator, kind[:2].lower())(a, b)
    return int(result) if is_int(a, b) else cut(claripy.If(result, claripy.BVV(1, 1), claripy.BVV(0, 1)), 1)


def arithmetic(kind, a, b, n):
    if kind in ("Sub", "Xor") and a is b:
        return 0
    if kind not in ("Shl", "Shr", "Sar"):
        return cut(getattr(operator, {"And": "and_", "Or": "or_"}.get(kind, kind.lower()))(a, b), n)
    if not is_int(b):
        raise SecretDependent("count of a shift")
    if b >= n:
        return arithmetic("Sar", a, n - 1, n) if kind == "Sar" else 0
    if kind == "Shl":
        return cut(a << b, n)
    if kind == "Sar":
        return extend(part(a, n - 1, b), n - b, n, True)
    return extend(part(a, n - 1, b), n - b, n)


def divide(a, b, n, with_remainder):
    if not is_int(a, b):
        raise SecretDependent("operand of a division")
    return a // b | (a % b << n if with_remainder else 0)


def saturate(value, n, to):
    """A signed integer as the nearest unsigned one of `to` bits."""
    most = (1 << to) - 1
    not_negative = choose(compare("GTS", value, most, n), most, part(value, to - 1, 0), to)
    return choose(part(value, n - 1, n - 1), 0, not_negative, to)


def lanes(value, n, size=128):
    return [part(value, at + n - 1, at) for at in range(0, size, n)]


def lanewise(function, n, *vectors):
    return join([function(*lane) for lane in zip(*(lanes(vector, n) for vector in vectors))], n)


def interleave(a, b, n, first):
    pairs = list(zip(lanes(b, n), lanes(a, n)))
    return join([lane for pair in pairs[first : first + 64 // n] for lane in pair], n)


@functools.cache
def operation(name):
    """The function of a VEX operation."""
    n, *sizes = [int(number) for number in re.findall(r"\d+", name)] or [1]
    to = sizes[0] if sizes else 0
    match re.sub(r"\d+", "#", name.removeprefix("Iop_")).replace("V#", "#"):
        case "Add#" | "Sub#" | "Mul#" | "And#" | "Or#" | "Xor#" | "Shl#" | "Shr#" | "Sar#" as kind:
            return lambda a, b: arithmetic(kind[:-1], a, b, n)
        case "Not#":
            return lambda a: cut(~a, n)
        case "CmpEQ#" | "CmpNE#" | "CmpLT#U" | "CmpLT#S" | "CmpLE#U" | "CmpLE#S" as kind:
            return lambda a, b: compare(kind[3:].replace("#", ""), a, b, n)
        case "#Uto#" | "#Sto#" as kind:
            return lambda a: extend(a, n, to, kind[1] == "S")
        case "#to#":
            return lambda a: part(a, to - 1, 0)
        case "#HIto#":
            return lambda a: part(a, n - 1, to)
        case "#HLto#":
            return lambda high, low: join([low, high], n)
        case "MullU#" | "MullS#" as kind:
            return lambda a, b: cut(extend(a, n, 2 * n, kind[4] == "S") * extend(b, n, 2 * n, kind[4] == "S"), 2 * n)
        case "DivU#" | "DivModU#to#" as kind:
            return lambda a, b: divide(a, b, to or n, "Mod" in kind)
        case "Add#x#" | "Sub#x#" | "Mul#x#" as kind:
            return lambda a, b: lanewise(lambda x, y: arithmetic(kind[:3], x, y, n), n, a, b)
        case "ShlN#x#" | "ShrN#x#" as kind:
            return lambda a, count: lanewise(lambda x: arithmetic(kind[:3], x, count, n), n, a)
        case "CmpEQ#x#" | "CmpGT#Sx#" as kind:
            kind = kind[3:5] + kind[6:-2]
            return lambda a, b: lanewise(lambda x, y: extend(compare(kind, x, y, n), 1, n, True), n, a, b)
        case "Max#Ux#":
            return lambda a, b: lanewise(lambda x, y: choose(compare("GTU", x, y, n), x, y, n), n, a, b)
        case "InterleaveLO#x#" | "InterleaveHI#x#" as kind:
            return lambda a, b: interleave(a, b, n, 64 // n if kind[10:12] == "HI" else 0)
        case "CatEvenLanes#x#" | "CatOddLanes#x#" as kind:
            return lambda a, b: join([*lanes(b, n)[kind[3] == "O" :: 2], *lanes(a, n)[kind[3] == "O" :: 2]], n)
        case "QNarrowBin#Sto#Ux#":
            return lambda a, b: join([saturate(lane, n, to) for lane in lanes(b, n) + lanes(a, n)], to)
        case "ZeroHI#of#":
            return lambda a: extend(part(a, 127 - n, 0), 128 - n, 128)
        case "Slice#":
            return lambda high, low, at: part(join([low, high], 128), 8 * at + 127, 8 * at)
        case "Reverse#sIn#_x#":
            return lambda a: lanewise(lambda lane: join(lanes(lane, n, to)[::-1], n), to, a)
    raise Unknown(name)


# ---- Flags, which VEX computes in helpers: carry, zero, sign and overflow ----


def sum_flags(a, b, n, is_difference):
    result = arithmetic("Sub" if is_difference else "Add", a, b, n)
    overflow = (a ^ result) & ((a ^ b) if is_difference else ~(b ^ a))
    carry = compare("LTU", a, b, n) if is_difference else compare("LTU", result, a, n)
    return carry, compare("EQ", result, 0, n), part(result, n - 1, n - 1), part(overflow, n - 1, n - 1)


def flags_amd64(kind, a, b, before):
    if kind == 0:
        return [part(a, i, i) for i in (0, 6, 7, 11)]
    kind, n = (kind - 1) // 4, 8 << (kind - 1) % 4
    a, b = part(a, n - 1, 0), part(b, n - 1, 0)
    zero, sign, low = compare("EQ", a, 0, n), part(a, n - 1, n - 1), part(a, 0, 0)
    match kind:
        case 0 | 1:  # ADD, SUB
            return sum_flags(a, b, n, kind == 1)
        case 4:  # AND, OR, XOR
            return 0, zero, sign, 0
        case 5 | 6:  # INC, DEC
            return part(before, 0, 0), zero, sign, compare("EQ", a, (1 << n - 1) - (kind == 6), n)
        case 7 | 8:  # SHL, SHR
            return part(b, n - 1, n - 1) if kind == 7 else part(b, 0, 0), zero, sign, sign ^ part(b, n - 1, n - 1)
        case 9:  # ROL
            return low, part(before, 6, 6), part(before, 7, 7), sign ^ low
        case 10:  # ROR
            return sign, part(before, 6, 6), part(before, 7, 7), sign ^ part(a, n - 2, n - 2)
    raise Unknown(f"flags of {kind}")


def condition_amd64(code, *thunk):
    carry, zero, sign, overflow = flags_amd64(*thunk)
    less = sign ^ overflow
    kinds = overflow, carry, zero, carry | zero, sign, None, less, less | zero
    return extend(kinds[code // 2] ^ code % 2, 1, 64)


def word_amd64(*thunk):
    flags = flags_amd64(*thunk)
    if not is_int(*flags):
        # Not followed: it counts as one more secret.
        return claripy.BVS("flags", 64)
    return sum(flag << at for flag, at in zip(flags, (0, 6, 7, 11)))


def condition_aarch64(code, a, b, _):
    if not is_int(code):
        # After a conditional comparison: the flags of one of two operations.
        kind, code = claripy.simplify(part(code, 3, 0)), part(code, 63, 4) << 4
        if kind.op != "If" or not is_int(code):
            raise Unknown("flags of several operations")
        which, *kinds = kind.args
        results = [condition_aarch64(code | cut(kind, 4), a, b, _) for kind in kinds]
        return choose(claripy.If(which, claripy.BVV(1, 1), 0), *results, 64)
    code, kind = divmod(code, 16)
    n = 32 if kind % 2 else 64
    a, b = part(a, n - 1, 0), part(b, n - 1, 0)
    if kind == 0:
        sign, zero, carry, overflow = (part(a, i, i) for i in (31, 30, 29, 28))
    elif kind in (9, 10):
        carry, zero, sign, overflow = 0, compare("EQ", a, 0, n), part(a, n - 1, n - 1), 0
    elif kind <= 4:
        carry, zero, sign, overflow = sum_flags(a, b, n, kind >= 3)
        carry ^= int(kind >= 3)
    else:
        raise Unknown(f"flags of {kind}")
    less = sign ^ overflow
    kinds = zero, carry, sign, overflow, carry & (zero ^ 1), less ^ 1, (less | zero) ^ 1, 1
    return extend(kinds[code // 2] ^ code % 2, 1, 64)


HELPERS = {
    "amd64g_calculate_condition": condition_amd64,
    "amd64g_calculate_rflags_all": word_amd64,
    "amd64g_calculate_rflags_c": lambda *thunk: extend(flags_amd64(*thunk)[0], 1, 64),
    "arm64g_calculate_condition": condition_aarch64,
}

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
            if is_int(byte):
                parts.append([byte, 0, 0])
            elif parts and parts[-1][0] is byte[0] and parts[-1][2] + 1 == byte[1]:
                parts[-1][2] += 1
            else:
                parts.append([byte[0], byte[1], byte[1]])
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
                    return operation(e.op)(*map(value, e.args))
                case "Iex_ITE":
                    return choose(*map(value, (e.cond, e.iftrue, e.iffalse)), size(e))
                case "Iex_CCall" if e.cee.name in HELPERS:
                    return HELPERS[e.cee.name](*map(value, e.args))
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
