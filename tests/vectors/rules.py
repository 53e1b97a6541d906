"""The rules of PKCE, written from the RFCs and independent of the crate: hashlib, base64 and regular expressions.

Every function returns what a case expects, without `accepted`. With `by_rfc=True` it applies the RFCs alone; otherwise
it also applies what the crate refuses by choice.
"""

import base64
import hashlib
import re

LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# RFC 3986 section 2.3: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~".
UNRESERVED = LETTERS_AND_DIGITS + "-._~"
# RFC 4648 section 5, in the order of the values.
BASE64URL = LETTERS_AND_DIGITS + "-_"

# `\A` and `\Z`, because `$` also matches before a newline at the end.
VERIFIER = re.compile(r"\A[A-Za-z0-9\-._~]{43,128}\Z")
# 43 characters hold 258 bits, two more than a digest: the two lowest bits of the last one are zero.
S256_CHALLENGE = re.compile(r"\A[A-Za-z0-9\-_]{42}[AEIMQUYcgkosw048]\Z")

# Every other decision refuses.
ACCEPTING = {"valid", "match", "none", "challenge", "not_used", "verified"}

INVALID_REQUEST = {"error": "invalid_request", "other_errors": []}
# RFC 7636 section 4.6.
INVALID_GRANT = {"error": "invalid_grant", "other_errors": []}
# Where the RFCs demand a refusal but no particular error code, or two of them name different codes.
INVALID_REQUEST_OR_GRANT = {"error": "invalid_request", "other_errors": ["invalid_grant"]}
INVALID_GRANT_OR_REQUEST = {"error": "invalid_grant", "other_errors": ["invalid_request"]}
# RFC 6749 has no code for this at the token endpoint: the fault is the server's.
SERVER_ERROR = {"error": "server_error", "other_errors": []}


def base64url(octets):
    """RFC 7636 Appendix A: base64url without padding."""
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def s256(verifier):
    """RFC 7636 section 4.2: BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))."""
    return base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def verifier(text, by_rfc=False):
    """RFC 7636 section 4.1: 43 to 128 unreserved characters."""
    return form("valid", "malformed", syntax(text, range(43, 129), UNRESERVED, VERIFIER))


def challenge(method, text, by_rfc=False):
    """RFC 7636 section 4.2."""
    return form("valid", "malformed", challenge_syntax(method, text, by_rfc))


def method(text, by_rfc=False):
    """RFC 7636 section 4.3: "S256" or "plain", case-sensitive."""
    return {"decision": "valid" if text in ("S256", "plain") else "unknown_method"}


def pair(method, verifier_text, challenge_text, by_rfc=False):
    """RFC 7636 section 4.6. The challenge comes first, as it does in the protocol, then the verifier."""
    malformed = challenge_syntax(method, challenge_text, by_rfc)
    if malformed:
        return form("", "malformed_challenge", malformed)
    malformed = verifier(verifier_text).get("malformed")
    if malformed:
        return form("", "malformed_verifier", malformed)
    expected = s256(verifier_text) if method == "S256" else verifier_text
    return {"decision": "match" if expected == challenge_text else "mismatch"}


def stored_challenge(challenge_text, method_text, by_rfc=False):
    """RFC 7636 section 4.4: both values are stored with the code. The method is judged first."""
    if by_rfc:
        # The RFC does not say how they are stored: a row may omit the default method, or have empty columns.
        if not challenge_text:
            return {"decision": "none"}
        method_text = method_text or "plain"
    if challenge_text is None and method_text is None:
        return {"decision": "none"}
    if challenge_text is None or method_text is None:
        return {"decision": "incomplete", **SERVER_ERROR}
    if method(method_text)["decision"] != "valid":
        return {"decision": "unknown_method", **SERVER_ERROR}
    malformed = challenge_syntax(method_text, challenge_text, by_rfc)
    if malformed:
        return {**form("", "malformed_challenge", malformed), **SERVER_ERROR}
    return {"decision": "challenge"}


