"""Passes where an identity from a header or cookie reaches the handler's context, or where the store asks for it there.

It fails for a constant, the query, the body, or nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Evidence, Verdict
    from chatkit_integrator.reading.flow import Label
    from chatkit_integrator.reading.server import ServerReading

_NAMES_SOMEBODY = re.compile(
    r"authorization|cookie|token|session|user|account|owner|auth|\bsub\b|uid|e-?mail|identity|api-?key"
)


def judge(reading: Reading) -> Verdict:
    """Follow the handler's parameters through their dependencies to what they read."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return server
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    owned = server.owned_by
    found = [one for one in sorted(server.context, key=str) if _kind(one) in {"header", "cookie"}]
    places = [one.place for one in found if _names_somebody(one, owned) and one.place is not None]
    places = places or list(_looked_up(server, owned)) or list(_asked_by_store(server, owned))
    read = some(tuple(dict.fromkeys(places)))
    if read:
        handed = (server.handed,) if server.handed is not None else ()
        return Passed(
            "an identity from the request's headers or cookies reaches the handler", (server.endpoint, *read, *handed)
        )
    packages = [one for one in server.context if _kind(one) == "package"]
    if packages and "package" in owned:
        return Passed("an identity that a package reads from the request reaches the handler", (server.endpoint,))
    if packages:
        return Unknown(f"whether {packages[0].name or 'a dependency of a package'} gives an identity could not be read")
    return Failed("nothing that a header or cookie carries reaches the handler", (server.endpoint,))


def _kind(label: Label) -> str:
    return label.name if label.kind == "by" else label.kind


def _names_somebody(label: Label, owned: frozenset[str]) -> bool:
    """A cookie, a header that is named after somebody, or one that decides whose conversations are meant."""
    name = label.path[0] if label.path else ""
    return _kind(label) == "cookie" or _kind(label) in owned or bool(_NAMES_SOMEBODY.search(name.lower()))


def _looked_up(server: ServerReading, owned: frozenset[str]) -> tuple[Evidence, ...]:
    """Where somebody is looked up by what a header or cookie says, and is then whose conversations are meant."""
    rows = [one for one in server.context if one.kind == "stored" and {"header", "cookie"} & set(one.name.split(",")) & owned]
    return tuple(one.place for one in sorted(rows, key=str) if one.place is not None)


def _asked_by_store(server: ServerReading, owned: frozenset[str]) -> tuple[Evidence, ...]:
    """Where a request is handed over as it is, the lines on which the store finds out whose it is."""
    if not any(one.kind == "request" for one in server.context) or not owned & {"header", "cookie"}:
        return ()
    labels = [one for method in server.methods.values() for event in method.asked for one in event.labels]
    return tuple(one.place for one in labels if one.name in {"header", "cookie"} and one.place is not None)


CHECK = Check(
    id="CK01",
    title="Backend extracts the user id from a header",
    why="Without an identity the backend cannot tell whose conversation is asked for, and everybody shares one.",
    remedy=Remedy("Give the ChatKit route your dependency for the current user.", only="CK01"),
    judge=judge,
)
