"""Runs the vectors through each implementation and writes a table of the results in Markdown.

    table.py [--check] FOLDER      (started by `run`, which installs the implementations into FOLDER)

An adapter reads a line per case: the id, the group and the inputs, separated by tabs. An input is `-` for null, `true`,
`false`, or `=` and the base64 of its UTF-8. An adapter writes a line for each case that its implementation has a
function for: the id, a tab, and `yes` (accepted), `no` (refused) or `crash` and why.

Exit code 1 if this crate fails a case or if a deliberately wrong implementation passes. With --check, writes a summary
instead of the table, and the exit code is 1 if a result differs from that of the same version in IMPLEMENTATIONS.md.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections import Counter, namedtuple

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
Result = namedtuple("Result", "cell failures")


def main(arguments):
    check = "--check" in arguments
    folder = pathlib.Path(arguments[-1]).resolve()
    cases = [case for group in GROUPS for case in cases_of(group)]
    faults = []

    # The implementations that ran, each with its results by column and basis.
    results, missing, comparisons = [], [], 0
    for implementation in implementations(folder):
        if implementation.version is None or shutil.which(implementation.command[0]) is None:
            missing.append(implementation)
            continue
        verdicts = run(implementation, cases)
        if not verdicts:
            missing.append(implementation)
            continue
        comparisons += len(verdicts)
        result = {
            (column, basis): evaluate(cases, verdicts, column, basis)
            for column in COLUMNS
            for basis in ("required", "stricter")
        }
        results.append((implementation, result))
        if implementation.name == "pkce-core":
            failures = [failure for cell in result.values() for failure in cell.failures]
            faults += ["pkce-core fails %s" % case.id for case, _ in failures]
            faults += ["pkce-core skips %s" % case.id for case in cases if case.id not in verdicts]
    if not any(implementation.name == "pkce-core" for implementation, _ in results):
        faults.append("pkce-core could not be run")

    controls = {name: failed(folder, name, cases) for name in ["reference", *CONTROLS]}
    faults += ["control: %s passes" % name for name in CONTROLS if not controls[name]]
    faults += ["control: the reference fails %s" % identifier for identifier in controls["reference"]]

    text = markdown(cases, results, missing, controls)
    if check:
        faults += differences(text)
    else:
        sys.stdout.write(text)
    for fault in faults:
        print("error: " + fault, file=sys.stderr)
    summary = "%d implementations, %d comparisons, %d of %d controls fail, not available: %s"
    names = ", ".join(implementation.name for implementation in missing) or "none"
    caught = sum(1 for name in CONTROLS if controls[name])
    values = len(results), comparisons, caught, len(CONTROLS), names
    print(summary % values, file=sys.stdout if check else sys.stderr)
    return 1 if faults else 0


# ---------------------------------------------------------------------------------------------------------------------
# The implementations
# ---------------------------------------------------------------------------------------------------------------------


def implementations(folder):
    python, adapter = folder / "venv/bin/python", str(HERE / "adapter.py")
    rust, go = str(folder / "rust-adapter"), str(folder / "go-adapter")
    perl = ["perl", "-I%s" % (folder / "lemonldap/usr/share/perl5"), str(HERE / "adapter.pl")]
    jars = [str(folder / "java")] + [
        "/usr/share/java/%s.jar" % name for name in ("google-oauth-client", "google-http-client", "guava")
    ]

    def of_python(name, role):
        return Implementation(name, pip_version(python, name), "Python", role, [str(python), "-B", adapter, name])

    def of_javascript(name, role):
        command = ["node", str(folder / "adapter.mjs"), name]
        return Implementation(name, npm_version(folder, name), "JavaScript", role, command)

    def of_rust(name, role):
        return Implementation(name, crate_version(name), "Rust", role, [rust, name])

    def of_java(name, version, role):
        return Implementation(name, version, "Java", role, ["java", "-cp", ":".join(jars), "Adapter", name])

    return [
        of_rust("pkce-core", "this crate"),
        of_rust("pkce", "client: derives the challenge, which is compared"),
        of_rust("pkce-std", "both: cannot parse challenges, so the strings are compared"),
        of_rust("oauth2", "client: derives the challenge, which is compared"),
        of_rust("oauth2-types", "both"),
        of_python("Authlib", "server: has no policy against plain"),
        of_python("oauthlib", "server: has no policy against plain"),
        of_javascript("oidc-provider", "server, over HTTP: S256 only"),
        of_javascript("@node-oauth/oauth2-server", "server: cannot require PKCE"),
        of_javascript("oauth4webapi", "client: derives the challenge, which is compared"),
        of_javascript("openid-client", "client: derives the challenge, which is compared"),
        of_javascript("pkce-challenge", "both"),
        Implementation(
            "golang.org/x/oauth2",
            debian_version("golang-golang-x-oauth2-dev"),
            "Go",
            "client: sends the challenge that Go's standard library derives",
            [go],
        ),
        Implementation(
            "iddawc",
            debian_version("libiddawc-dev"),
            "C",
            "client: sends the challenge that it derives",
            [str(folder / "c-adapter")],
        ),
        of_java(
            "google-oauth-client",
            debian_version("libgoogle-oauth-client-java"),
            "client: derives the challenge, which is compared",
        ),
        of_java("JDK", tool_version("java", "-version"), "client in plain Java: `getBytes(US_ASCII)`"),
        Implementation(
            "PHP",
            tool_version("php", "--version"),
            "PHP",
            "client in plain PHP, for lack of a library in Debian",
            ["php", str(HERE / "adapter.php")],
        ),
        Implementation(
            "rack-oauth2",
            debian_version("ruby-rack-oauth2"),
            "Ruby",
            "server: checks the verifier, the application does the rest",
            ["ruby", str(HERE / "adapter.rb")],
        ),
        Implementation(
            "LemonLDAP::NG",
            deb_version(folder, "liblemonldap-ng-portal-perl"),
            "Perl",
            "server: the method that checks a verifier",
            [*perl, "LemonLDAP"],
        ),
        Implementation("Perl", tool_version("perl", "--version"), "Perl", "client in plain Perl", [*perl, "core"]),
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


def tool_version(*command):
    found = re.search(r"\d+(\.\d+)+", output(*command) or "")
    return found and found.group(0)


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


def evaluate(cases, verdicts, column, basis):
    of_column = [case for case in cases if (case.column, case.basis) == (column, basis)]
    judged = [case for case in of_column if case.id in verdicts]
    failures = [(case, verdicts[case.id]) for case in judged if verdicts[case.id] != ("yes" if case.accepted else "no")]
    if not judged:
        return Result("", [])
    counts = len(judged) - len(failures), len(failures), len(of_column) - len(judged)
    return Result("%d / %d / %d" % counts, failures)


def failed(folder, name, cases):
    """The required cases that a control fails."""
    command = [str(folder / "venv/bin/python"), "-B", str(HERE / "adapter.py"), name]
    verdicts = run(Implementation(name, "", "Python", "", command), cases)
    return [
        case.id
        for case in cases
        if case.basis == "required" and verdicts[case.id] != ("yes" if case.accepted else "no")
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------------


INTRODUCTION = """# Implementations

