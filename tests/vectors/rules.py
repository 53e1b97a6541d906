"""The rules of PKCE, written from the RFCs and independent of the crate: with hashlib, base64 and regular expressions.

Every function gives the outcome of a case as a dict: `result`, and where that is a refusal `reason`, `length` or
`offset`, and `error`. Forms are decided twice, octet by octet and by a regular expression, and must agree.
"""

import base64
import hashlib
import re

LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# RFC 3986 section 2.3: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~".
UNRESERVED = LETTERS_AND_DIGITS + "-._~"
# RFC 4648 section 5, in the order of the values.
BASE64URL = LETTERS_AND_DIGITS + "-_"

# `\A` and `\Z`, for `$` also matches before a newline at the end.
VERIFIER = re.compile(r"\A[A-Za-z0-9\-._~]{43,128}\Z")
# 43 characters hold 258 bits, two more than a digest: the last one must have its two lowest bits clear.
S256_CHALLENGE = re.compile(r"\A[A-Za-z0-9\-_]{42}[AEIMQUYcgkosw048]\Z")


def base64url(octets):
    """RFC 7636 Appendix A: base64url without padding."""
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def s256(verifier):
    """RFC 7636 section 4.2: BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))."""
    return base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def verifier(text):
    """RFC 7636 section 4.1: 43 to 128 unreserved characters. The length comes first, then the first bad octet."""
    outcome = first_fault(text, range(43, 129), UNRESERVED)
    assert (outcome == valid()) == bool(VERIFIER.match(text)), text
    return outcome


def challenge(method, text):
    """RFC 7636 section 4.2. A plain challenge is a verifier; an S256 one is 32 octets in canonical base64url."""
    if method == "plain":
        return verifier(text)
    outcome = first_fault(text, range(43, 44), BASE64URL)
    if outcome == valid() and base64url(base64.urlsafe_b64decode(text + "=")) != text:
        outcome = invalid("non_canonical")
    assert (outcome == valid()) == bool(S256_CHALLENGE.match(text)), text
    return outcome


def method(text):
    """RFC 7636 section 4.3: "S256" or "plain", and case matters."""
    return valid() if text in ("S256", "plain") else invalid("unknown_method")


def pair(method, verifier_text, challenge_text):
    """RFC 7636 section 4.6. The challenge comes first, as it does in the protocol, then the verifier."""
    form = challenge(method, challenge_text)
    if form != valid():
        return {**form, "result": "malformed_challenge"}
    form = verifier(verifier_text)
    if form != valid():
        return {**form, "result": "malformed_verifier"}
    expected = s256(verifier_text) if method == "S256" else verifier_text
    return {"result": "match" if expected == challenge_text else "mismatch"}


def authorization_request(policy, code_challenge, code_challenge_method):
    """RFC 7636 sections 4.3 and 4.4.1: presence, method, policy, form."""
    # RFC 6749 section 3.1: a parameter without a value is treated as omitted. So below, "" is None.
    if not code_challenge:
        if code_challenge_method:
            return refused("invalid_request", "method_without_challenge")
        if policy["allow_non_pkce"]:
            return {"result": "no_challenge"}
        return refused("invalid_request", "missing_challenge")
    # RFC 7636 section 4.3: "defaults to plain if not present". A server without plain names what is missing.
    requested = code_challenge_method or "plain"
    if method(requested) != valid():
        return refused("invalid_request", **method(requested))
    if requested == "plain" and not policy["allow_plain"]:
        return refused("invalid_request", "plain_not_allowed" if code_challenge_method else "missing_method")
    form = challenge(requested, code_challenge)
    if form != valid():
        return refused("invalid_request", **form)
    return {"result": "challenge", "method": requested}


def token_request(policy, stored, code_verifier):
    """RFC 7636 section 4.6 and RFC 9700 section 4.8.2: presence, policy, form, comparison."""
    # RFC 6749 section 3.2, as above.
    if stored is None:
        if code_verifier:
            return refused("invalid_request", "unexpected_verifier")
        if policy["allow_non_pkce"]:
            return {"result": "not_used"}
        return refused("invalid_grant", "missing_challenge")
    if not code_verifier:
        return refused("invalid_grant", "missing_verifier")
    if stored["code_challenge_method"] == "plain" and not policy["allow_plain"]:
        return refused("invalid_grant", "plain_not_allowed")
    form = verifier(code_verifier)
    if form != valid():
        return refused("invalid_request", **form)
    compared = pair(stored["code_challenge_method"], code_verifier, stored["code_challenge"])
    if compared["result"] != "match":
        return refused("invalid_grant", "mismatch")
    return {"result": "verified"}


def first_fault(text, lengths, alphabet):
    octets = text.encode("utf-8")
    if len(octets) not in lengths:
        return invalid("invalid_length", length=len(octets))
    for offset, octet in enumerate(octets):
        if octet not in alphabet.encode("ascii"):
            return invalid("invalid_byte", offset=offset)
    return valid()


def valid():
    return {"result": "valid"}


def invalid(reason, **where):
    return {"result": "invalid", "reason": reason, **where}


def refused(error, reason, result=None, **where):
    # `result` is there to drop the "invalid" of a form.
    return {"result": "refused", "error": error, "reason": reason, **where}
