"""Who vouches for what a request says: a signature that is checked, a session that is looked up, a service that is asked.

Labels of the request that went through such a check are named ``verified`` from there on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import calling
from chatkit_integrator.reading.flow.guarding import CHOSEN, VERIFIED, is_token
from chatkit_integrator.reading.flow.values import ANY, Label, Value, relabelled
from chatkit_integrator.reading.server import models

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

_JWT = frozenset({"jwt", "jose", "authlib", "joserfc", "jwcrypto", "josepy"})
_DECODES = frozenset({"decode", "decode_complete", "deserialize_compact", "verify", "validate", "decode_jwt"})
_UNCHECKED = frozenset({"get_unverified_claims", "decode_unverified"})
_VOUCH = frozenset({
    "firebase_admin", "clerk_backend_api", "supabase", "gotrue", "itsdangerous", "google", "fastapi_users",
    "propelauth_fastapi",
    "auth0", "workos", "descope", "cryptography", "nacl", "fastapi_clerk_auth", "fastapi_nextauth_jwt", "kinde_sdk", "stytch",
    "svix", "better_auth", "hmac", "cognitojwt", "fief_client", "okta_jwt_verifier", "msal", "stripe",
})  # fmt: skip
_CHECKS = re.compile(r"verify|decode|authenticate|introspect|validate|userinfo|get_user|loads|decrypt|compare_digest|__call__")
_TABLE = re.compile(r"\b(?P<name>\w+)(?:\[(?!\s*[\"'\d])|\.(?:get|pop)\()")
_DRAWN = re.compile(
    r"secrets\.|token_(?:hex|urlsafe|bytes)|uuid\d?|urandom|(?:generate|new|create|make|issue)_\w*(?:token|session|id|key)"
)
_NEAR = 12
_REMOTE = frozenset({"httpx", "requests", "aiohttp", "urllib3"})


def called(machine: Machine, made: Call) -> Value | None:
    """Answer a call that checks what a request says; ``None`` for everything else."""
    name = models.full_name(made)
    package = name.split(".", 1)[0]
    if package not in _JWT and package not in _VOUCH and package not in _REMOTE:
        return None
    said = {one for value in made.everything() for one in value.every() if one.kind in CHOSEN and one.name != VERIFIED}
    if not said:
        return None
    if package in _REMOTE:
        address = made.words.get("url") or next(
            (one for one in made.given[:2] if any("://" in text or "/" in text for text in one.texts())), None
        )
        if address is not None:
            machine.note("address", name, made.place, address)
        return _asked(machine, made, said)
    if package in _JWT:
        if made.last not in _DECODES and made.last not in _UNCHECKED:
            return None
        if made.last in _UNCHECKED or _is_unchecked(made):
            machine.note("trusted", name, made.place, Value(), made.given)
            return calling.unknown(machine, made)
    elif not _CHECKS.search(made.last.lower()):
        return None
    machine.note("verified", name, made.place, Value(), made.given)
    return relabelled(calling.unknown(machine, made), _vouched)


def looked_up(machine: Machine, value: Value, key: Value, place: Evidence) -> Value | None:
    """Answer a look into a table of sessions in memory, whose tokens the program makes itself; ``None`` for other tables."""
    said = [one for one in key.every() if one.kind in CHOSEN and one.name != VERIFIED]
    if not any(is_token(one) or _is_session(one) for one in said) or any(one.kind in CHOSEN for one in value.labels):
        return None
    module = machine.modules.module(place.path) if place.path else None
    table = _TABLE.search(place.excerpt)
    if module is None or table is None or not _issues(module.text, table["name"]):
        return None
    found = Value(labels={_vouched(one) for one in said})
    return Value(found.labels, {**value.fields.get(ANY, Value()).fields})


def _is_session(one: Label) -> bool:
    return one.kind == "cookie" and bool(one.path) and "sess" in one.path[0].lower()


def _issues(text: str, table: str) -> bool:
    """Whether everything that is put into a table stands there under a key that was drawn just before."""
    if re.search(rf"\b{re.escape(table)}\.(?:setdefault|update)\(", text):
        return False
    lines = text.splitlines()
    keys = [
        (number, found[1])
        for number, line in enumerate(lines)
        if (found := re.search(rf"\b{re.escape(table)}\[(\w+)\]\s*=[^=]", line))
    ]
    drawn = [
        any(
            re.match(rf"\s*{key}\s*(?::[^=]+)?=[^=]", line) and _DRAWN.search(line)
            for line in lines[max(number - _NEAR, 0) : number]
        )
        for number, key in keys
    ]
    return bool(drawn) and all(drawn)


def _asked(machine: Machine, made: Call, said: set[Label]) -> Value | None:
    """A service that is shown the request's secret, and answers who it belongs to."""
    if not any(is_token(one) for one in said) or any(
        one.kind == "message" for value in made.everything() for one in value.every()
    ):
        return None
    machine.note("verified", models.full_name(made), made.place, Value(), made.given)
    return relabelled(calling.unknown(machine, made), lambda one: _vouched(one) if is_token(one) else one)


def _vouched(one: Label) -> Label:
    return replace(one, name=VERIFIED) if one.kind in CHOSEN else one


def _is_unchecked(made: Call) -> bool:
    """Whether a token is taken apart without a look at its signature."""
    options, verify = made.words.get("options"), made.words.get("verify")
    signature = options.fields.get("verify_signature") if options is not None else None
    algorithms = made.words.get("algorithms")
    names = {text for one in algorithms.fields.values() for text in one.texts()} if algorithms is not None else set[str]()
    return (
        (signature is not None and False in signature.constants)
        or (verify is not None and False in verify.constants)
        or any(name.lower() == "none" for name in names)
        or (made.last in {"decode", "decode_complete"} and made.argument(1, "key") is None)
    )
