"""Ada and Bob: who they are to the backend, and every way in which they could say so."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.identity import Way
from chatkit_integrator.proofs.stage import Credential, Person
from chatkit_integrator.proofs.tokens import Keys, unsigned
from chatkit_integrator.reading.launch.identities import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.settings import Auth
    from chatkit_integrator.proofs.tokens import Algorithm
    from chatkit_integrator.reading.launch import Launch

_CLAIMS = ("sub", "user_id", "userId", "id", "uid")
_HOUR = 3600


@dataclass(frozen=True)
class Office:
    """What signs tokens: keys that the recorder serves, the secret that the backend was given; who is said to issue them."""

    keys: Keys
    secret: str
    issuer: str


def ways(launch: Launch, auth: Auth | None, office: Office, ada: Person, bob: Person) -> list[Way]:
    """Every way, likeliest first; the settings of the repository leave one."""
    if auth is not None and auth.kind == "none":
        return []
    found: list[Way] = []
    for algorithm in _algorithms(launch, auth):
        mine, others = (tuple(_credentials(launch, auth, office, algorithm, one)) for one in (ada, bob))
        found.append(Way(f"a token signed by {algorithm}", mine, others))
    mine, others = (tuple(_plain(launch, auth, one.id)) for one in (ada, bob))
    if mine and (auth is None or auth.kind not in {"cookie", "login"}):
        found.append(Way("a bare id", mine, others))
    return found


def _algorithms(launch: Launch, auth: Auth | None) -> tuple[Algorithm, ...]:
    if auth is not None:
        named: dict[str, tuple[Algorithm, ...]] = {
            "hs256": ("HS256",),
            "cookie": ("HS256",),
            "jwks-rs256": ("RS256",),
            "jwks-eddsa": ("EdDSA",),
        }
        return named.get(auth.kind, ())
    keys: tuple[Algorithm, ...] = ("EdDSA", "RS256") if launch.identities.has_keys else ()
    return (*keys, "HS256") if keys and not launch.identities.has_secret else ("HS256", *keys)


def _claims(launch: Launch, auth: Auth | None, office: Office, person: Person) -> dict[str, Any]:
    now = int(time.time())
    found: dict[str, Any] = dict.fromkeys(_CLAIMS, person.id)
    found |= {one: person.id for one in launch.identities.claims if one.lower().endswith(("user_id", "userid", "uid"))}
    found |= {"name": person.name, "email": f"{person.name.lower()}@example.com", "iat": now, "exp": now + _HOUR}
    found["iss"] = launch.identities.issuers[0] if launch.identities.issuers else office.issuer
    if launch.identities.audiences:
        found["aud"] = launch.identities.audiences[0]
    given: Mapping[str, Any] = auth.claims if auth is not None else {}
    return {**found, **{name: _filled(value, person) for name, value in given.items()}}


def _filled(value: Any, person: Person) -> Any:  # noqa: ANN401 - any claim
    if isinstance(value, str):
        return value.replace("{user}", person.id).replace("{name}", person.name)
    return value


def _credentials(
    launch: Launch, auth: Auth | None, office: Office, algorithm: Algorithm, person: Person
) -> Iterator[Credential]:
    claims = _claims(launch, auth, office, person)
    token = office.keys.token(claims, algorithm, office.secret)
    others = Keys(office.keys.name).token(claims, algorithm, "another secret that nobody has been given, long enough")
    forged = {"a signature of somebody else's": others, "no signature": unsigned(claims)}
    if auth is not None and auth.kind == "cookie" and auth.header is not None:
        yield Credential("cookie", auth.header, token, tuple(forged.items()))
        return
    bearer = tuple((how, f"Bearer {value}") for how, value in forged.items())
    yield Credential("header", "Authorization", f"Bearer {token}", bearer)
    for name in launch.identities.headers:
        if not is_plain(name):
            yield Credential("header", name, token, tuple(forged.items()))
    for name in launch.identities.cookies:
        yield Credential("cookie", name, token, tuple(forged.items()))
    yield from _plain(launch, None, person.id)


def _plain(launch: Launch, auth: Auth | None, user: str) -> Iterator[Credential]:
    if auth is not None and auth.header is not None:
        yield Credential("query" if auth.kind == "query" else "header", auth.header, user)
        return
    for name in launch.identities.headers:
        if is_plain(name):
            yield Credential("header", name, user)
    for name in launch.identities.query:
        if is_plain(name):
            yield Credential("query", name, user)
