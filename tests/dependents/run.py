"""Runs published programs on this crate, with their own tests.

Each folder with a `port.toml` names a published package and describes its port: which files change, which lines are cut, by
number, and which of the files beside it are put in their place. Nothing of a package's source is kept here. For each package:

1. cargo fetches the source. A copy is tested as it was published.
2. A second copy is ported, and tested in the same way. It must pass as many tests.
3. `closed.rs`, followed by `inputs.rs`, is built into both. It prints a line per input, `accepted NAME` or `refused NAME`.
   Inputs named `valid …` must be accepted by both copies, and all others by the original alone.

A folder whose port has the feature `planted-fault` is built once more with it. Then an input that should be refused must
be accepted: this shows that step 3 would notice.

`guide` compiles and runs the code of the guide `with_other_crates`. `cost` measures what a second version of sha2 costs.
At the end: a table in Markdown, with which the one in the guide `adopting` is compared.
"""

import collections
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
WORK = TARGET / "programs"
ADOPTING = ROOT / "src/guides/adopting.md"
TIMES = TARGET / "rustc-times"
PORTED = f'\n[dependencies.pkce-core]\npath = "{ROOT}"\n'

ENV = os.environ | {
    "CARGO_INCREMENTAL": "0",
    "CARGO_PROFILE_DEV_DEBUG": "0",
    "CARGO_PROFILE_TEST_DEBUG": "0",
    "CARGO_TERM_COLOR": "never",
    "RUSTC_WRAPPER": str(HERE / "rustc"),
    "RUSTC_TIMES": str(TIMES),
}

passed = failed = 0


def check(name, holds, detail=""):
    """Prints a line and counts it."""
    global passed, failed
    if holds:
        passed += 1
        print(f"ok      {name}", flush=True)
    else:
        failed += 1
        print(f"FAILED  {name}\n{detail}", flush=True)


class Failed(Exception):
    """A step without which the others of its program make no sense."""


def cargo(directory, *args, env=ENV):
    """Runs cargo and returns its standard output. What it prints is shown only if it fails."""
    done = subprocess.run(["cargo", *args], cwd=directory, env=env, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Failed(f"cargo {' '.join(args)}\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}")
    return done.stdout


def fetch(name, version):
    """Returns the folder of a package's source."""
    scratch = WORK / f"{name}-fetch"
    (scratch / "src").mkdir(parents=True, exist_ok=True)
    (scratch / "src/lib.rs").touch()
    (scratch / "Cargo.toml").write_text(
        f'[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        f'[dependencies]\n{name} = {{ version = "={version}", default-features = false }}\n'
    )
    for package in json.loads(cargo(scratch, "metadata", "--format-version", "1"))["packages"]:
        if (package["name"], package["version"]) == (name, version):
            return pathlib.Path(package["manifest_path"]).parent
    raise Failed(f"cargo did not fetch {name} {version}")


def without_tables(manifest, names):
    """Returns a manifest without these tables, and how many lines they had."""
    kept, lines, inside = [], 0, False
    for line in manifest.splitlines(keepends=True):
        if line.startswith("["):
            inside = line.strip()[1:-1] in names
        if inside:
            lines += bool(line.strip())
        else:
            kept.append(line)
    return "".join(kept), lines


def code_lines(lines):
    """Counts lines that are neither blank nor a comment."""
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("//"))


