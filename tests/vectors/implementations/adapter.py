"""Runs the vectors through implementations in Python.

adapter.py NAME      (reads cases on standard input, writes one line per verdict; see table.py)
"""

import base64
import hashlib
import sys
from types import SimpleNamespace

# ---------------------------------------------------------------------------------------------------------------------
# Authlib: the server side of its authorization code grant
# ---------------------------------------------------------------------------------------------------------------------


def authlib():
    from authlib.oauth2.rfc6749 import OAuth2Error
    from authlib.oauth2.rfc7636 import CodeChallenge

    def authorize(require_pkce, challenge, method):
        data = {"code_challenge": challenge, "code_challenge_method": method}
        data = {name: value for name, value in data.items() if value is not None}
        payload = SimpleNamespace(data=data, datalist={name: [value] for name, value in data.items()})
        grant = SimpleNamespace(request=SimpleNamespace(payload=payload))
        return accepts(OAuth2Error, CodeChallenge(require_pkce).validate_code_challenge, grant, None)

    def token(require_pkce, challenge, method, verifier):
        code = SimpleNamespace(code_challenge=challenge, code_challenge_method=method)
        form = {} if verifier is None else {"code_verifier": verifier}
        request = SimpleNamespace(form=form, auth_method="none", authorization_code=code)
        return accepts(
            OAuth2Error, CodeChallenge(require_pkce).validate_code_verifier, SimpleNamespace(request=request), None
        )

    def s256(verifier):
        return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8")).digest()).decode().rstrip("=")

    return {
        "verifiers": lambda verifier: token(True, s256(verifier), "S256", verifier),
        "challenges": lambda method, challenge: authorize(True, challenge, method),
        "pairs": lambda method, verifier, challenge: both(
            authorize(True, challenge, method), lambda: token(True, challenge, method, verifier)
        ),
        # It has no policy against plain.
        "authorization_requests": lambda require_pkce, allow_plain, challenge, method: (
            authorize(require_pkce, challenge, method) if allow_plain else None
        ),
        "token_requests": lambda require_pkce, allow_plain, challenge, method, verifier: (
            token(require_pkce, challenge, method, verifier) if allow_plain else None
        ),
    }


# ---------------------------------------------------------------------------------------------------------------------
# oauthlib: the server side of its authorization code grant
# ---------------------------------------------------------------------------------------------------------------------


def oauthlib():
    from urllib.parse import urlencode

    from oauthlib.common import Request
    from oauthlib.oauth2 import AuthorizationCodeGrant, OAuth2Error, RequestValidator

    class Validator(RequestValidator):
        """Accepts everything but what PKCE refuses."""

        def __init__(self, require_pkce, challenge=None, method=None):
            self.row = require_pkce, challenge, method

        def is_pkce_required(self, client_id, request):
            return self.row[0]

        def get_code_challenge(self, code, request):
            return self.row[1]

        def get_code_challenge_method(self, code, request):
            return self.row[2]

        def authenticate_client(self, request):
            request.client = SimpleNamespace(client_id="client")
            return True

        def validate_code(self, client_id, code, client, request):
            request.user, request.scopes = "user", ["scope"]
            return True

        def client_authentication_required(self, request):
            return True

    for name in (
        "validate_client_id validate_redirect_uri validate_response_type validate_scopes validate_grant_type "
        "confirm_redirect_uri"
    ).split():
        setattr(Validator, name, lambda self, *arguments, **options: True)

    def authorize(require_pkce, allow_plain, challenge, method):
        # It has no policy against plain.
        if not allow_plain:
            return None
        query = {
            "client_id": "client",
            "response_type": "code",
            "scope": "scope",
            "redirect_uri": "https://client.example/",
        }
        query.update(present(code_challenge=challenge, code_challenge_method=method))
        request = Request("https://server.example/authorize?" + urlencode(query))
        grant = AuthorizationCodeGrant(Validator(require_pkce))
        return accepts(OAuth2Error, grant.validate_authorization_request, request)

    def token(require_pkce, allow_plain, challenge, method, verifier):
        if not allow_plain:
            return None
        form = {"grant_type": "authorization_code", "code": "code", "redirect_uri": "https://client.example/"}
        form.update(present(code_verifier=verifier))
        request = Request("https://server.example/token", "POST", urlencode(form))
        grant = AuthorizationCodeGrant(Validator(require_pkce, challenge, method))
        return accepts(OAuth2Error, grant.validate_token_request, request)

    return {
        "pairs": lambda method, verifier, challenge: both(
            authorize(True, True, challenge, method), lambda: token(True, True, challenge, method, verifier)
        ),
        "authorization_requests": authorize,
        "token_requests": token,
    }


