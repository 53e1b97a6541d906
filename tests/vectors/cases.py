"""The cases: the input, why it is there, and, except for the two tables, the expected decision.

The stated decision is a second opinion beside rules.py: `generate.py` refuses to write a case where the two disagree.
It is a short text: `valid`, `match`, or the rule that is broken and where, as in `invalid_byte 43`.
"""

import base64
import hashlib
import unicodedata

from rules import BASE64URL, UNRESERVED, base64url, s256

GITHUB = "https://github.com/"

# The published failures that cases name. Identifiers that can be looked up as they are need no entry here.
FAILURES = {
    "Authlib 1.9.6": GITHUB + "authlib/authlib/blob/v1.9.6/authlib/oauth2/rfc7636/challenge.py",
    "Eventra PR 18234": GITHUB + "SandeepVashishtha/Eventra/pull/18234",
    "IdentityServer4 #4284": GITHUB + "DuendeArchive/IdentityServer4/issues/4284",
    "authgate #221": GITHUB + "go-authgate/authgate/issues/221",
    "better-auth PR 9645": GITHUB + "better-auth/better-auth/pull/9645",
    "coder PR 28003": GITHUB + "coder/coder/pull/28003",
    "ferriskey PR 1102": GITHUB + "ferriskey/ferriskey/pull/1102",
    "hydra #1512": GITHUB + "ory/hydra/issues/1512",
    "keycloak #15739": GITHUB + "keycloak/keycloak/issues/15739",
    "matrix-authentication-service PR 320": GITHUB + "matrix-org/matrix-authentication-service/pull/320",
    "node-oauth2-server commit 2d0659f": GITHUB + "node-oauth/node-oauth2-server/commit/2d0659f",
    "nsflow #249": GITHUB + "cognizant-ai-lab/nsflow/issues/249",
    "oauth2client #674": GITHUB + "googleapis/oauth2client/issues/674",
    "rauthy": GITHUB + "sebadob/rauthy/blob/0d99cf60646ce4926d4419ac52182fde1293bd0c/src/common/src/regex.rs",
    "sa-token-core 0.2.1": "https://docs.rs/sa-token-core/0.2.1",
    "sentry PR 104418": GITHUB + "getsentry/sentry/pull/104418",
    "tinyauth PR 766": GITHUB + "tinyauthapp/tinyauth/pull/766",
    "workers-oauth-provider #113": GITHUB + "cloudflare/workers-oauth-provider/issues/113",
    "workers-oauth-provider commit 9adb3f4": GITHUB + "cloudflare/workers-oauth-provider/commit/9adb3f4",
}

# RFC 7636 Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

VERIFIER_RULE = "RFC 7636 4.1"
CHALLENGE_RULE = "RFC 7636 4.2"
CHECK_RULE = "RFC 7636 4.6"

# Around the bounds of the rule and those of SHA-256: with its padding, one block holds 55 octets, and two hold 119.
LENGTHS = [43, 44, 45, 47, 48, 54, 55, 56, 57, 63, 64, 65, 86, 96, 118, 119, 120, 121, 126, 127, 128]


def sample(length, seed=0):
    """Unreserved characters that look random and are the same in every run."""
    octets = hashlib.shake_256(b"PKCE %d %d" % (length, seed)).digest(length)
    return "".join(UNRESERVED[octet % 66] for octet in octets)


def put(text, offset, piece):
    """Overwrites the characters of `text` at `offset` with `piece`."""
    return text[:offset] + piece + text[offset + len(piece) :]


def spelled(char):
    """A character as it appears in an id: itself if it is a letter or a digit."""
    if char.isascii() and char.isalnum():
        return char
    return "0x%02x" % ord(char) if char.isascii() else "u%04x" % ord(char)


def case(name, comment, source, inputs, decision):
    return {"id": name, "comment": comment, "sources": sources(source), "input": inputs, "decision": decision}


def sources(text):
    """`"RFC 7636 4.1; rauthy"` as a list of what can be looked up."""
    return list(dict.fromkeys(source_of(part) for part in text.split("; ") if part))


def source_of(part):
    rfc, number, section = (part.split(" ") + ["", ""])[:3]
    if rfc == "RFC" and section[:1].isdigit():
        return "RFC %s section %s" % (number, section)
    if rfc == "RFC" or part.startswith("CVE-"):
        return part
    return FAILURES[part]


# ---------------------------------------------------------------------------------------------------------------------
# The syntax of verifiers
# ---------------------------------------------------------------------------------------------------------------------


def verifiers():
    return [
        case("verifier-" + name, comment, source, {"verifier": text}, decision)
        for texts in (valid_texts, texts_of_invalid_length, texts_with_an_invalid_byte, texts_outside_ascii)
        for name, comment, source, text, decision in texts()
    ]


def valid_texts():
    yield "rfc7636-appendix-b", "the verifier of the RFC", "RFC 7636 Appendix B", VERIFIER, "valid"
    for length in LENGTHS:
        source = VERIFIER_RULE
        if length > 43:
            source += "; matrix-authentication-service PR 320"
        yield "length-%d" % length, "%d characters" % length, source, sample(length), "valid"
    yield "alphabet", "every unreserved character once", VERIFIER_RULE, UNRESERVED, "valid"
    yield "alphabet-reversed", "every unreserved character once, in reverse", VERIFIER_RULE, UNRESERVED[::-1], "valid"
    for symbol in "-._~":
        source = VERIFIER_RULE + ("; nsflow #249" if symbol == "~" else "")
        for length in (43, 128):
            comment = "%s, %d times" % (symbol, length)
            yield "only-%s-%d" % (spelled(symbol), length), comment, source, symbol * length, "valid"
        text = symbol + sample(41) + symbol
        yield "around-%s" % spelled(symbol), "%s first and last" % symbol, source, text, "valid"
    for char in "AZaz09":
        yield "only-%s-43" % spelled(char), "%s, 43 times" % char, VERIFIER_RULE, char * 43, "valid"
    yield "hex-64", "32 octets in hexadecimal are allowed", VERIFIER_RULE, "0123456789abcdef" * 4, "valid"
    uuids = "01234567-89ab-4cde-8f01-23456789abcd-01234567-89ab-4cde-8f01-23456789abcd"
    yield "two-uuids", "two UUIDs in a row are long enough", VERIFIER_RULE, uuids, "valid"
    yield "octets-96", "96 octets in base64url are 128 characters", VERIFIER_RULE, base64url(bytes(range(96))), "valid"
    text = put(VERIFIER, 42, "l")
    yield "spare-bits", "a verifier need not be canonical base64url", VERIFIER_RULE, text, "valid"