How implementations of PKCE fare on the test vectors, version %s. `bash tests/vectors/implementations/run` writes this
file to standard output.

A cell counts cases: passed / failed / not applicable. It is empty if the implementation has no function for the group.
A case fails if it is accepted instead of refused, refused instead of accepted, or ends in an exception or a server
error. Decisions and error codes are not compared.

A client library makes its own verifiers, so its failures in malformed pairs are not faults of its logins. They are
counted because its function takes any string. A server is called as an application would call it, at its public
functions where they suffice; a pair is a login there: an authorization request and a token request."""


ABSENT = """Not in the table, because they have no function for PKCE: oauth2 1.4.4 for Ruby, and Net::OAuth2 0.67,
Net::OAuth2::AuthorizationServer 0.28, OAuth::Lite2 0.11 and Mojolicious::Plugin::OAuth2 2.02 for Perl, all as in
Debian 12. Debian has no library with PKCE for PHP. Not run: glewlwyd 2.7.5, a server, whose check is no function that its
plugin exports; it needs a database with a plugin, a scope, a client and a user before it answers."""


def markdown(cases, results, missing, controls):
    version = json.loads((VECTORS / "pairs.json").read_text(encoding="ascii"))["version"]
    lines = [INTRODUCTION % version]
    for basis, title in ("required", "Required by the RFCs"), ("stricter", "Stricter by choice of this crate"):
        columns = [
            column for column in COLUMNS if any(case for case in cases if (case.column, case.basis) == (column, basis))
        ]
        lines += [
            "",
            "## " + title,
            "",
            "| implementation | version | %s |" % " | ".join(columns),
            "|---" * (len(columns) + 2) + "|",
        ]
        for implementation, result in results:
            cells = [result[column, basis].cell for column in columns]
            lines.append("| %s | %s | %s |" % (implementation.name, implementation.version, " | ".join(cells)))
    lines += ["", "## Failures in required cases", ""]
    for implementation, result in results:
        lines.append(
            "- **%s** (%s; %s)" % (implementation.name, implementation.language, implementation.role)
            + failures_of(result)
        )
    if missing:
        names = ", ".join("%s (%s)" % (implementation.name, implementation.language) for implementation in missing)
        lines += ["", "Not available where this was written: %s." % names]
    lines += ["", ABSENT]
    lines += [
        "",
        "## Controls",
        "",
        "Implementations that are wrong on purpose, and how many required cases they fail:",
        "",
    ]
    lines += ["| control | failed |", "|---|---|"]
    lines += ["| %s | %d |" % (name.replace("-", " "), len(controls[name])) for name in CONTROLS]
    return "\n".join(lines) + "\n"


def failures_of(result):
    """Counts the failures by group, expected decision and verdict, with an example each."""
    counts, examples = Counter(), {}
    for (column, basis), (_, failures) in result.items():
        for case, verdict in failures if basis == "required" else []:
            kind = (
                column.split(",")[0],
                case.decision,
                {"yes": "accepted", "no": "refused", "crash": "exception"}[verdict],
            )
            counts[kind] += 1
            examples.setdefault(kind, case.id)
    parts = [
        "  - %s: %d `%s` %s, such as `%s`" % (group, count, decision, verdict, examples[group, decision, verdict])
        for (group, decision, verdict), count in counts.items()
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
