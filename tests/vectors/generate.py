#!/usr/bin/env python3
"""Writes the test vectors. With --check, compares the files with what it would write.

Needs Python 3.9. `implementations/run` validates the files against schema.json.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True

import cases  # noqa: E402 (after the line above, so that no __pycache__ appears beside the vectors)
import rules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent

# Minor: cases were added. Major: an id, a field or an expectation was changed or removed.
VERSION = "1.0"

# Per group: its cases, the rule that decides them, and the description in its file.
GROUPS = {
    "verifiers": (cases.verifiers, rules.verifier, "Whether a value is a code_verifier."),
    "challenges": (cases.challenges, rules.challenge, "Whether a value is a code_challenge of the method."),
    "pairs": (cases.pairs, rules.pair, "Whether a challenge was derived from a verifier by the method."),
    "methods": (cases.methods, rules.method, "Whether a value is a code_challenge_method."),
    "stored_challenges": (
        cases.stored_challenges,
        rules.stored_challenge,
        "What a server reads from the two nullable columns that hold a challenge and its method.",
    ),
    "authorization_requests": (
        cases.authorization_requests,
        rules.check_authorization_request,
        "How a server with the given policy responds to the PKCE parameters of an authorization request.",
    ),
    "token_requests": (
        cases.token_requests,
        rules.check_token_request,
        "How a server with the given policy responds to the code_verifier of a token request.",
    ),
}


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    if rules.s256(cases.VERIFIER) != cases.CHALLENGE:
        raise SystemExit("error: the rules do not derive the challenge of RFC 7636 Appendix B")
    files = {group: file_of(group) for group in GROUPS}
    check_unique(files)
    texts = {group: text_of(file) for group, file in files.items()}
    if not arguments:
        for group, text in texts.items():
            path_of(group).write_bytes(text.encode("ascii"))
    if not differences({group: text.replace(cases.CHALLENGE, cases.VERIFIER) for group, text in texts.items()}):
        raise SystemExit("error: control: other expectations are not seen")
    faults = differences(texts) + faults_of_readme(files)
    for fault in faults:
        print("error: " + fault, file=sys.stderr)
    for group, file in files.items():
        print("%-24s %4d cases: %4d required, %3d stricter" % (group, file["count"], *by_basis(file)))
    print("%-24s %4d" % ("all", sum(file["count"] for file in files.values())))
    return 1 if faults else 0


def path_of(group):
    return HERE / (group + ".json")


def file_of(group):
    make, rule, description = GROUPS[group]
    decided = [decide(case, rule, group) for case in make()]
    return {
        "version": VERSION,
        "group": group,
        "description": description,
        "count": len(decided),
        "cases": decided,
    }


def decide(case, rule, group):
    """Adds what the case expects, and whether the RFCs alone lead to the same result."""
    expected = with_accepted(rule(*case["input"].values()))
    if case["decision"] not in (None, in_short(expected)):
        message = "error: %s: the case says %s, the rules %s"
        raise SystemExit(message % (case["id"], case["decision"], in_short(expected)))
    by_rfc = with_accepted(rule(*case["input"].values(), by_rfc=True))
    if expected["accepted"] and not by_rfc["accepted"]:
        raise SystemExit("error: %s is accepted against the RFCs" % case["id"])
    # The RFCs tell four kinds of pairs apart. A request is accepted or refused; they do not name the reasons.
    compared = ("decision",) if group == "pairs" else ("accepted",)
    stricter = any(expected[key] != by_rfc[key] for key in compared)
    decided = {name: case[name] for name in ("id", "comment", "sources")}
    decided["basis"] = "stricter" if stricter else "required"
    decided["input"] = case["input"]
    if group == "token_requests":
        decided["policy_changed"] = rules.policy_changed(case["input"]["policy"], case["input"]["stored"])
    decided["expected"] = expected
    if stricter:
        decided["rfc"] = {key: by_rfc[key] for key in ("accepted", "decision")}
    return decided


def with_accepted(outcome):
    return {"accepted": outcome["decision"] in rules.ACCEPTING, **outcome}


def in_short(expected):
    parts = [expected["decision"]] if expected["decision"] != "malformed" else []
    return " ".join(parts + [str(value) for value in expected.get("malformed", {}).values()])


def text_of(file):
    # DEL is ASCII, but editors do not show it.
    return json.dumps(file, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"


def by_basis(file):
    bases = [case["basis"] for case in file["cases"]]
    return bases.count("required"), bases.count("stricter")


# ---------------------------------------------------------------------------------------------------------------------
# Checks
# ---------------------------------------------------------------------------------------------------------------------


def check_unique(files):
    ids = {}
    for file in files.values():
        inputs = {}
        for case in file["cases"]:
            for seen, value in (ids, case["id"]), (inputs, json.dumps(case["input"], sort_keys=True)):
                if value in seen:
                    raise SystemExit("error: %s repeats %s" % (case["id"], seen[value]))
                seen[value] = case["id"]


def differences(texts):
    faults = []
    for group, text in texts.items():
        try:
            found = path_of(group).read_bytes()
        except OSError as error:
            faults.append(str(error))
            continue
        if found != text.encode("ascii"):
            faults.append("%s.json differs from what generate.py writes" % group)
    return faults


def faults_of_readme(files):
    readme = (HERE / "README.md").read_text(encoding="ascii")
    return [
        "README.md does not have the row %r" % row
        for group, file in files.items()
        for row in ["| %d | %d |" % by_basis(file)]
        if not re.search(r"^\| `%s\.json` \|.*%s$" % (group, re.escape(row)), readme, re.MULTILINE)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