def unpack(source, directory, port):
    """Copies the source, as a workspace of its own with the program `closed` among its tests."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(source, directory)
    (directory / "tests").mkdir(exist_ok=True)
    program = (port["folder"] / "closed.rs").read_text() + (HERE / "inputs.rs").read_text()
    (directory / "tests/pkce_core_closed.rs").write_text(program)
    manifest, _ = without_tables((directory / "Cargo.toml").read_text(), port.get("unused", []))
    (directory / "Cargo.toml").write_text(
        manifest
        + '\n[[test]]\nname = "pkce_core_closed"\npath = "tests/pkce_core_closed.rs"\nharness = false\n\n[workspace]\n\n'
        + port.get("both", "")
    )


def apply(directory, port):
    """Applies the port. Returns how many lines of code it took out and put in."""
    out = put_in = 0
    for edit in port["edit"]:
        path = directory / edit["file"]
        lines = path.read_text().splitlines(keepends=True)
        # From the end, so that the numbers of the lines before stay right.
        for cut in sorted(edit["cut"], key=lambda cut: cut["lines"], reverse=True):
            first, last = cut["lines"]
            new = (port["folder"] / cut["file"]).read_text() if "file" in cut else cut.get("text", "")
            new = [line + "\n" for line in new.splitlines()]
            out += code_lines(lines[first - 1 : last])
            put_in += code_lines(new)
            lines[first - 1 : last] = new
        path.write_text("".join(lines))
    manifest, dropped = without_tables(
        (directory / "Cargo.toml").read_text(), [f"dependencies.{name}" for name in port.get("replaced", [])]
    )
    added = PORTED + "".join(f"{line}\n" for line in port["dependency"].splitlines())
    for name, lines in port.get("manifest", {}).items():
        added += f"\n[{name}]\n{lines.strip()}\n"
    (directory / "Cargo.toml").write_text(manifest + added)
    return out + dropped, put_in + sum(1 for line in added.splitlines() if line and "planted-fault" not in line)


def tests(directory, port):
    """Runs the package's own tests. Returns how many passed."""
    total = 0
    for args in port["test"]:
        results = re.findall(r"^test result: ok\. (\d+) passed", cargo(directory, "test", *args), re.MULTILINE)
        total += sum(map(int, results))
    if total == 0:
        raise Failed("no test was run")
    return total


def closed(directory, port, *features):
    """Runs `closed.rs`. Returns what it printed, as a dictionary from input to result."""
    output = cargo(directory, "test", "--test", "pkce_core_closed", *port.get("features", []), *features)
    return {name: result for result, name in re.findall(r"^(accepted|refused) (.+)$", output, re.MULTILINE)}


def packages(directory, port):
    """Returns the packages that the library is built from, as a set of (name, version)."""
    tree = cargo(
        directory, "tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}", *port.get("features", [])
    )
    return {(line.split()[0], line.split()[1].removeprefix("v")) for line in tree.splitlines() if line.strip()}


def doubles(tree):
    """Returns the names that occur in more than one version."""
    count = collections.Counter(name for name, _ in tree)
    return {name for name, versions in count.items() if versions > 1}


def build_seconds(tree):
    """Returns the CPU seconds that the compiler took for these packages, as text."""
    seconds = {}
    for line in TIMES.read_text().splitlines():
        name, version, crate, user, system = line.split()
        seconds[name, version, crate] = float(user) + float(system)
    if not tree <= {(name, version) for name, version, _ in seconds}:
        raise Failed("a package was not compiled")
    return f"{sum(spent for (name, version, _), spent in seconds.items() if (name, version) in tree):.0f} s"