def texts_of_invalid_length():
    source = VERIFIER_RULE + "; CVE-2026-41213; coder PR 28003"
    yield "empty", "empty", source, "", "invalid_length 0"
    for length in (1, 2, 8, 16, 22, 32, 41, 42, 129, 130, 256, 512, 1024, 4096):
        comment = "1 character" if length == 1 else "%d characters" % length
        yield "length-%d" % length, comment, source, sample(length), "invalid_length %d" % length
    text = "01234567-89ab-4cde-8f01-23456789abcd"
    yield "uuid", "a UUID is too short, and has 122 bits", "RFC 7636 4.1; RFC 7636 7.1", text, "invalid_length 36"
    comment = "the length is checked before the alphabet"
    for length in (42, 129):
        text = put(sample(length), 5, "+")
        yield "length-%d-invalid-byte" % length, comment, VERIFIER_RULE, text, "invalid_length %d" % length


def texts_with_an_invalid_byte():
    for octet in range(0x80):
        char = chr(octet)
        if char in UNRESERVED:
            continue
        source = VERIFIER_RULE + ("; rauthy" if char in "+/=" else "")
        # At the start, in the middle or at the end, at different lengths; the likely ones in all three places.
        length = 43 + octet * 37 % 86
        places = {"first": 0, "middle": length // 2, "last": length - 1}
        wanted = list(places) if char in "\0\t\n\r %&+,/:=@" else [list(places)[octet % 3]]
        for place in wanted:
            text = put(sample(length), places[place], char)
            comment = "octet 0x%02x, %s" % (octet, place)
            yield "byte-0x%02x-%s" % (octet, place), comment, source, text, "invalid_byte %d" % places[place]

    newline = VERIFIER_RULE + "; Authlib 1.9.6"
    for name, end in ("lf", "\n"), ("cr-lf", "\r\n"), ("cr", "\r"):
        for length in (43, 64, 126):
            comment = "a newline after %d valid characters" % length
            yield "%s-after-%d" % (name, length), comment, newline, sample(length) + end, "invalid_byte %d" % length
    yield "lf-after-42", "42 characters and a newline", newline, sample(42) + "\n", "invalid_byte 42"
    yield "lf-after-127", "127 characters and a newline", newline, sample(127) + "\n", "invalid_byte 127"
    yield "lf-after-128", "128 characters and a newline", newline, sample(128) + "\n", "invalid_length 129"
    yield "lf-before", "a newline before 43 valid characters", newline, "\n" + sample(43), "invalid_byte 0"
    yield "lf-inside", "two lines of 43 characters", newline, sample(43) + "\n" + sample(43, 1), "invalid_byte 43"

    for name, blank in ("space", " "), ("tab", "\t"), ("nul", "\0"):
        comment = "a %s before and after" % name
        yield "%s-around" % name, comment, VERIFIER_RULE, blank + sample(43) + blank, "invalid_byte 0"
        comment = "a %s at the end" % name
        yield "%s-after-43" % name, comment, VERIFIER_RULE, sample(43) + blank, "invalid_byte 43"
    yield "spaces-43", "43 spaces", VERIFIER_RULE, " " * 43, "invalid_byte 0"
    yield "nuls-43", "43 NULs", VERIFIER_RULE, "\0" * 43, "invalid_byte 0"

    text = sample(43) + "%7E"
    yield "percent-7e", "a tilde that is still percent-encoded", VERIFIER_RULE, text, "invalid_byte 43"
    text = sample(43).replace(".", "%2E") + "%2D"
    decision = "invalid_byte %d" % text.index("%")
    yield "percent-2d", "a hyphen that is still percent-encoded", VERIFIER_RULE, text, decision
    text = "".join("%%%02X" % ord(char) for char in sample(42))
    yield "percent-all", "42 characters, all percent-encoded", VERIFIER_RULE, text, "invalid_byte 0"
    text = base64.b64encode(bytes(range(224, 256))).decode("ascii")
    yield "base64-padded", "standard base64 of 32 octets", VERIFIER_RULE + "; rauthy", text, "invalid_byte 5"
    text = VERIFIER + "="
    yield "base64url-padded", "padded base64url of 32 octets", VERIFIER_RULE + "; rauthy", text, "invalid_byte 43"
    comment = "two invalid octets: the first one is reported"
    text = put(put(sample(60), 17, "+"), 41, "/")
    yield "two-invalid-bytes", comment, VERIFIER_RULE, text, "invalid_byte 17"
    text = put(put(sample(60), 59, "="), 0, "=")
    yield "invalid-bytes-at-both-ends", comment, VERIFIER_RULE, text, "invalid_byte 0"
    text = "'" + sample(43) + "'"
    yield "quoted", "in quotes", VERIFIER_RULE, text, "invalid_byte 0"


def texts_outside_ascii():
    for name, char in (
        ("e-acute", "\u00e9"),
        ("no-break-space", "\u00a0"),
        ("dotless-i", "\u0131"),
        ("long-s", "\u017f"),
        ("cyrillic-a", "\u0430"),
        ("hyphen", "\u2010"),
        ("line-separator", "\u2028"),
        ("zero-width-space", "\u200b"),
        ("kelvin-sign", "\u212a"),
        ("byte-order-mark", "\ufeff"),
        ("fullwidth-a", "\uff21"),
        ("fullwidth-zero", "\uff10"),
        ("fullwidth-low-line", "\uff3f"),
        ("fullwidth-tilde", "\uff5e"),
        ("arabic-indic-zero", "\u0660"),
        ("replacement-character", "\ufffd"),
        ("emoji", "\U0001f600"),
        ("mathematical-a", "\U0001d400"),
    ):
        text = sample(20) + char + sample(30)
        yield "unicode-" + name, "U+%04X in the middle" % ord(char), VERIFIER_RULE, text, "invalid_byte 20"
    text = sample(41) + "a\u0301"
    yield "unicode-combining-last", "a combining accent at the end", VERIFIER_RULE, text, "invalid_byte 42"
    comment = "the length counts octets: 42 characters are 43 octets"
    yield "unicode-42-is-43", comment, VERIFIER_RULE, sample(41) + "\u00e9", "invalid_byte 41"
    comment = "the length counts octets: 43 characters are 129 octets"
    yield "unicode-43-is-129", comment, VERIFIER_RULE, "\u20ac" * 43, "invalid_length 129"
    comment = "the length counts octets: 128 characters are 129 octets"
    yield "unicode-128-is-129", comment, VERIFIER_RULE, sample(127) + "\u00e9", "invalid_length 129"
    comment = "the length counts octets: 22 characters are 44 octets"
    yield "unicode-22-is-44", comment, VERIFIER_RULE, "\u00e9" * 22, "invalid_byte 0"


# ---------------------------------------------------------------------------------------------------------------------
# The syntax of challenges
# ---------------------------------------------------------------------------------------------------------------------


def challenges():
    cases = [
        case("challenge-S256-" + name, comment, source, {"method": "S256", "challenge": text}, decision)
        for texts in (valid_s256, last_characters, bad_s256)
        for name, comment, source, text, decision in texts()
    ]
    cases += [
        case("challenge-plain-" + name, comment, source, {"method": "plain", "challenge": text}, decision)
        for name, comment, source, text, decision in plain_challenges()
    ]
    return cases


def valid_s256():
    yield "rfc7636-appendix-b", "the challenge of the RFC", "RFC 7636 Appendix B", CHALLENGE, "valid"
    for name, octets in (
        ("zeros", bytes(32)),
        ("ones", b"\xff" * 32),
        ("counting", bytes(range(32))),
        ("hyphens-and-low-lines", b"\xfb\xff\xbf" * 10 + b"\xfb\xfc"),
    ):
        yield name, "the digest %s" % octets.hex(), "RFC 7636 Appendix A", base64url(octets), "valid"


def last_characters():
    source = "RFC 7636 Appendix A; RFC 4648 3.5"
    for value, char in enumerate(BASE64URL):
        spare = value & 3
        comment = "the last character has spare bits %d%d" % (spare >> 1, spare & 1)
        decision = "non_canonical" if spare else "valid"
        yield "last-%s" % spelled(char), comment, source, put(s256(UNRESERVED), 42, char), decision


def bad_s256():
    padding = "RFC 7636 Appendix A; keycloak #15739; oauth2client #674"
    hexadecimal = CHALLENGE_RULE + "; Eventra PR 18234"
    digest = hashlib.sha256(VERIFIER.encode("ascii"))
    yield "empty", "empty", CHALLENGE_RULE, "", "invalid_length 0"
    for length in (1, 22, 41, 42, 44, 45, 64, 128, 129, 1024):
        text = (CHALLENGE * 24)[:length]
        comment = "base64url, but %d character%s" % (length, "s"[: length > 1])
        yield "length-%d" % length, comment, CHALLENGE_RULE, text, "invalid_length %d" % length
    yield "padded", "padded with one =", padding, CHALLENGE + "=", "invalid_length 44"
    yield "padded-twice", "padded with two =", padding, CHALLENGE + "==", "invalid_length 45"
    yield "padded-percent", "padded, and percent-encoded", padding, CHALLENGE + "%3D", "invalid_length 46"
    yield "padding-only", "43 times =", padding, "=" * 43, "invalid_byte 0"
    text = digest.hexdigest()
    yield "hex", "the digest in hexadecimal", hexadecimal, text, "invalid_length 64"
    yield "hex-upper", "the digest in upper-case hexadecimal", hexadecimal, text.upper(), "invalid_length 64"
    text = base64url(digest.hexdigest().encode("ascii"))
    yield "hex-base64url", "base64url of the hexadecimal digest", hexadecimal, text, "invalid_length 86"
    text = base64.b32encode(digest.digest()).decode("ascii").rstrip("=")
    yield "base32", "the digest in base32", CHALLENGE_RULE, text, "invalid_length 52"
    text = base64url(hashlib.sha1(VERIFIER.encode("ascii")).digest())
    yield "sha1", "a SHA-1 digest", CHALLENGE_RULE, text, "invalid_length 27"
    text = base64url(hashlib.sha512(VERIFIER.encode("ascii")).digest())
    yield "sha512", "a SHA-512 digest", CHALLENGE_RULE, text, "invalid_length 86"
    text = base64.b64encode(b"\xff" * 32).decode("ascii")
    yield "base64-padded", "standard base64 with padding", "RFC 7636 Appendix A; rauthy", text, "invalid_length 44"
    text = text.rstrip("=")
    yield "base64", "standard base64, without padding", "RFC 7636 Appendix A; rauthy", text, "invalid_byte 0"
    for place, offset in ("first", 0), ("middle", 21), ("last", 42):
        for char in "+/.~= \n\0%":
            name = "byte-%s-%s" % (spelled(char), place)
            comment = "octet 0x%02x, %s" % (ord(char), place)
            yield name, comment, "RFC 7636 Appendix A", put(CHALLENGE, offset, char), "invalid_byte %d" % offset
    text = put(CHALLENGE, 9, " ")
    yield "space-inside", "a + that was decoded to a space", "RFC 7636 Appendix A", text, "invalid_byte 9"
    text = CHALLENGE + "\n"
    yield "lf-after", "a newline at the end", "RFC 7636 Appendix A; Authlib 1.9.6", text, "invalid_length 44"
    text = put(put(CHALLENGE, 42, "N"), 20, "+")
    comment = "an invalid octet is reported before a non-canonical last character"
    yield "invalid-byte-and-non-canonical", comment, "RFC 7636 Appendix A", text, "invalid_byte 20"
    text = CHALLENGE[:41] + "\u00e9"
    yield "unicode-42-is-43", "42 characters of 43 octets", CHALLENGE_RULE, text, "invalid_byte 41"
    text = CHALLENGE[:42] + "\u00e9"
    yield "unicode-43-is-44", "43 characters of 44 octets", CHALLENGE_RULE, text, "invalid_length 44"
    text = put(CHALLENGE[:41], 0, "\uff25")
    yield "unicode-fullwidth", "a fullwidth E first", CHALLENGE_RULE, text, "invalid_byte 0"


def plain_challenges():
    yield "rfc7636-appendix-b", "the verifier of the RFC", "RFC 7636 Appendix B", VERIFIER, "valid"
    yield "s256-text", "an S256 challenge has the form of a verifier", CHALLENGE_RULE, CHALLENGE, "valid"
    text = put(CHALLENGE, 42, "N")
    yield "spare-bits", "a plain challenge need not be canonical base64url", CHALLENGE_RULE, text, "valid"
    for length in (43, 44, 64, 127, 128):
        yield "length-%d" % length, "%d characters" % length, CHALLENGE_RULE, sample(length), "valid"
    yield "alphabet", "every unreserved character once", CHALLENGE_RULE, UNRESERVED, "valid"
    for symbol in "-._~":
        yield "only-%s" % spelled(symbol), "%s, 43 times" % symbol, CHALLENGE_RULE, symbol * 43, "valid"
    yield "hex", "hexadecimal is a valid plain challenge", CHALLENGE_RULE, "0123456789abcdef" * 4, "valid"
    short = CHALLENGE_RULE + "; CVE-2026-41213"
    for length in (0, 1, 42, 129, 1024):
        comment = "%d character%s" % (length, "s"[: length != 1])
        yield "length-%d" % length, comment, short, sample(length), "invalid_length %d" % length
    for char in "+/= \n\0%":
        text = put(sample(50), 49, char)
        yield "byte-%s-last" % spelled(char), "octet 0x%02x, last" % ord(char), CHALLENGE_RULE, text, "invalid_byte 49"
        text = put(sample(50), 0, char)
        yield "byte-%s-first" % spelled(char), "octet 0x%02x, first" % ord(char), CHALLENGE_RULE, text, "invalid_byte 0"
    text = CHALLENGE + "="
    yield "padded", "a padded S256 challenge", CHALLENGE_RULE, text, "invalid_byte 43"
    text = sample(128) + "\n"
    yield "lf-after-128", "128 characters and a newline", CHALLENGE_RULE + "; Authlib 1.9.6", text, "invalid_length 129"
    text = sample(30) + "\u00e9" + sample(30)
    yield "unicode-e-acute", "U+00E9 in the middle", CHALLENGE_RULE, text, "invalid_byte 30"


# ---------------------------------------------------------------------------------------------------------------------
# Verifier and challenge together
# ---------------------------------------------------------------------------------------------------------------------


def pairs():
    return [
        case(
            "pair-%s-%s" % (method, name),
            comment,
            source,
            {"method": method, "verifier": verifier, "challenge": challenge},
            decision,
        )
        for texts in (right_pairs, wrong_digests, wrong_plain, cross_pairs, malformed_pairs, pairs_outside_ascii)
        for name, comment, source, method, verifier, challenge, decision in texts()
    ]


def right_pairs():
    yield "rfc7636-appendix-b", "the example of the RFC", "RFC 7636 Appendix B", "S256", VERIFIER, CHALLENGE, "match"
    for length in range(43, 129):
        text = sample(length)
        comment = "a verifier of %d characters" % length
        yield "length-%d" % length, comment, CHECK_RULE, "S256", text, s256(text), "match"
    for length in range(43, 129):
        text = sample(length)
        comment = "a verifier of %d characters is its own challenge" % length
        yield "length-%d" % length, comment, CHECK_RULE, "plain", text, text, "match"
    yield "alphabet", "every unreserved character", CHECK_RULE, "S256", UNRESERVED, s256(UNRESERVED), "match"
    yield "tildes", "only ~", CHECK_RULE + "; nsflow #249", "S256", "~" * 43, s256("~" * 43), "match"
    yield "tildes", "only ~", CHECK_RULE + "; nsflow #249", "plain", "~" * 128, "~" * 128, "match"
    for symbol in "-_":
        text = next(text for text in map(sample, [60] * 1000, range(1000)) if s256(text)[0] == symbol)
        comment = "the challenge begins with %s" % symbol
        yield "begins-%s" % spelled(symbol), comment, "RFC 7636 Appendix A", "S256", text, s256(text), "match"


def wrong_digests():
    ascii_verifier = VERIFIER.encode("ascii")
    octets = base64.urlsafe_b64decode(VERIFIER + "=")
    digest = hashlib.sha256(ascii_verifier).digest()
    double = CHECK_RULE + "; IdentityServer4 #4284"

    def wrong(name, comment, challenge, source=CHECK_RULE, verifier=VERIFIER):
        return name, comment, source, "S256", verifier, challenge, "mismatch"

    yield wrong("double-hash", "the digest was hashed again", base64url(hashlib.sha256(digest).digest()), double)
    yield wrong("double-challenge", "the challenge was hashed again", s256(CHALLENGE), double)
    yield wrong("double-hex", "the hexadecimal digest was hashed again", s256(digest.hex()), double)
    text = put(CHALLENGE, 42, "M")
    yield wrong("swapped", "verifier and challenge are swapped", put(VERIFIER, 42, "k"), verifier=text)
    comment = "the challenge is the verifier itself, as the method plain would have it"
    yield wrong("unhashed", comment, VERIFIER, CHECK_RULE + "; CVE-2026-26247; workers-oauth-provider commit 9adb3f4")
    text = base64url(hashlib.sha256(octets).digest())
    yield wrong("decoded-first", "the 32 octets behind the verifier were hashed, not its ASCII", text)
    text = base64url(hashlib.sha256(VERIFIER.encode("utf-16-le")).digest())
    yield wrong("utf-16", "the UTF-16 of the verifier was hashed", text)
    for name, suffix in ("lf", "\n"), ("nul", "\0"), ("padding", "="), ("space", " "):
        text = base64url(hashlib.sha256(ascii_verifier + suffix.encode("ascii")).digest())
        yield wrong("hashed-with-" + name, "octet 0x%02x was hashed as well" % ord(suffix), text)
    yield wrong("empty-hash", "nothing was hashed", s256(""))
    yield wrong("first-42-hashed", "the last character was not hashed", s256(VERIFIER[:42]))
    yield wrong("lower-case-hashed", "the lower-case verifier was hashed", s256(VERIFIER.lower()))
    yield wrong("upper-case-hashed", "the upper-case verifier was hashed", s256(VERIFIER.upper()))
    for name in ("sha512", "sha384", "sha3_256", "blake2s"):
        text = base64url(hashlib.new(name, ascii_verifier).digest()[:32])
        yield wrong(name.replace("_", "-"), "the first 32 octets of another hash, %s" % name, text)
    text = base64url(hashlib.md5(ascii_verifier).digest() * 2)
    yield wrong("md5-twice", "32 octets of another hash, MD5 twice", text)
    yield wrong("reversed", "the digest in reverse order", base64url(digest[::-1]))
    text = base64url(b"".join(digest[i : i + 4][::-1] for i in range(0, 32, 4)))
    yield wrong("words-reversed", "the digest as little-endian words", text)
    yield wrong("all-zero", "a digest of zeros", base64url(bytes(32)))
    yield wrong("all-one", "a digest of ones", base64url(b"\xff" * 32))
    yield wrong("inverted", "every bit of the digest inverted", base64url(bytes(octet ^ 0xFF for octet in digest)))

    for octet in (0, 1, 7, 8, 15, 16, 23, 24, 30, 31):
        for bit in (0, 7):
            changed = bytearray(digest)
            changed[octet] ^= 1 << bit
            comment = "octet %d of the digest differs in bit %d" % (octet, bit)
            yield wrong("digest-%d-bit-%d" % (octet, bit), comment, base64url(changed))
    cancelling = bytearray(digest)
    cancelling[3] ^= 0x10
    cancelling[19] ^= 0x10
    yield wrong("differences-cancel", "two octets differ in the same bit", base64url(cancelling))
    cancelling = bytearray(digest)
    cancelling[5] = (cancelling[5] + 1) % 256
    cancelling[6] = (cancelling[6] - 1) % 256
    yield wrong("sums-cancel", "two octets differ, but not their sum", base64url(cancelling))
    changed = digest[:16] + digest[15:31]
    yield wrong("second-half", "the first half of the digest is right", base64url(changed))
    changed = bytes(16) + digest[16:]
    yield wrong("first-half", "the second half of the digest is right", base64url(changed))
    yield wrong("challenge-lower", "the challenge in lower case", put(CHALLENGE.lower(), 42, "o"))
    yield wrong("challenge-swap-case", "the challenge with its case changed", put(CHALLENGE.swapcase(), 42, "o"))

    yield wrong("verifier-other-case", "the verifier with its case changed", CHALLENGE, verifier=VERIFIER.swapcase())
    for length in (43, 55, 56, 63, 64, 65, 119, 120, 128):
        right = sample(length)
        for place, offset in ("first", 0), ("middle", length // 2), ("last", length - 1):
            other = UNRESERVED[(UNRESERVED.index(right[offset]) + 1) % 66]
            comment = "the %s of %d characters differs" % (place, length)
            yield wrong("verifier-%d-%s" % (length, place), comment, s256(right), verifier=put(right, offset, other))
        if length < 128:
            comment = "a character follows the right %d" % length
            yield wrong("verifier-%d-longer" % length, comment, s256(right), verifier=right + "a")
        if length > 43:
            comment = "the last of %d characters is missing" % length
            yield wrong("verifier-%d-shorter" % length, comment, s256(right), verifier=right[:-1])
    text = s256(sample(43, 1))
    yield wrong("another-transaction", "the challenge of another login", text, "RFC 9700 2.1.1; RFC 7636 4.6")


def wrong_plain():
    def wrong(name, comment, verifier, challenge, source=CHECK_RULE):
        return name, comment, source, "plain", verifier, challenge, "mismatch"

    for length in (43, 44, 64, 127, 128):
        right = sample(length)
        for place, offset in ("first", 0), ("middle", length // 2), ("last", length - 1):
            other = UNRESERVED[(UNRESERVED.index(right[offset]) + 1) % 66]
            comment = "the %s of %d characters differs" % (place, length)
            yield wrong("%d-%s" % (length, place), comment, put(right, offset, other), right)
        lengths = CHECK_RULE + "; node-oauth2-server commit 2d0659f"
        if length < 128:
            yield wrong("%d-longer" % length, "a character follows the right %d" % length, right + "a", right, lengths)
        if length > 43:
            yield wrong("%d-shorter" % length, "the last of %d is missing" % length, right[:-1], right, lengths)
    yield wrong("one-bit", "P instead of p: one bit differs", VERIFIER.replace("p", "P"), VERIFIER)
    yield wrong("other-case", "the right verifier with its case changed", VERIFIER.swapcase(), VERIFIER)
    yield wrong("reversed", "the right verifier in reverse order", VERIFIER[::-1], VERIFIER)
    yield wrong("two-exchanged", "two characters are swapped", put(VERIFIER, 3, VERIFIER[3:5][::-1]), VERIFIER)
    text = put(put(VERIFIER, 0, "e"), 1, "C")
    yield wrong("differences-cancel", "two characters differ in the same bit", text, VERIFIER)
    yield wrong("twice", "the right verifier twice", VERIFIER * 2, VERIFIER)
    source = "RFC 9700 2.1.1; RFC 7636 4.6"
    yield wrong("another-transaction", "the challenge of another login", sample(43), sample(43, 1), source)


def cross_pairs():
    source = "RFC 7636 4.6; CVE-2026-26247"
    comment = "an S256 challenge that was stored as plain"
    yield "S256-stored-as-plain", comment, source, "plain", VERIFIER, CHALLENGE, "mismatch"
    comment = "a plain challenge is the verifier"
    yield "challenge-is-verifier", comment, "RFC 7636 7.2", "plain", CHALLENGE, CHALLENGE, "match"
    comment = "an S256 challenge is not the verifier"
    yield "challenge-is-verifier", comment, "RFC 7636 7.2", "S256", CHALLENGE, CHALLENGE, "mismatch"


def malformed_pairs():
    digest = hashlib.sha256(VERIFIER.encode("ascii"))
    right = next(text for text in map(sample, [43] * 1000, range(1000)) if "-" in s256(text) and "_" in s256(text))
    padding = "RFC 7636 Appendix A; keycloak #15739; oauth2client #674"
    newline = "RFC 7636 4.1; Authlib 1.9.6"
    hexadecimal = CHALLENGE_RULE + "; Eventra PR 18234"
    short = "RFC 7636 4.1; CVE-2026-41213"

    def bad_challenge(name, comment, source, challenge, decision, verifier=VERIFIER, method="S256"):
        return name, comment, source, method, verifier, challenge, "malformed_challenge " + decision

    yield bad_challenge("padded", "the right digest, padded", padding, CHALLENGE + "=", "invalid_length 44")
    yield bad_challenge("hex", "the right digest in hexadecimal", hexadecimal, digest.hexdigest(), "invalid_length 64")
    text = base64url(digest.hexdigest().encode("ascii"))
    yield bad_challenge("hex-base64url", "base64url of the hexadecimal digest", hexadecimal, text, "invalid_length 86")
    text = base64.b64encode(hashlib.sha256(right.encode("ascii")).digest()).decode("ascii").rstrip("=")
    offset = min(text.index("+"), text.index("/"))
    comment = "the right digest in standard base64"
    yield bad_challenge("base64", comment, "RFC 7636 Appendix A", text, "invalid_byte %d" % offset, right)
    for char in "NOP":
        comment = "the right digest, but the last character is not canonical"
        text = put(CHALLENGE, 42, char)
        yield bad_challenge("non-canonical-%s" % char, comment, "RFC 4648 3.5", text, "non_canonical")
    text = CHALLENGE[:42]
    yield bad_challenge("truncated", "the last character is missing", CHALLENGE_RULE, text, "invalid_length 42")
    yield bad_challenge("first-only", "the first character alone", short, CHALLENGE[:1], "invalid_length 1")
    yield bad_challenge("empty-challenge", "an empty challenge and a valid verifier", short, "", "invalid_length 0")
    yield bad_challenge("lf-after", "the right challenge and a newline", newline, CHALLENGE + "\n", "invalid_length 44")
    text = " " + CHALLENGE
    yield bad_challenge("space-before", "a space before the right challenge", CHALLENGE_RULE, text, "invalid_length 44")
    yield bad_challenge("both-empty", "challenge and verifier are empty", short, "", "invalid_length 0", "", "S256")
    yield bad_challenge("both-empty", "challenge and verifier are empty", short, "", "invalid_length 0", "", "plain")
    for length in (1, 8, 42, 129):
        text = sample(length)
        comment = "equal values that are too short" if length < 43 else "equal values that are too long"
        yield bad_challenge("equal-%d" % length, comment, short, text, "invalid_length %d" % length, text, "plain")
    for name, comment, source, text, offset in (
        ("lf-after", "equal values that end in a newline", newline, sample(43) + "\n", 43),
        ("plus", "equal values with a +", "RFC 7636 4.1; rauthy", sample(42) + "+", 42),
        ("unicode", "equal values outside ASCII", "RFC 7636 4.1", "\u00e9" * 22, 0),
    ):
        yield bad_challenge("equal-" + name, comment, source, text, "invalid_byte %d" % offset, text, "plain")

    def bad_verifier(name, comment, source, verifier, decision, method="S256", challenge=None):
        challenge = challenge or s256(verifier)
        return name, comment, source, method, verifier, challenge, "malformed_verifier " + decision

    for length in (0, 1, 42, 129, 256):
        comment = "the digest of a verifier of invalid length"
        yield bad_verifier("of-length-%d" % length, comment, short, sample(length), "invalid_length %d" % length)
    comment = "the digest of a verifier that ends in a newline"
    yield bad_verifier("of-lf-after", comment, newline, VERIFIER + "\n", "invalid_byte 43")
    for name, text, offset in (
        ("plus", put(sample(50), 10, "+"), 10),
        ("slash", put(sample(50), 49, "/"), 49),
        ("padding", VERIFIER + "=", 43),
        ("space", put(sample(50), 0, " "), 0),
        ("percent", sample(43) + "%7E", 43),
        ("nul", sample(43) + "\0", 43),
    ):
        comment = "the digest of a verifier with an invalid octet"
        source = VERIFIER_RULE + ("; rauthy" if name in ("plus", "slash", "padding") else "")
        yield bad_verifier("of-" + name, comment, source, text, "invalid_byte %d" % offset)
    for name, comment, source, text, decision in (
        ("lf-after", "the right verifier and a newline", newline, VERIFIER + "\n", "invalid_byte 43"),
        ("first-42", "the first 42 characters of the right verifier", short, VERIFIER[:42], "invalid_length 42"),
        ("empty", "an empty verifier", short, "", "invalid_length 0"),
        ("unicode", "a verifier that is not ASCII", VERIFIER_RULE, sample(43) + "\u00e9", "invalid_byte 43"),
    ):
        yield bad_verifier("verifier-" + name, comment, source, text, decision, "S256", CHALLENGE)
        yield bad_verifier("verifier-" + name, comment, source, text, decision, "plain", VERIFIER)


def pairs_outside_ascii():
    """A verifier with one character outside ASCII, and the digest of what a lenient encoder turns it into."""
    source = "RFC 7636 4.1; RFC 7636 4.2"
    for name, char in (
        ("e-acute", "\u00e9"),
        ("no-break-space", "\u00a0"),
        ("y-diaeresis", "\u00ff"),
        ("dotless-i", "\u0131"),
        ("l-stroke", "\u0141"),
        ("long-s", "\u017f"),
        ("cyrillic-a", "\u0430"),
        ("hyphen", "\u2010"),
        ("euro-sign", "\u20ac"),
        ("kelvin-sign", "\u212a"),
        ("fullwidth-a", "\uff21"),
        ("emoji", "\U0001f600"),
    ):
        text = put(sample(50), 20, char)
        digests = set()
        for encoding, comment, octets in lenient_encodings(text):
            if octets in digests:
                continue
            digests.add(octets)
            comment = "U+%04X in the verifier, and the digest of %s" % (ord(char), comment)
            digest = base64url(hashlib.sha256(octets).digest())
            identifier = "unicode-%s-%s" % (name, encoding)
            yield identifier, comment, source, "S256", text, digest, "malformed_verifier invalid_byte 20"
            plain = octets.decode("latin-1")
            if 43 <= len(plain) and set(plain) <= set(UNRESERVED):
                comment = "U+%04X in the verifier, and %s as the challenge" % (ord(char), comment.split(" of ", 1)[1])
                yield identifier, comment, source, "plain", text, plain, "malformed_verifier invalid_byte 20"


def lenient_encodings(text):
    yield "utf-8", "its UTF-8", text.encode("utf-8")
    units = text.encode("utf-16-be")
    code_units = [units[i] << 8 | units[i + 1] for i in range(0, len(units), 2)]
    if all(unit < 0x100 for unit in code_units):
        yield "latin-1", "its Latin-1", text.encode("latin-1")
    yield "question-mark", "its ASCII with ? for the character", text.encode("ascii", "replace")
    in_units = bytes(unit if unit < 0x80 else 0x3F for unit in code_units)
    yield "question-mark-per-utf-16-unit", "its ASCII with ? for each UTF-16 unit of the character", in_units
    in_octets = bytes(octet if octet < 0x80 else 0x3F for octet in text.encode("utf-8"))
    yield "question-mark-per-octet", "its ASCII with ? for each UTF-8 octet of the character", in_octets
    yield "omitted", "its ASCII without the character", text.encode("ascii", "ignore")
    yield "low-octets", "the low octets of its UTF-16 units", bytes(unit & 0xFF for unit in code_units)
    yield "low-7-bits", "the low 7 bits of its UTF-16 units", bytes(unit & 0x7F for unit in code_units)
    yield "nfkc", "the UTF-8 of its NFKC form", unicodedata.normalize("NFKC", text).encode("utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# Methods
# ---------------------------------------------------------------------------------------------------------------------


def methods():
    exact = "RFC 7636 4.3"
    lost = "RFC 7636 4.4; CVE-2026-26247"
    unknown = "RFC 7636 4.4.1; workers-oauth-provider commit 9adb3f4"
    lower = "RFC 7636 4.3; better-auth PR 9645; sa-token-core 0.2.1"
    cases = [
        ("S256", "the name of the RFC", exact, "S256", "valid"),
        ("plain", "the name of the RFC", exact, "plain", "valid"),
        ("s256", "lower case", lower, "s256", "unknown_method"),
        ("PLAIN", "upper case", exact, "PLAIN", "unknown_method"),
        ("Plain", "a capital letter", exact, "Plain", "unknown_method"),
        ("plAin", "a capital letter inside", exact, "plAin", "unknown_method"),
        ("empty", "empty", lost, "", "unknown_method"),
        ("null", "a null converted to a string", lost, "null", "unknown_method"),
        ("None", "a None converted to a string", lost, "None", "unknown_method"),
        ("undefined", "an undefined converted to a string", lost, "undefined", "unknown_method"),
        ("S512", "no such method", unknown, "S512", "unknown_method"),
        ("S384", "no such method", unknown, "S384", "unknown_method"),
        ("S1", "no such method", unknown, "S1", "unknown_method"),
        ("SHA256", "the name of the hash", unknown, "SHA256", "unknown_method"),
        ("SHA-256", "the name of the hash", unknown, "SHA-256", "unknown_method"),
        ("none", "the algorithm none of JWT", unknown, "none", "unknown_method"),
        ("S25", "the last character is missing", unknown, "S25", "unknown_method"),
        ("S2567", "one more character", unknown, "S2567", "unknown_method"),
        ("S-256", "with a hyphen", unknown, "S-256", "unknown_method"),
        ("plai", "the last character is missing", unknown, "plai", "unknown_method"),
        ("plaintext", "more characters", unknown, "plaintext", "unknown_method"),
        ("space-S256", "a space before", unknown, " S256", "unknown_method"),
        ("S256-space", "a space after", unknown, "S256 ", "unknown_method"),
        ("S256-lf", "a newline after", unknown, "S256\n", "unknown_method"),
        ("S256-nul", "a NUL after", unknown, "S256\0", "unknown_method"),
        ("space-plain", "a space before", unknown, " plain", "unknown_method"),
        ("plain-space", "a space after", unknown, "plain ", "unknown_method"),
        ("plain-lf", "a newline after", unknown, "plain\n", "unknown_method"),
        ("plain-nul", "a NUL after", unknown, "plain\0", "unknown_method"),
        ("lf-S256", "a newline before", unknown, "\nS256", "unknown_method"),
        ("x-lf-S256", "S256 on the second line", unknown, "x\nS256", "unknown_method"),
        ("space", "a single space", unknown, " ", "unknown_method"),
        ("S256-space-plain", "both methods", unknown, "S256 plain", "unknown_method"),
        ("plain-comma-S256", "both methods", unknown, "plain,S256", "unknown_method"),
        ("quoted-S256", "in quotes", unknown, '"S256"', "unknown_method"),
        ("long-s-256", "U+017F becomes S in upper case", exact, "\u017f256", "unknown_method"),
        ("pla-dotless-i-n", "U+0131 looks like an i", exact, "pla\u0131n", "unknown_method"),
        ("fullwidth-S-256", "U+FF33 is normalized to S", exact, "\uff33256", "unknown_method"),
        ("S-arabic-digits", "digits outside ASCII", exact, "S\u0662\u0665\u0666", "unknown_method"),
        ("byte-order-mark-S256", "U+FEFF before", exact, "\ufeffS256", "unknown_method"),
        ("0", "the number of an enum", unknown, "0", "unknown_method"),
        ("length-1024", "1024 characters", unknown, "S256" * 256, "unknown_method"),
    ]
    return [
        case("method-" + name, comment, source, {"method": text}, decision)
        for name, comment, source, text, decision in cases
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The tables of the server: every combination, so only rules.py states the decision
# ---------------------------------------------------------------------------------------------------------------------

POLICIES = [
    ("pkce-required", {"require_pkce": True, "allow_plain": False}),
    ("pkce-required-plain-allowed", {"require_pkce": True, "allow_plain": True}),
    ("pkce-optional", {"require_pkce": False, "allow_plain": False}),
    ("pkce-optional-plain-allowed", {"require_pkce": False, "allow_plain": True}),
]

HALF_PRESENT = "sentry PR 104418; authgate #221; tinyauth PR 766"

CHALLENGES = [
    ("absent", None, ""),
    ("empty", "", HALF_PRESENT),
    ("S256", CHALLENGE, ""),
    ("with-tilde", put(VERIFIER, 20, "~"), ""),
    ("hex", hashlib.sha256(VERIFIER.encode("ascii")).hexdigest(), "Eventra PR 18234"),
    ("padded", CHALLENGE + "=", "keycloak #15739; oauth2client #674"),
    ("non-canonical", put(CHALLENGE, 42, "N"), "RFC 4648 3.5"),
    ("length-42", CHALLENGE[:42], "CVE-2026-41213"),
    ("length-129", CHALLENGE * 3, ""),
    ("plus", put(CHALLENGE, 7, "+"), "rauthy"),
]


def stored_challenges():
    challenges = [("null", *CHALLENGES[0][1:]), *CHALLENGES[1:], ("lf-after", CHALLENGE + "\n", "Authlib 1.9.6")]
    lost = "CVE-2026-26247"
    methods = [
        ("null", None, lost),
        ("empty", "", lost),
        ("S256", "S256", ""),
        ("plain", "plain", ""),
        ("s256", "s256", "sa-token-core 0.2.1"),
        ("S512", "S512", "workers-oauth-provider commit 9adb3f4"),
        ("S256-spaces", "S256      ", ""),
    ]
    return [
        case(
            "stored-challenge-%s-method-%s" % (name, method_name),
            "columns code_challenge: %s, code_challenge_method: %s" % (name, method_name),
            "; ".join(["RFC 7636 4.4", failure, method_failure]),
            {"challenge": challenge, "method": method},
            None,
        )
        for name, challenge, failure in challenges
        for method_name, method, method_failure in methods
    ]


def authorization_requests():
    methods = [
        ("absent", None, "ferriskey PR 1102; workers-oauth-provider #113"),
        ("empty", "", HALF_PRESENT),
        ("S256", "S256", ""),
        ("plain", "plain", ""),
        ("s256", "s256", "better-auth PR 9645; sa-token-core 0.2.1"),
        ("S512", "S512", "workers-oauth-provider commit 9adb3f4"),
    ]
    return [
        case(
            "authorization-%s-challenge-%s-method-%s" % (policy_name, name, method_name),
            "%s: code_challenge %s, code_challenge_method %s" % (policy_name, name, method_name),
            "; ".join(["RFC 7636 4.3", "" if method else "RFC 6749 3.1", "RFC 7636 4.4.1", failure, method_failure]),
            {"policy": policy, "challenge": challenge, "method": method},
            None,
        )
        for policy_name, policy in POLICIES
        for name, challenge, failure in CHALLENGES
        for method_name, method, method_failure in methods
    ]


def token_requests():
    unchecked = "CVE-2023-48228; CVE-2026-123542; hydra #1512"
    downgrade = "RFC 9700 4.8.2; CVE-2024-23647; CVE-2024-22258; CVE-2025-4144"
    stored = [
        ("none", None),
        ("S256", {"challenge": CHALLENGE, "method": "S256"}),
        ("plain", {"challenge": VERIFIER, "method": "plain"}),
    ]
    verifiers = [
        ("absent", None, unchecked),
        ("empty", "", "RFC 6749 3.2; " + HALF_PRESENT),
        ("right", VERIFIER, ""),
        ("wrong", put(VERIFIER, 42, "l"), ""),
        ("other-case", VERIFIER.swapcase(), ""),
        ("the-S256-challenge", CHALLENGE, "RFC 7636 7.2"),
        ("length-42", VERIFIER[:42], "CVE-2026-41213"),
        ("length-129", VERIFIER * 3, "matrix-authentication-service PR 320"),
        ("plus", put(VERIFIER, 20, "+"), "rauthy"),
        ("lf-after", VERIFIER + "\n", "Authlib 1.9.6"),
        ("padded", VERIFIER + "=", "rauthy"),
        ("space", " ", "node-oauth2-server commit 2d0659f"),
        ("e-acute", put(VERIFIER, 20, "\u00e9"), ""),
    ]
    cases = []
    for policy_name, policy in POLICIES:
        for stored_name, row in stored:
            for name, verifier, failure in verifiers:
                if row is None and verifier:
                    source = downgrade
                elif row is None:
                    source = "RFC 9700 2.1.1; CVE-2026-92289"
                else:
                    source = CHECK_RULE + "; " + failure
                identifier = "token-%s-stored-%s-verifier-%s" % (policy_name, stored_name, name)
                comment = "%s: stored %s, code_verifier %s" % (policy_name, stored_name, name)
                inputs = {"policy": policy, "stored": row, "verifier": verifier}
                cases.append(case(identifier, comment, source, inputs, None))
    return cases