def check_authorization_request(policy, challenge_text, method_text, by_rfc=False):
    """RFC 7636 sections 4.3 and 4.4.1: presence, then the method, then the syntax of the challenge."""
    # RFC 6749 section 3.1: parameters sent without a value are treated as if they were omitted.
    if not challenge_text:
        # A server that does not require PKCE may ignore the method.
        if method_text and not (by_rfc and not policy["require_pkce"]):
            return {"decision": "method_without_challenge", **INVALID_REQUEST}
        if policy["require_pkce"]:
            return {"decision": "missing_challenge", **INVALID_REQUEST}
        return {"decision": "not_used"}
    # RFC 7636 section 4.3: "defaults to plain if not present".
    requested = method_text or "plain"
    if method(requested)["decision"] != "valid":
        return {"decision": "unknown_method", **INVALID_REQUEST}
    if requested == "plain" and not policy["allow_plain"]:
        return {"decision": "plain_not_allowed" if method_text else "missing_method", **INVALID_REQUEST}
    malformed = challenge_syntax(requested, challenge_text, by_rfc)
    if malformed:
        return {**form("", "malformed_challenge", malformed), **INVALID_REQUEST}
    return {"decision": "challenge", "stored": {"challenge": challenge_text, "method": requested}}


def check_token_request(policy, stored, verifier_text, by_rfc=False):
    """RFC 7636 section 4.6 and RFC 9700 section 4.8.2: presence, policy, syntax, comparison."""
    # RFC 6749 section 3.2, as above.
    if stored is None:
        if verifier_text:
            return {"decision": "unexpected_verifier", **INVALID_REQUEST_OR_GRANT}
        # Requiring PKCE is a rule of the authorization endpoint (RFC 7636 section 4.4.1).
        if policy["require_pkce"] and not by_rfc:
            return {"decision": "missing_challenge", **INVALID_GRANT_OR_REQUEST}
        return {"decision": "not_used"}
    if not verifier_text:
        return {"decision": "missing_verifier", **INVALID_GRANT_OR_REQUEST}
    if stored["method"] == "plain" and not policy["allow_plain"] and not by_rfc:
        return {"decision": "plain_not_allowed", **INVALID_GRANT_OR_REQUEST}
    malformed = verifier(verifier_text).get("malformed")
    if malformed:
        return {**form("", "malformed_verifier", malformed), **INVALID_REQUEST_OR_GRANT}
    if pair(stored["method"], verifier_text, stored["challenge"])["decision"] != "match":
        return {"decision": "mismatch", **INVALID_GRANT}
    return {"decision": "verified"}


def policy_changed(policy, stored):
    """Whether no authorization request that this policy accepts leads to what is stored."""
    if stored is None:
        return policy["require_pkce"]
    return "stored" not in check_authorization_request(policy, stored["challenge"], stored["method"])


def challenge_syntax(method, text, by_rfc):
    """What is wrong with a challenge, or None. A plain one is a verifier; an S256 one is 32 octets in base64url."""
    # RFC 7636 section 4.2 has one grammar for both methods: 43 to 128 unreserved characters.
    if by_rfc or method == "plain":
        return syntax(text, range(43, 129), UNRESERVED, VERIFIER)
    malformed = syntax(text, range(43, 44), BASE64URL, None)
    if not malformed and base64url(base64.urlsafe_b64decode(text + "=")) != text:
        malformed = {"rule": "non_canonical"}
    assert (malformed is None) == bool(S256_CHALLENGE.match(text)), text
    return malformed


def syntax(text, lengths, alphabet, pattern):
    """The first rule that the text breaks, or None: length, then each octet. The pattern must agree."""
    malformed = None
    octets = text.encode("utf-8")
    invalid = [offset for offset, octet in enumerate(octets) if octet not in alphabet.encode("ascii")]
    if len(octets) not in lengths:
        malformed = {"rule": "invalid_length", "length": len(octets)}
    elif invalid:
        malformed = {"rule": "invalid_byte", "offset": invalid[0]}
    assert pattern is None or (malformed is None) == bool(pattern.match(text)), text
    return malformed


def form(good, bad, malformed):
    return {"decision": bad, "malformed": malformed} if malformed else {"decision": good}