def program(folder):
    """Runs all steps for one program. Returns its row of the table."""
    port = tomllib.loads((folder / "port.toml").read_text()) | {"folder": folder}
    name, version = port["name"], port["version"]
    title = f"{name} {version}"
    source = fetch(name, version)
    original, ported = WORK / f"{name}-original", WORK / f"{name}-ported"

    unpack(source, original, port)
    if not (original / "Cargo.lock").exists():
        cargo(original, "generate-lockfile")
    before = tests(original, port)
    tree_before = packages(original, port)

    unpack(source, ported, port)
    shutil.copy(original / "Cargo.lock", ported)
    out, put_in = apply(ported, port)
    after = tests(ported, port)
    tree_after = packages(ported, port)

    check(f"{title}: {before} of its own tests before, {after} after", before == after)
    as_published, as_ported = closed(original, port), closed(ported, port)
    check(f"{title}: both builds were given the same inputs", len(as_published) > 1 and list(as_published) == list(as_ported))
    for case, result in as_published.items():
        expected = ("accepted", "accepted" if case.startswith("valid") else "refused")
        check(f"{title}: {case}: {result}, then {as_ported.get(case)}", (result, as_ported.get(case)) == expected)
    if "planted-fault" in port.get("manifest", {}).get("features", ""):
        faulty = closed(ported, port, "--features", "planted-fault")
        noticed = [case for case in faulty if not case.startswith("valid") and faulty[case] != "refused"]
        check(f"{title}: control: a port that accepts an empty challenge is noticed", noticed, str(faulty))

    new = doubles(tree_after) - doubles(tree_before)
    print(f"        newly in two versions: {', '.join(sorted(new)) or 'none'}")
    print(f"        CPU time of the compiler: {build_seconds(tree_before)} before, {build_seconds(tree_after)} after")
    for change in port["notice"]:
        print(f"        users notice: {change}")
    return {
        "Program": f"{title}, {port['role']}",
        "Tests": f"{before}" if before == after else f"{before}, {after}",
        "Lines out, in": f"{out}, {put_in}",
        "Refused": str(sum(1 for case in as_published if not case.startswith("valid"))),
        "Packages": f"{len(tree_before)}, {len(tree_after)}",
        "Doubled": f"{len(new)}",
    }


def table(rows):
    """Returns rows as a table in Markdown."""
    names = list(rows[0])
    return "\n".join(f"|{'|'.join(cells)}|" for cells in [names, ["---"] * len(names), *map(dict.values, rows)])


def guide():
    """Compiles and runs the code of the guide `with_other_crates`."""
    lines = cargo(HERE / "guide", "run", "--quiet").splitlines()
    for line in lines:
        check(f"guide with_other_crates: {line}", True)
    check("guide with_other_crates: it printed its lines", len(lines) > 0)


def cost():
    """Measures a program that hashes with sha2 of its own, before and after a port, and once it has sha2 0.11 as well."""
    rows = []
    for title, features in [
        ("sha2 0.10, PKCE of its own", "sha2-0-10,by-hand"),
        ("sha2 0.10, pkce-core", "sha2-0-10,pkce-core"),
        ("sha2 0.11, pkce-core", "sha2-0-11,pkce-core"),
    ]:
        directory, port = HERE / "cost", {"features": ["--features", features]}
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        shutil.rmtree(TARGET / "cost", ignore_errors=True)
        cargo(directory, "build", "--release", *port["features"], env=ENV | {"CARGO_TARGET_DIR": str(TARGET / "cost")})
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        binary = TARGET / "cost/release/cost"
        lines = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.splitlines()
        check(f"cost: {title}: hash and challenge are right", lines == [HASH, CHALLENGE], str(lines))
        tree = packages(directory, port)
        rows.append({
            "Program": title,
            "Packages": str(len(tree) - 1),
            "Doubled": str(len(doubles(tree))),
            "Build": f"{now.ru_utime + now.ru_stime - spent.ru_utime - spent.ru_stime:.1f} s",
            "Binary": f"{binary.stat().st_size:,} bytes",
        })
    return rows


# FIPS 180-2, "abc", and RFC 7636, appendix B.
HASH = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def main():
    programs = {path.parent.name: path.parent for path in sorted(HERE.glob("*/port.toml"))}
    parts = sys.argv[1:] or [*programs, "guide", "cost"]
    unknown = [part for part in parts if part not in [*programs, "guide", "cost"]]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}")
    WORK.mkdir(parents=True, exist_ok=True)
    TIMES.touch()
    rows, costs = [], []
    for part in parts:
        try:
            if part == "guide":
                guide()
            elif part == "cost":
                costs = cost()
            else:
                rows.append(program(programs[part]))
        except Failed as failure:
            check(part, False, str(failure))
    for found in (rows, costs):
        if found:
            print(f"\n{table(found)}\n")
    for row in rows:
        # The number of packages changes with their releases.
        start = [row[name] for name in ("Program", "Tests", "Lines out, in", "Refused")]
        check(f"guide adopting: the row of {row['Program']}", f"|{'|'.join(start)}|" in ADOPTING.read_text())
    print(f"dependents: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
