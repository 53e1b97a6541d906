"""Runs the vectors through Authlib's server side: CodeChallenge, the extension of its authorization code grant.

    second.py      (started by `second`, with the Python that Authlib is installed for)

Authlib knows plain and S256 and no policy against plain, so the token requests are those of the policies that allow it.
Exit code 1 where an answer differs from the vectors and is not listed below, or is listed and does not differ.
"""

import json
import pathlib
import sys
from types import SimpleNamespace

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge

import rules

HERE = pathlib.Path(__file__).resolve().parent


def authorization(required, challenge, method):
    """What it says to an authorization request: None, or the error code."""
    data = {"code_challenge": challenge, "code_challenge_method": method}
    payload = SimpleNamespace(data=data, datalist={name: [value] for name, value in data.items()})
    grant = SimpleNamespace(request=SimpleNamespace(payload=payload))
    return error_of(lambda: CodeChallenge(required).validate_code_challenge(grant, None))


def token(required, stored, verifier):
    """What it says to the token request of a public client: None, or the error code."""
    stored = stored or {"code_challenge": None, "code_challenge_method": None}
    request = SimpleNamespace(
        form={"code_verifier": verifier}, auth_method="none", authorization_code=SimpleNamespace(**stored)
    )
    grant = SimpleNamespace(request=request)
    return error_of(lambda: CodeChallenge(required).validate_code_verifier(grant, None))


def error_of(call):
    try:
        call()
    except (InvalidRequestError, InvalidGrantError) as refusal:
        return refusal.error
    except UnicodeEncodeError:
        return "UnicodeEncodeError"
    return None


def row(challenge, method):
    return {"code_challenge": challenge, "code_challenge_method": method}


# Each of these gives what Authlib says and what the vectors say, in the same words; None where Authlib has no answer.


def verifiers(case):
    # A mismatch is an invalid_grant: then the form was accepted.
    form = token(True, row("A" * 43, "S256"), case["verifier"]) != "invalid_request"
    return form, case["result"] == "valid"


def challenges(case):
    # Nothing is stored yet, so this is about the form alone.
    return authorization(True, case["challenge"], case["method"]) is None, case["result"] == "valid"


def pairs(case):
    refused = authorization(True, case["challenge"], case["method"])
    refused = refused or token(True, row(case["challenge"], case["method"]), case["verifier"])
    return refused is None, case["result"] == "match"


def s256_of_pairs(case):
    if case["method"] != "S256" or case["result"] not in ("match", "mismatch"):
        return None
    same = create_s256_code_challenge(case["verifier"]) == case["challenge"]
    return same, case["result"] == "match"


def authorization_requests(case):
    if not case["policy"]["allow_plain"]:
        return None
    required = not case["policy"]["allow_non_pkce"]
    return authorization(required, case["code_challenge"], case["code_challenge_method"]), case.get("error")


def token_requests(case):
    if not case["policy"]["allow_plain"]:
        return None
    required = not case["policy"]["allow_non_pkce"]
    return token(required, case["stored"], case["code_verifier"]), case.get("error")


GROUPS = [
    ("verifiers", verifiers),
    ("challenges", challenges),
    ("pairs", pairs),
    ("pairs", s256_of_pairs),
    ("authorization_requests", authorization_requests),
    ("token_requests", token_requests),
]


def good_but_for_a_newline(text):
    return text.endswith("\n") and rules.verifier(text[:-1]) == rules.valid()


def good_as_plain_alone(text):
    return rules.verifier(text) == rules.valid() != rules.challenge("S256", text)


# What differs, and why: the comparison, the cases, the reason.
NEWLINE = "its patterns end in `$`, which also matches before a newline at the end"
ONE_PATTERN = "it has one pattern for both methods: an S256 challenge that no digest can have passes, and never matches"
KNOWN = [
    (verifiers, lambda case: good_but_for_a_newline(case["verifier"]), NEWLINE),
    (challenges, lambda case: good_but_for_a_newline(case["challenge"]), NEWLINE),
    (challenges, lambda case: case["method"] == "S256" and good_as_plain_alone(case["challenge"]), ONE_PATTERN),
    (
        pairs,
        lambda case: (
            good_but_for_a_newline(case["verifier"])
            and case["challenge"] == (rules.s256(case["verifier"]) if case["method"] == "S256" else case["verifier"])
        ),
        NEWLINE,
    ),
    (
        authorization_requests,
        lambda case: case["code_challenge_method"] == "S256" and good_as_plain_alone(case["code_challenge"] or ""),
        ONE_PATTERN,
    ),
    (
        authorization_requests,
        lambda case: case.get("reason") == "missing_challenge",
        "it refuses a request without PKCE at the token endpoint only",
    ),
    (
        token_requests,
        lambda case: case.get("reason") in ("missing_verifier", "missing_challenge"),
        "a missing verifier is an invalid_request to it, not an invalid_grant",
    ),
    (
        token_requests,
        lambda case: case["stored"] is not None and good_but_for_a_newline(case["code_verifier"] or ""),
        NEWLINE + ", so that the comparison refuses it, as an invalid_grant",
    ),
]


def main():
    faults = 0
    counts = [0] * len(KNOWN)
    for group, compare in GROUPS:
        cases = json.loads((HERE / (group + ".json")).read_text(encoding="ascii"))["cases"]
        answers = [(case, compare(case)) for case in cases]
        answers = [(case, answer) for case, answer in answers if answer is not None]
        differ = wrong = 0
        for case, (theirs, ours) in answers:
            reasons = [n for n, (of, covers, _) in enumerate(KNOWN) if of is compare and covers(case)]
            if theirs != ours and len(reasons) == 1:
                counts[reasons[0]] += 1
                differ += 1
            elif theirs != ours or reasons:
                wrong += 1
                print("error: %s, %s: Authlib says %s, the vectors %s" % (compare.__name__, case["id"], theirs, ours))
        name = compare.__name__.replace("_", " ")
        print(
            "Authlib: %d %s, %d agree, %d differ as listed"
            % (len(answers), name, len(answers) - differ - wrong, differ)
        )
        faults += wrong
        for count, (of, _, why) in zip(counts, KNOWN):
            if of is compare:
                print("  %4d  %s" % (count, why))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