# ---------------------------------------------------------------------------------------------------------------------
# Deliberately wrong implementations, which the vectors must catch
# ---------------------------------------------------------------------------------------------------------------------


def reference():
    """What the wrong ones below are made of: it passes everything that it runs."""
    import rules

    def accepted(outcome):
        return outcome["decision"] in rules.ACCEPTING

    def policy(require_pkce, allow_plain):
        return {"require_pkce": require_pkce, "allow_plain": allow_plain}

    def stored(challenge, method):
        return None if challenge is None else {"challenge": challenge, "method": method}

    return {
        "verifiers": lambda verifier: accepted(rules.verifier(verifier)),
        "challenges": lambda method, challenge: accepted(rules.challenge(method, challenge)),
        "pairs": lambda *pair: accepted(rules.pair(*pair)),
        "methods": lambda method: accepted(rules.method(method)),
        "stored_challenges": lambda *row: accepted(rules.stored_challenge(*row)),
        "authorization_requests": lambda require, plain, *request: accepted(
            rules.check_authorization_request(policy(require, plain), *request)
        ),
        "token_requests": lambda require, plain, challenge, method, verifier: accepted(
            rules.check_token_request(policy(require, plain), stored(challenge, method), verifier)
        ),
    }


def wrong(group, change):
    """The reference, but for one group."""

    def make():
        functions = reference()
        right = functions[group]
        functions[group] = lambda *values: change(right, *values)
        return functions

    return make


def digest(text, encoding="ascii", errors="strict"):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode(encoding, errors)).digest()).decode()


WRONG = {
    "pads-the-challenge": wrong(
        "pairs",
        lambda right, method, verifier, challenge: (
            digest(verifier, "utf-8") == challenge if method == "S256" else right(method, verifier, challenge)
        ),
    ),
    "replaces-with-question-marks": wrong(
        "pairs",
        lambda right, method, verifier, challenge: (
            right(method, verifier, challenge)
            or method == "S256"
            and len(verifier) >= 43
            and digest(verifier, "ascii", "replace").rstrip("=") == challenge
        ),
    ),
    "ignores-the-case-of-the-method": wrong("methods", lambda right, method: right(method) or right(method.upper())),
    "trims-the-verifier": wrong("verifiers", lambda right, verifier: right(verifier) or right(verifier.rstrip("\n"))),
    "counts-to-127": wrong("verifiers", lambda right, verifier: right(verifier) and len(verifier) <= 127),
    "reads-43-characters-of-a-challenge": wrong(
        "challenges",
        lambda right, method, challenge: right(method, challenge[:43] if method == "S256" else challenge),
    ),
    "half-a-row-is-no-row": wrong(
        "stored_challenges",
        lambda right, challenge, method: right(challenge, method) or challenge is None or method is None,
    ),
    "empty-is-present": wrong(
        "authorization_requests",
        lambda right, require, plain, challenge, method: (
            challenge != "" and method != "" and right(require, plain, challenge, method)
        ),
    ),
    "never-asks-for-the-verifier": wrong(
        "token_requests", lambda right, *request: right(*request) or request[2] is not None and not request[4]
    ),
    "allows-the-downgrade": wrong("token_requests", lambda right, *request: right(*request) or request[2] is None),
}

ADAPTERS = {"Authlib": authlib, "oauthlib": oauthlib, "reference": reference, **WRONG}


def present(**parameters):
    return {name: value for name, value in parameters.items() if value is not None}


def both(authorized, token):
    """The outcome of a login: of the token request, if the authorization request was accepted."""
    return token() if authorized is True else authorized


def accepts(refusal, function, *arguments):
    try:
        function(*arguments)
    except refusal as error:
        # A server error is not a refusal of the request.
        return False if error.status_code < 500 else ServerError
    return True


class ServerError(Exception):
    pass


def decode(field):
    if field in ("true", "false"):
        return field == "true"
    return None if field == "-" else base64.b64decode(field[1:]).decode("utf-8")


def main(name):
    functions = ADAPTERS[name]()
    for line in sys.stdin:
        identifier, group, *fields = line.rstrip("\n").split("\t")
        if group not in functions:
            continue
        try:
            verdict = functions[group](*map(decode, fields))
        except Exception as error:
            verdict = type(error)
        if isinstance(verdict, type):
            print(identifier, "crash", verdict.__name__, sep="\t")
        elif verdict is not None:
            print(identifier, "yes" if verdict else "no", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
