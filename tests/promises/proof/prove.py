"""Proves claims about the machine code of images of `tests/promises/trace`, for every secret of a length.

    prove.py TREE IMAGE... [--all] [--only OPERATION LENGTH]

TREE is in every image that was built from it. Each function `claim_...` below is a claim.
"""

import argparse
import base64
import collections
import hashlib
import os
import re
import struct
import sys
import time

import archinfo
import claripy
import z3

from execute import Bytes, Executor, SecretDependent, State, Unknown, bits, is_int, join

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../trace"))
import emulate  # noqa: E402

TEXTS, OCTETS, PORTABLE = (43, 55, 56, 64, 119, 120, 128), (32, 33, 34, 48, 96), 43
INITIAL = 0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19


# ---- The specification ----


def unreserved(byte):
    """RFC 3986 section 2.3."""
    ranges = [claripy.And(byte >= first, byte <= last) for first, last in (b"AZ", b"az", b"09")]
    return claripy.Or(*ranges, *(byte == symbol for symbol in b"-._~"))


def first_invalid(text):
    """-1 if there is none."""
    offset = claripy.BVV(-1, 64)
    for i, byte in reversed(list(enumerate(text))):
        offset = claripy.If(unreserved(byte), offset, claripy.BVV(i, 64))
    return offset


def base64url(octets):
    """RFC 4648 section 5, without padding."""
    whole = claripy.Concat(*octets, claripy.BVV(0, 6))
    sextets = [whole[at : at - 5].zero_extend(2) for at in range(len(whole) - 1, 5, -6)]
    characters = [claripy.BVV(ord("_"), 8)] * len(sextets)
    # The first sextet after each range, and its distance to the character.
    for limit, distance in ((63, ord("-") - 62), (62, ord("0") - 52), (52, ord("a") - 26), (26, ord("A"))):
        characters = [claripy.If(s < limit, s + distance, c) for s, c in zip(sextets, characters)]
    return characters


def padded(text):
    """FIPS 180-4 section 5.1.1."""
    return [*text, 0x80, *bytes(-(len(text) + 9) % 64), *struct.pack(">Q", 8 * len(text))]


# ---- The solver ----

def symbols(name, count, size=8):
    return [claripy.BVS(f"{name} {i}", size, explicit_name=True) for i in range(count)]


def solver(conditions):
    found = z3.SolverFor("QF_BV")
    found.add([claripy.backends.z3.convert(condition) for condition in conditions])
    return found


def holds(statement, path=()):
    return solver([*path, claripy.Not(statement)]).check() == z3.unsat


def equal(a, b, size=8):
    return [claripy.true() if x is y else bits(x, size) == bits(y, size) for x, y in zip(a, b, strict=True)]


def depends(value, path):
    """Whether a value can be two values on a path, for different secrets."""
    if is_int(value) or all(name.startswith("public") for name in value.variables):
        return False
    found = solver(path)
    if found.check() == z3.unsat:
        return False
    value = claripy.backends.z3.convert(value)
    found.add(value != found.model().eval(value, model_completion=True))
    return found.check() != z3.unsat


def evaluate(value, known):
    """The int that a value is for known values of the symbols."""
    if is_int(value):
        return value
    convert = claripy.backends.z3.convert
    symbols = [leaf for leaf in value.leaf_asts() if leaf.op == "BVS"]
    pairs = [(convert(symbol), z3.BitVecVal(known(symbol.args[0]), len(symbol))) for symbol in symbols]
    return int(z3.simplify(z3.substitute(convert(value), *pairs)).sexpr().replace("#", "0"), 0)


# ---- An operation, executed with symbols in place of its secrets ----

Compression = collections.namedtuple("Compression", "before message after")


class Image(emulate.Machine):
    def __init__(self, path, tree):
        super().__init__(path)
        with open(path, "rb") as file:
            if tree.encode() not in file.read():
                raise Unknown(f"{path} was not built from this tree")
        self.target, self.is_amd64 = os.path.basename(path), self.processor.link is None
        self.arch = archinfo.ArchAMD64() if self.is_amd64 else archinfo.ArchAArch64()
        *self.arguments, self.result = ("rdi", "rsi", "rdx", "rax") if self.is_amd64 else ("x0", "x1", "x2", "x0")
        # Registers by their names in VEX: the numbers in the emulator, and sizes.
        numbers = self.arch.uc_regs | ({} if self.is_amd64 else {"xsp": self.processor.stack})
        self.registers = {
            name: (number, self.arch.registers[name][1])
            for name, number in numbers.items()
            if re.fullmatch(r"r[0-9a-ds]\w+|[xq]\d+|ymm\d+|xsp", name)
        }
        self.numbers = {name: number for number, name in enumerate(self.cases())}
        self.program = emulate.CODE, bytes(self.quick.mem_read(emulate.CODE, emulate.CODE_SIZE))

    def only(self, part):
        """The addresses of the one function whose name contains `part`."""
        (found,) = [symbol for symbol in self.symbols if part in symbol.name]
        return range(found["st_value"], found["st_value"] + found["st_size"])


