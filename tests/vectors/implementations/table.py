"""Runs the vectors through each implementation and writes the results to IMPLEMENTATIONS.md, below its introduction.

    table.py [--check] FOLDER      (started by `run`, which installs the implementations into FOLDER)

An adapter reads a line per case: the id, the group and the inputs, separated by tabs. An input is `-` for null, `true`,
`false`, or `=` and the base64 of its UTF-8. An adapter writes a line for each case that its implementation has a
function for: the id, a tab, and `yes` (accepted), `no` (refused) or `crash` and why.

Exit code 1 if this crate fails a case or if a deliberately wrong implementation passes. With --check, nothing is
written, and the exit code is 1 if a result differs from that of the same version in IMPLEMENTATIONS.md.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections import namedtuple

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent
ROOT = VECTORS.parent.parent
TABLE = VECTORS / "IMPLEMENTATIONS.md"

GROUPS = [
    "verifiers",
    "challenges",
    "pairs",
    "methods",
    "stored_challenges",
    "authorization_requests",
    "token_requests",
]
# Clients derive challenges, and make their own verifiers: so the pairs in which both are well formed are counted apart.
COLUMNS = [
    "verifiers",
    "challenges",
    "pairs, well formed",
    "pairs, malformed",
    "methods",
    "stored challenges",
    "authorization requests",
    "token requests",
]

Case = namedtuple("Case", "id group column basis accepted decision line")
Implementation = namedtuple("Implementation", "name version language role command")


def main(arguments):
    check = "--check" in arguments
    folder = pathlib.Path(arguments[-1]).resolve()
    cases = [case for group in GROUPS for case in cases_of(group)]
    faults = []

    # The implementations that ran, each with its verdicts.
    results, missing = [], []
    for implementation in implementations(folder):
        verdicts = {}
        if implementation.version is not None and shutil.which(implementation.command[0]) is not None:
            verdicts = run(implementation, cases)
        if not verdicts:
            missing.append(implementation)
            continue
        results.append((implementation, verdicts))
        if implementation.name == "pkce-core":
            faults += ["pkce-core fails %s" % case.id for case in failures(cases, verdicts)]
            faults += ["pkce-core skips %s" % case.id for case in cases if case.id not in verdicts]
    if not any(implementation.name == "pkce-core" for implementation, _ in results):
        faults.append("pkce-core could not be run")

    required = [case for case in cases if case.basis == "required"]
    controls = {name: failures(required, run(control(folder, name), cases)) for name in ["reference", *CONTROLS]}
    faults += ["control: %s passes" % name for name in CONTROLS if not controls[name]]
    faults += ["control: the reference fails %s" % case.id for case in controls["reference"]]

    text = markdown(required, results, missing, controls)
    if check:
        faults += ["%s could not be run" % implementation.name for implementation in missing]
        faults += differences(text)
    else:
        TABLE.write_text(text, encoding="utf-8")
    for fault in faults:
        print("error: " + fault, file=sys.stderr)
    names = ", ".join(implementation.name for implementation in missing) or "none"
    caught = sum(1 for name in CONTROLS if controls[name])
    comparisons = sum(len(verdicts) for _, verdicts in results)
    summary = "%d implementations, %d comparisons, %d of %d controls fail, not available: %s"
    print(summary % (len(results), comparisons, caught, len(CONTROLS), names))
    return 1 if faults else 0


# ---------------------------------------------------------------------------------------------------------------------
# The implementations
# ---------------------------------------------------------------------------------------------------------------------


def implementations(folder):
    python, adapter = folder / "venv/bin/python", str(HERE / "adapter.py")
    java = ["/usr/share/java/%s.jar" % name for name in ("google-oauth-client", "google-http-client", "guava")]
    java = ["java", "-cp", ":".join([str(folder / "java"), *java]), "Adapter"]
    perl = ["perl", "-I%s" % (folder / "lemonldap/usr/share/perl5"), str(HERE / "adapter.pl")]
    derives = "client: derives the challenge, which is compared"

    def of_rust(name, role):
        return Implementation(name, crate_version(name), "Rust", role, [str(folder / "rust-adapter"), name])

    def of_python(name, role):
        return Implementation(name, pip_version(python, name), "Python", role, [str(python), "-B", adapter, name])

    def of_javascript(name, role):
        command = ["node", str(folder / "adapter.mjs"), name]
        return Implementation(name, npm_version(folder, name), "JavaScript", role, command)

    def of_debian(name, package, language, role, *command):
        return Implementation(name, debian_version(package), language, role, command)

    return [
        of_rust("pkce-core", "this crate"),
        of_rust("pkce", derives),
        of_rust("pkce-std", "both: cannot parse challenges, so the strings are compared"),
        of_rust("oauth2", derives),
        of_rust("oauth2-types", "both"),
        of_python("Authlib", "server: has no policy against plain"),
        of_python("oauthlib", "server: has no policy against plain"),
        of_javascript("oidc-provider", "server, over HTTP: S256 only"),
        of_javascript("@node-oauth/oauth2-server", "server: cannot require PKCE"),
        of_javascript("oauth4webapi", derives),
        of_javascript("openid-client", derives),
        of_javascript("pkce-challenge", "both"),
        of_debian("iddawc", "libiddawc-dev", "C", "client: sends its challenge", str(folder / "c-adapter")),
        of_debian("google-oauth-client", "libgoogle-oauth-client-java", "Java", derives, *java),
        of_debian(
            "rack-oauth2",
            "ruby-rack-oauth2",
            "Ruby",
            "server: checks the verifier, the application does the rest",
            "ruby",
            str(HERE / "adapter.rb"),
        ),
        Implementation(
            "LemonLDAP::NG",
            deb_version(folder, "liblemonldap-ng-portal-perl"),
            "Perl",
            "server: the method that checks a verifier",
            perl,
        ),
    ]


def output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def pip_version(python, name):
    found = output(str(python), "-c", "import importlib.metadata, sys; print(importlib.metadata.version(%r))" % name)
    return found and found.strip()


def npm_version(folder, name):
    try:
        return json.loads((folder / "node_modules" / name / "package.json").read_text())["version"]
    except OSError:
        return None


def crate_version(name):
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    found = re.search(r'name = "%s"\nversion = "([^"]+)"' % re.escape(name), lock)
    return found and found.group(1)


def debian_version(package):
    found = output("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package)
    return found.split(" ")[1] if found and found.startswith("installed ") else None


def deb_version(folder, package):
    files = list(folder.glob(package + "_*.deb"))
    return files[0].name.split("_")[1] if files else None


# ---------------------------------------------------------------------------------------------------------------------
# Running them
# ---------------------------------------------------------------------------------------------------------------------

CONTROLS = [
    "pads-the-challenge",
    "replaces-with-question-marks",
    "ignores-the-case-of-the-method",
    "trims-the-verifier",
    "counts-to-127",
    "reads-43-characters-of-a-challenge",
    "half-a-row-is-no-row",
    "empty-is-present",
    "never-asks-for-the-verifier",
    "allows-the-downgrade",
]


def cases_of(group):
    for case in json.loads((VECTORS / (group + ".json")).read_text(encoding="ascii"))["cases"]:
        column = group.replace("_", " ")
        decision = case["expected"]["decision"]
        if group == "pairs":
            column += ", malformed" if decision.startswith("malformed") else ", well formed"
        line = "\t".join([case["id"], group, *map(encode, inputs_of(case["input"]))])
        yield Case(case["id"], group, column, case["basis"], case["expected"]["accepted"], decision, line)


def inputs_of(values):
    for name, value in values.items():
        if name == "policy":
            yield from (value["require_pkce"], value["allow_plain"])
        elif name == "stored":
            yield from (value["challenge"], value["method"]) if value else (None, None)
        else:
            yield value


def encode(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else "=" + base64.b64encode(value.encode("utf-8")).decode("ascii")


def run(implementation, cases):
    print("+ " + implementation.name, file=sys.stderr)
    environment = {**os.environ, "PYTHONPATH": str(VECTORS)}
    lines = "".join(case.line + "\n" for case in cases)
    try:
        done = subprocess.run(
            ["nice", *implementation.command],
            input=lines,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=600,
        )
    except subprocess.TimeoutExpired:
        print("%s: did not end within 10 minutes" % implementation.name, file=sys.stderr)
        return {}
    if done.returncode != 0:
        print("%s: exit code %d: %s" % (implementation.name, done.returncode, done.stderr[-500:]), file=sys.stderr)
        return {}
    verdicts = {}
    for line in done.stdout.splitlines():
        identifier, verdict, *_ = line.split("\t")
        verdicts[identifier] = verdict
    return verdicts


def control(folder, name):
    """A deliberately wrong implementation."""
    command = [str(folder / "venv/bin/python"), "-B", str(HERE / "adapter.py"), name]
    return Implementation(name, "", "Python", "", command)


def failures(cases, verdicts):
    """The cases that an implementation fails. Those for which it has no function are left out."""
    return [case for case in cases if verdicts.get(case.id, right(case)) != right(case)]


def right(case):
    return "yes" if case.accepted else "no"


# ---------------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------------


def markdown(required, results, missing, controls):
    introduction = TABLE.read_text(encoding="utf-8").partition("\n## ")[0]
    lines = [introduction, "## Required by the RFCs", ""]
    lines += ["| implementation | version | %s |" % " | ".join(COLUMNS), "|---" * (len(COLUMNS) + 2) + "|"]
    for implementation, verdicts in results:
        cells = [cell([case for case in required if case.column == column], verdicts) for column in COLUMNS]
        lines.append("| %s | %s | %s |" % (implementation.name, implementation.version, " | ".join(cells)))
    lines += ["", "## Failures", ""]
    for implementation, verdicts in results:
        title = "- **%s** (%s; %s)" % (implementation.name, implementation.language, implementation.role)
        lines.append(title + failures_of(required, verdicts))
    if missing:
        names = ", ".join("%s (%s)" % (implementation.name, implementation.language) for implementation in missing)
        lines += ["", "Not available where this was written: %s." % names]
    lines += ["", "## Controls", ""]
    lines += ["Implementations that are wrong on purpose, and how many required cases they fail:", ""]
    lines += ["| control | failed |", "|---|---|"]
    lines += ["| %s | %d |" % (name.replace("-", " "), len(controls[name])) for name in CONTROLS]
    return "\n".join(lines) + "\n"


def cell(cases, verdicts):
    judged = sum(1 for case in cases if case.id in verdicts)
    failed = len(failures(cases, verdicts))
    return "%d / %d / %d" % (judged - failed, failed, len(cases) - judged) if judged else ""


def failures_of(required, verdicts):
    """Counts the failures by group, expected decision and verdict, with an example each."""
    names = {"yes": "accepted", "no": "refused", "crash": "exception"}
    kinds = {}
    for case in failures(required, verdicts):
        kinds.setdefault((case.group.replace("_", " "), case.decision, names[verdicts[case.id]]), []).append(case.id)
    parts = [
        "  - %s: %d `%s` %s, such as `%s`" % (group, len(ids), decision, verdict, ids[0])
        for (group, decision, verdict), ids in kinds.items()
    ]
    return "\n".join([":", *parts]) if parts else ": none."


def differences(text):
    """The rows of an implementation and version that IMPLEMENTATIONS.md has too, but with other results."""
    checked_in = rows(TABLE.read_text(encoding="utf-8"))
    return [
        "IMPLEMENTATIONS.md has %s for %s %s" % (checked_in[key], *key[1:])
        for key, row in rows(text).items()
        if key in checked_in and checked_in[key] != row
    ]


def rows(text):
    found, title = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            title = line
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) > 2:
            found[title, cells[0], cells[1]] = cells[2:]
        elif line.startswith("| "):
            found[title, cells[0], ""] = cells[1:]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
