#!/usr/bin/env python3
"""Checks the two layers of src: the mechanisms in `secret` import no other module, and of the modules above only
`challenge` and `verifier` import each other."""

import pathlib
import re
import sys

CIRCLE = {"challenge", "verifier"}
# `guides` exists in the documentation only, and `lib` is the list of the modules.
APART = {"guides", "lib"}


def imports(files):
    """The modules that each module names, in an import or anywhere else in its code."""
    graph = {path.split("/")[0].removesuffix(".rs"): set() for path in files}
    for path, text in files.items():
        module = path.split("/")[0].removesuffix(".rs")
        above = r"\bsuper::super::" if "/" in path else r"^use super::"
        code = re.sub(above, "crate::", re.sub(r"//.*", "", text), flags=re.M)
        for names in re.findall(r"\bcrate::(\{.*?\};|\w+)", code, re.S):
            # In braces, the name of a module stands in front of what it is used for.
            graph[module].update(re.findall(r"\w+", re.sub(r"::(\{[^{}]*\}|\w+)", "", names)))
    return {module: names - {module} for module, names in graph.items() if module not in APART}


def reach(graph, start):
    """The modules that `start` imports, that these import, and so on."""
    seen, left = set(), list(graph[start])
    while left:
        module = left.pop()
        if module not in seen:
            seen.add(module)
            left.extend(graph.get(module, ()))
    return seen


def faults(files):
    graph = imports(files)
    found = [f"{module} names crate::{name}, which is not a module" for module in graph for name in graph[module] - set(graph)]
    found += [f"secret imports {name}" for name in graph["secret"]]
    circles = [{other for other in graph if module in reach(graph, other)} & reach(graph, module) for module in graph]
    return found + [f"these import each other: {sorted(circle)}" for circle in circles if circle not in (set(), CIRCLE)]


def main():
    src = pathlib.Path(__file__).parent.parent / "src"
    files = {path.relative_to(src).as_posix(): path.read_text() for path in src.rglob("*.rs")}
    found = faults(files)
    # The controls: a mechanism that imports a value type, in three ways, a circle above, and a path around the modules.
    controls = {
        "secret.rs": "use super::verifier::CodeVerifier;",
        "secret/s256.rs": "    use super::super::challenge::CodeChallenge;",
        "secret/memory.rs": "use crate::{\n    secret::chunk::{CHUNK, Chunk},\n    error::VerifyError,\n};",
        "error.rs": "use crate::policy::ServerPolicy;",
        "metadata.rs": "fn f(_: crate::ServerPolicy) {}",
    }
    for path, line in controls.items():
        if faults({**files, path: f"{files[path]}\n{line}\n"}) == found:
            found.append(f"control: not found in src/{path}: {line}")
    graph = imports(files)
    edges = sum(map(len, graph.values()))
    print("\n".join(found) or f"{len(graph)} modules, {edges} imports; each of {len(controls)} planted ones was found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