class Run:
    """An operation with symbols for its secrets. Its compression function is executed too if the run `is_portable`."""

    def __init__(self, image, name, length, is_portable=False):
        self.image, self.name, self.length, self.is_portable = image, name, length, is_portable
        self.text, self.stored, self.octets = (symbols(kind, length) for kind in ("text", "stored", "octet"))
        self.digest, self.stored_digest = symbols("public digest", 8, 32), symbols("public stored", 8, 32)
        self.compress, self.declassify, self.search = map(image.only, ("compress256", "declassify", "first_invalid"))
        self.is_s256, self.compares = "S256" in name, "equal" in name
        self.checks_syntax = any(word in name for word in ("arse", "TryFrom", "from_stored", "request"))
        # Prepared in the emulator: the secret number 5 is a text of the character 9, or the octets that it encodes.
        engine, case = image.quick, image.numbers.get(name, image.numbers["parse a verifier"])
        image.call("prepare", case, length, 5)
        # The first call of all looks for the features of the processor.
        image.call("run", case)
        image.call("prepare", case, length, 5)
        function = [name] if name == "refused_at" else ["run", case]
        image.enter(engine, *function)
        self.registers, self.entry = Bytes((0, bytes(2048))), image.functions[function[0]]
        for register, (number, size) in image.registers.items():
            self.registers.store(self.offset(register), size, engine.reg_read(number))
        if image.is_amd64:
            # The direction of string instructions.
            self.registers.store(self.offset("d"), 8, 1)
        self.ram = bytes(engine.mem_read(emulate.MEMORY, emulate.MEMORY_SIZE))
        self.memory = Bytes((emulate.MEMORY, self.ram), image.program)
        for at, value in self.secrets():
            self.memory.store(at, len(value) // 8, value)
        self.given = dict(self.memory.written)
        if not self.given:
            raise Unknown(f"no secret of {name}")

    def secrets(self):
        """The addresses of the prepared secrets, and the symbols that replace them."""
        text, wrong = b"9" * self.length, 5 * (self.length - 1) // 15
        octets = base64.urlsafe_b64decode(b"9" * 128)[: self.length]
        digest = struct.pack("<8I", *struct.unpack(">8I", hashlib.sha256(text).digest()))
        for pattern, values in (
            (text, self.text),
            (text[:wrong] + b"A" + text[wrong + 1 :], self.stored),
            (octets, self.octets),
            (digest, self.stored_digest),
        ):
            size, at = len(values[0]) // 8, self.ram.find(pattern)
            while at >= 0:
                yield from ((emulate.MEMORY + at + size * i, value) for i, value in enumerate(values))
                at = self.ram.find(pattern, at + 1)

    def execute(self, hooked=True):
        """Executes the operation on all paths, and all of its code unless `hooked`."""
        hooks = {self.compress.start: self.on_compress} if hooked else {}
        if self.name != "refused_at":
            hooks[self.search.start] = self.on_search
        self.executor = Executor(self.image.arch, self.image.program, emulate.RETURN, hooks, self.may_branch)
        self.ends = self.executor.run(State(self.registers.copy(), self.memory.copy(), self.entry))

    def may_branch(self, at):
        return at in self.declassify or at in self.search

    def offset(self, register):
        return self.image.arch.registers[register][0]

    def register(self, state, name):
        return state.registers.load(self.offset(name), self.image.registers[name][1])

    def result(self, state):
        return self.register(state, self.image.result)

    def on_search(self, state):
        """In place of the search in a refused text, which `refused_at` covers: the operation returns 0."""
        state.registers.store(self.offset(self.image.result), 8, 0)
        state.is_refused, state.pc = True, emulate.RETURN
        return True

    def on_compress(self, state):
        """Records a compression, and makes its result symbols: that of the text is public."""
        words, blocks, count = (self.register(state, name) for name in self.image.arguments)
        if not is_int(words, blocks, count):
            raise SecretDependent("argument of compress256")
        before = [state.memory.load(words + 4 * i, 4) for i in range(8)]
        message = [state.memory.load(blocks + i, 1) for i in range(64 * count)]
        hashed = sum(len(call.message) for call in state.calls) + len(message)
        after = symbols(f"{'public' if is_int(*before, *message) else 'state'} {hashed}", 8, 32)
        after = self.digest if hashed == len(padded(self.text)) else after
        state.calls.append(Compression(before, message, after))

        def replace(state):
            for i, word in enumerate(after):
                state.memory.store(words + 4 * i, 4, word)

        stack = self.register(state, "rsp") if self.image.is_amd64 else None
        back = state.memory.load(stack, 8) if stack else self.register(state, "x30")
        if self.is_portable:
            self.executor.hooks[back] = replace
            return False
        replace(state)
        state.pc = back
        if stack:
            state.registers.store(self.offset("rsp"), 8, stack + 8)
        return True

    def written(self, state):
        return [at for at, byte in state.memory.written.items() if self.given.get(at) is not byte]

    def value(self):
        """The value that the operation returns, if any."""
        if self.name.startswith("clone"):
            return self.stored
        if self.name == "challenge, S256":
            return base64url([word[31 - i : 24 - i] for word in self.digest for i in (0, 8, 16, 24)])
        if "generate" in self.name or self.name == "from_random_bytes":
            return base64url(self.octets)
        return self.text if (self.checks_syntax or "challenge," in self.name) and not self.compares else None

    def find_value(self, state):
        """Where the call wrote that value. Found by an example, and proven."""
        value, found = self.value(), sorted(self.written(state))
        example = evaluate(join(value, 8), hash).to_bytes(len(value), "little")
        written = [state.memory.load(at, 1) for at in found]
        ram = evaluate(join(written, 8), hash).to_bytes(len(written), "little")
        for match in re.finditer(b"(?=%b)" % re.escape(example), ram):
            at = match.start()
            if all(map(holds, equal(written[at : at + len(value)], value))):
                return found[at]
        return None


# ---- The claims ----


def claim_1_syntax(run):
    """Accepted if and only if every byte is unreserved; refused at the offset of the first one that is not."""
    offset = first_invalid(run.text)
    right = [claripy.Or(claripy.Not(claripy.And(*end.path)), offset == bits(run.result(end), 64)) for end in run.ends]
    return "" if holds(claripy.And(*right)) else "another text is accepted, or another offset is returned"


def claim_2_encoder(run):
    """The text is base64url of the octets, or of the digest."""
    return "" if all(run.find_value(end) is not None for end in run.ends) else "no such text"


def claim_3_hash(run):
    """The blocks are the padded text, chained from the initial state, and one more block is public."""
    for end in run.ends:
        if not end.is_refused:
            *calls, last = end.calls
            message = [byte for call in calls for byte in call.message]
            if len(message) != len(padded(run.text)) or not all(map(holds, equal(message, padded(run.text)))):
                return f"the {len(message)} bytes before the last block are not the padded text"
            for before, call in zip([list(INITIAL), *(call.after for call in calls)], calls):
                if not all(map(holds, equal(call.before, before, 32))):
                    return "wrong state before a block"
            if not is_int(*last.before, *last.message):
                return "the last block is not public"
    return ""


def claim_4_comparison(run):
    """The result is right: equal if and only if every bit is, and no byte of a text that is checked is reserved."""
    same = equal(run.digest, run.stored_digest, 32) if run.is_s256 else equal(run.text, run.stored)
    right = claripy.And(*same) if run.compares else claripy.true()
    right = claripy.Not(right) if "unequal" in run.name else right
    right = claripy.And(right, *map(unreserved, run.text)) if run.checks_syntax else right
    results = [claripy.If(right, bits(1, 64), 0) == bits(run.result(end), 64) for end in run.ends]
    return "" if all(map(holds, results, (end.path for end in run.ends))) else "returns another result for some secret"


def claim_5_paths(run):
    """No branch, address or jump depends on a secret, except in `declassify` and in the search after a refusal."""
    try:
        run.execute()
    except SecretDependent as error:
        return f"{error} in {run.image.function_at(error.at)}"
    return ""


def claim_6_independence(run):
    """What the call wrote is the same for all secrets on the path, but for the value that it returned.

    So are the registers, on x86_64 and where all code was executed.
    """
    for end in run.ends:
        if end.is_refused:
            continue
        found = {f"{at:#x}": end.memory.load(at, 1) for at in run.written(end)}
        if run.value() and is_int(run.result(end)) and run.result(end):
            at = run.find_value(end)
            for i in range(len(run.value()) if at else 0):
                del found[f"{at + i:#x}"]
        # A generator of the images copies its octets through registers.
        has_all_code = run.is_portable or not (run.is_s256 or run.name == "refused_at")
        if run.image.is_amd64 and has_all_code and "gener" not in run.name:
            found |= {name: run.register(end, name) for name in run.image.registers}
        found = [place for place, value in found.items() if depends(value, end.path)]
        if found:
            return f"{len(found)} bytes or registers depend on the secret, the first is {found[0]}"
    return ""


# ---- The comparison with the emulator ----


def claim_0_emulation(run):
    """The executor computes what the emulator does, for known secrets. A difference stops everything."""
    run.execute(hooked=False)
    for number in (0, 1, 4):
        compare(run, number)
    return ""


def compare(run, number):
    """Executes an operation in the emulator with known secrets: memory and registers must be what the executor says."""
    image, engine = run.image, run.image.quick

    def known(symbol):
        # The two texts are equal for odd numbers, and malformed for the highest ones.
        kind, i = symbol.rsplit(" ", 1)
        random = hashlib.sha256(f"{number} {number % 2 or kind} {i}".encode()).digest()[0]
        if kind == "public stored":
            text = bytes(known(f"{'text' if number % 2 else 'stored'} {j}") for j in range(run.length))
            return struct.unpack(">8I", hashlib.sha256(text).digest())[int(i)]
        return random if kind == "octet" or number > 3 else b"AZaz09-._~"[random % 10]

    engine.mem_write(emulate.MEMORY, run.ram)
    for at in run.given:
        engine.mem_write(at, bytes([evaluate(run.memory.load(at, 1), known)]))
    for register, (there, size) in image.registers.items():
        engine.reg_write(there, run.registers.load(run.offset(register), size))
    engine.emu_start(run.entry, emulate.RETURN)
    (end,) = [end for end in run.ends if evaluate(claripy.If(claripy.And(*end.path), bits(1, 8), 0), known)]
    if end.is_refused:
        return
    memory = bytearray(run.ram)
    written = evaluate(join([end.memory.load(at, 1) for at in end.memory.written], 8), known)
    for at, byte in zip(end.memory.written, written.to_bytes(len(end.memory.written), "little")):
        memory[at - emulate.MEMORY] = byte
    registers = join([(run.register(end, name), 8 * size) for name, (_, size) in image.registers.items()])
    there = join([(engine.reg_read(there), 8 * size) for there, size in image.registers.values()])
    if evaluate(registers, known) != there or engine.mem_read(emulate.MEMORY, emulate.MEMORY_SIZE) != memory:
        raise Unknown(f"{run.name}: the executor and the emulator differ")


# ---- The runs ----


def operations(image, length, is_octets):
    """The runs for a length, with their claims."""
    # For symbols, these are the same as the other one of equal and unequal.
    same = "S256, unequal", "plain, equal", "challenges, equal"
    names = [name for name in image.numbers if not name.startswith("control") and not name.endswith(same)]
    for name in names + ["refused_at"]:
        case = image.numbers.get(name, image.numbers["parse a verifier"])
        if image.call("allows", case, length) and image.call("allows", case, 32) == is_octets:
            run = Run(image, name, length)
            encodes = name == "challenge, S256" or is_octets and "fails" not in name
            claims = [claim_5_paths] + [claim_2_encoder] * encodes + [claim_3_hash] * run.is_s256
            yield run, [*claims, claim_1_syntax if name == "refused_at" else claim_4_comparison, claim_6_independence]
            if run.is_s256 and length == PORTABLE:
                yield Run(image, name, length, is_portable=True), [claim_5_paths, claim_6_independence]


def prove(path, tree, length, is_octets, only=None, emulates=False):
    """A line for each claim that holds, and for each operation of which one does not."""
    image, seconds, counts, lines = Image(path, tree), collections.Counter(), collections.Counter(), []
    for run, claims in operations(image, length, is_octets):
        if run.is_portable and (only or emulates) or only and run.name != only:
            continue
        for claim in [claim_0_emulation] if emulates else claims:
            number, started = claim.__name__[6] + ", with sha2" * run.is_portable, time.process_time()
            why = claim(run)
            seconds[number] += time.process_time() - started
            counts[number] += not why
            if why:
                lines.append(f"MISS {image.target}, {length}: claim {number}, {run.name}: {why}")
            if why and claim is claim_5_paths:
                break
    failed = len(lines)
    for number, count in sorted((+counts).items()):
        lines.append(f"ok   {image.target}, {length}: claim {number}: {count} operations, {seconds[number]:.1f} s")
    return lines, counts.total(), failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--all", action="store_true", help="every length")
    parser.add_argument("--only", nargs=2, help="one operation, of one length")
    options = parser.parse_args()
    texts, octets = (range(43, 129), range(32, 97)) if options.all else (TEXTS, OCTETS)
    # The long ones first.
    lengths = sorted([(length, False) for length in texts] + [(length, True) for length in octets], reverse=True)
    jobs = [(PORTABLE, False, None, True), (32, True, None, True), *lengths]
    if options.only:
        name, length = options.only
        jobs = [(int(length), name == "from_random_bytes", name)]
    return emulate.run(*((prove, (path, options.tree, *job)) for job in jobs for path in options.images))


if __name__ == "__main__":
    sys.exit(main())
