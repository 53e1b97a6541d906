#!/usr/bin/env python3
"""Writes the vectors, or with --check computes them anew, compares, and validates the files against schema.json.

Python 3.9 or newer, and nothing else. Where the package `jsonschema` is installed, it validates too.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True

import cases  # noqa: E402 (no __pycache__ beside the vectors)
import rules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent

# Per group: its cases, the rule that decides them, and what its file says about itself.
GROUPS = {
    "verifiers": (cases.verifiers, rules.verifier, "Whether a text is a code_verifier."),
    "challenges": (cases.challenges, rules.challenge, "Whether a text is a code_challenge of the method."),
    "pairs": (cases.pairs, rules.pair, "Whether a verifier belongs to a challenge of the method."),
    "methods": (cases.methods, rules.method, "Whether a text is a code_challenge_method."),
    "authorization_requests": (
        cases.authorization_requests,
        rules.authorization_request,
        "What a server answers to the PKCE parameters of an authorization request, under each policy.",
    ),
    "token_requests": (
        cases.token_requests,
        rules.token_request,
        "What a server answers to the code_verifier of a token request, under each policy.",
    ),
}


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    if rules.s256(cases.VERIFIER) != cases.CHALLENGE:
        raise SystemExit("error: the rules do not give the challenge of RFC 7636 Appendix B")
    texts = {group: text_of(group) for group in GROUPS}
    if not arguments:
        for group, text in texts.items():
            path_of(group).write_bytes(text.encode("ascii"))
    faults = [fault for group, text in texts.items() for fault in faults_of(group, text)] + repeated_ids(texts)
    for fault in faults:
        print("error: " + fault, file=sys.stderr)
    counts = {group: json.loads(text)["count"] for group, text in texts.items()}
    for group, count in {**counts, "all": sum(counts.values())}.items():
        print("%-24s %4d" % (group, count))
    return 1 if faults else 0


def path_of(group):
    return HERE / (group + ".json")


def text_of(group):
    make, decide, description = GROUPS[group]
    decided = [with_outcome(case, decide) for case in make()]
    file = {"group": group, "description": description, "count": len(decided), "cases": decided}
    # DEL is ASCII, but nothing that an editor shows.
    return json.dumps(file, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"


def with_outcome(case, decide):
    outcome = decide(*case["inputs"].values())
    if case["outcome"] not in (None, in_short(outcome)):
        raise SystemExit("error: %s: the case says %s, the rules %s" % (case["id"], case["outcome"], in_short(outcome)))
    return {"id": case["id"], "comment": case["comment"], "source": case["source"], **case["inputs"], **outcome}


def in_short(outcome):
    parts = [outcome["result"]] if outcome["result"] != "invalid" else []
    parts += [str(outcome[key]) for key in ("reason", "length", "offset") if key in outcome]
    return " ".join(parts)


# ---------------------------------------------------------------------------------------------------------------------
# Checks of the files
# ---------------------------------------------------------------------------------------------------------------------


def faults_of(group, expected):
    try:
        found = path_of(group).read_bytes()
    except OSError as error:
        return [str(error)]
    if not all(octet == 0x0A or 0x20 <= octet <= 0x7E for octet in found):
        return ["%s.json holds something else than printable ASCII" % group]
    faults = []
    if found.decode("ascii") != expected:
        faults.append("%s.json differs from what generate.py writes" % group)
    try:
        file = json.loads(found)
    except ValueError as error:
        return faults + ["%s.json: %s" % (group, error)]
    schema = json.loads((HERE / "schema.json").read_text(encoding="ascii"))
    faults += ["%s.json: %s" % (group, fault) for fault in violations(file, schema, schema)]
    if not faults and file["count"] != len(file["cases"]):
        faults.append("%s.json: count is wrong" % group)
    readme = (HERE / "README.md").read_text(encoding="ascii")
    if not re.search(r"\| `%s\.json` \| .* \| %d \|" % (group, json.loads(expected)["count"]), readme):
        faults.append("README.md has another count of cases for %s.json" % group)
    try:
        import jsonschema
    except ImportError:
        return faults
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(file)
    except (jsonschema.ValidationError, jsonschema.SchemaError) as error:
        faults.append("%s.json, as jsonschema says: %s" % (group, error.message))
    return faults


def repeated_ids(texts):
    seen, faults = set(), []
    for text in texts.values():
        for case in json.loads(text)["cases"]:
            if case["id"] in seen:
                faults.append("the id %s is there twice" % case["id"])
            seen.add(case["id"])
    return faults


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}


def violations(value, schema, root, path="$"):
    """As much of JSON Schema as schema.json uses: what is wrong with `value`. Another keyword is a KeyError."""
    if isinstance(schema, bool):
        return [] if schema else [path + " must not be there"]
    faults = []
    if schema.get("additionalProperties") is False and isinstance(value, dict):
        faults += ["%s must not have %s" % (path, name) for name in value if name not in schema["properties"]]
    for keyword, wanted in schema.items():
        faults += KEYWORDS[keyword](value, wanted, root, path)
    return faults


def type_is(value, wanted, root, path):
    names = wanted if isinstance(wanted, list) else [wanted]
    # In Python, a truth value is an integer.
    fits = any(isinstance(value, TYPES[name]) and (name != "integer" or value is not bool(value)) for name in names)
    return [] if fits else ["%s is no %s" % (path, " or ".join(names))]


def properties(value, wanted, root, path):
    present = [name for name in wanted if isinstance(value, dict) and name in value]
    return [fault for name in present for fault in violations(value[name], wanted[name], root, path + "." + name)]


def one_of(value, wanted, root, path):
    answers = [violations(value, schema, root, path) for schema in wanted]
    fitting = answers.count([])
    return [] if fitting == 1 else ["%s fits %d of the forms, not 1: %s" % (path, fitting, answers)]


def items(value, wanted, root, path):
    named = [("%s[%d]" % (path, index), item) for index, item in enumerate(value if isinstance(value, list) else [])]
    return [fault for name, item in named for fault in violations(item, wanted, root, name)]


def required(value, wanted, root, path):
    missing = [name for name in wanted if isinstance(value, dict) and name not in value]
    return ["%s has no %s" % (path, name) for name in missing]


def reference(value, wanted, root, path):
    return violations(value, root["$defs"][wanted[len("#/$defs/") :]], root, path)


def bound(kind, is_kept, says):
    """A keyword that binds the values of one type, and says nothing about others."""
    return lambda value, wanted, root, path: (
        ["%s %s %s" % (path, says, wanted)] if isinstance(value, kind) and not is_kept(value, wanted) else []
    )


def says_nothing(value, wanted, root, path):
    return []


KEYWORDS = {
    "$schema": says_nothing,
    "$defs": says_nothing,
    "title": says_nothing,
    "description": says_nothing,
    "additionalProperties": says_nothing,
    "type": type_is,
    "properties": properties,
    "required": required,
    "items": items,
    "oneOf": one_of,
    "$ref": reference,
    "allOf": lambda value, wanted, root, path: [
        fault for schema in wanted for fault in violations(value, schema, root, path)
    ],
    "const": bound(object, lambda value, wanted: value == wanted, "is not"),
    "enum": bound(object, lambda value, wanted: value in wanted, "is none of"),
    "minimum": bound(int, lambda value, wanted: value >= wanted, "is less than"),
    "maximum": bound(int, lambda value, wanted: value <= wanted, "is more than"),
    "minItems": bound(list, lambda value, wanted: len(value) >= wanted, "has fewer items than"),
    # In Python, `$` also matches before a newline at the end.
    "pattern": bound(str, lambda value, wanted: re.search(wanted.replace("$", r"\Z"), value), "does not match"),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
