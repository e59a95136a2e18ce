"""How a backend tells people apart: found by trying, with every credential that its code could mean.

First without any; then with each way that there is, all of its credentials at once; then one credential after the other is
left out, until what is left is what the backend needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from chatkit_integrator.proofs.stage import Credential, Identity, Person
from chatkit_integrator.proofs.tokens import tampered
from chatkit_integrator.proofs.wire import Exchange, Wire, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LISTED = 20
_DROPPED_FIRST = {"query": 0, "cookie": 1, "header": 2}


class NobodyLetInError(RuntimeError):
    """Every way to say who is asking was refused; the message has the last answers."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say who is asking: the credentials of both, and its name."""

    name: str
    ada: tuple[Credential, ...]
    bob: tuple[Credential, ...]


@dataclass(frozen=True, slots=True)
class _Door:
    """The endpoint that is tried."""

    endpoint: str
    timeout: float
    heard: Callable[[Exchange], None]

    def listed(self, credentials: Sequence[Credential]) -> Exchange:
        return self._wire(credentials).exchange("threads.list", {"limit": _LISTED, "order": "desc"})

    def begun(self, credentials: Sequence[Credential]) -> str:
        """The id of a thread that was started; nothing where none was."""
        done = self._wire(credentials).exchange("threads.create", {"input": spoken("Good morning.")})
        return next((str(one["thread"]["id"]) for one in done.events if one.get("type") == "thread.created"), "")

    def shows(self, credentials: Sequence[Credential], thread: str) -> bool:
        return any(one.get("id") == thread for one in self.listed(credentials).rows)

    def _wire(self, credentials: Sequence[Credential]) -> Wire:
        person = Person("", "", tuple(credentials))
        return Wire(self.endpoint, person.headers, self.timeout, person.query, self.heard)


def settle(
    endpoint: str,
    ways: Sequence[Way],
    ada: Person,
    bob: Person,
    timeout: float,
    heard: Callable[[Exchange], None],
) -> Identity:
    """Find out; ``NobodyLetInError`` where no way is good enough."""
    door = _Door(endpoint, timeout, heard)
    anonymous = door.listed(())
    if _let_in(anonymous):
        session = _session(door, anonymous, ada, bob)
        return session or _open(door, ways, ada, bob, anonymous)
    tried: list[str] = []
    for way in ways:
        answer = door.listed(way.ada)
        tried.append(f"{way.name}: {answer.status or answer.broken} {answer.text[:120]}")
        if _let_in(answer):
            return _least(door, way, ada, bob, anonymous)
    for way in ways:
        if door.begun(way.ada):
            return Identity("credentials", ada.with_(*way.ada), bob.with_(*way.bob), anonymous, _names(way))
    tried.insert(0, f"nothing: {anonymous.status or anonymous.broken} {anonymous.text[:120]}")
    raise NobodyLetInError("the backend let in none of its made-up users; " + "; ".join(tried))


def _let_in(exchange: Exchange) -> bool:
    return exchange.status == 200 and "data" in exchange.fields  # noqa: PLR2004 - HTTP's OK


def _session(door: _Door, anonymous: Exchange, ada: Person, bob: Person) -> Identity | None:
    """Somebody who says nothing is given a cookie, and is known by it from then on."""
    first, second = _cookies(anonymous), _cookies(door.listed(()))
    if not first or not second:
        first, second = _cookies_of_a_turn(door), _cookies_of_a_turn(door)
    if not first or not second:
        return None
    thread = door.begun(first)
    if not thread or not door.shows(first, thread):
        return None
    return Identity("session", ada.with_(*first), bob.with_(*second), anonymous)


def _cookies_of_a_turn(door: _Door) -> tuple[Credential, ...]:
    return _cookies(
        Wire(door.endpoint, {}, door.timeout, {}, door.heard).exchange("threads.create", {"input": spoken("Hello")})
    )


def _cookies(exchange: Exchange) -> tuple[Credential, ...]:
    jar: SimpleCookie = SimpleCookie()
    for name, value in exchange.headers:
        if name.lower() == "set-cookie":
            try:
                jar.load(value)
            except CookieError:
                continue
    return tuple(
        Credential("cookie", name, one.value, (("another signature", tampered(one.value)),)) for name, one in jar.items()
    )


def _open(door: _Door, ways: Sequence[Way], ada: Person, bob: Person, anonymous: Exchange) -> Identity:
    """Anybody is let in: whether saying who one is makes a difference."""
    for way in ways:
        thread = door.begun(way.ada)
        if thread and door.shows(way.ada, thread) and not (door.shows((), thread) or door.shows(way.bob, thread)):
            return _least(door, way, ada, bob, anonymous)
    return Identity("none", ada, bob, anonymous)


def _least(door: _Door, way: Way, ada: Person, bob: Person, anonymous: Exchange) -> Identity:
    """Leave out what is not needed: the address first, the headers last."""
    thread = door.begun(way.ada)
    shown = bool(thread) and door.shows(way.ada, thread)
    kept = list(range(len(way.ada)))
    order = sorted(kept, key=lambda one: (_DROPPED_FIRST[way.ada[one].place], way.ada[one].can_be_checked))
    for number in order:
        fewer = [one for one in kept if one != number]
        credentials = [way.ada[one] for one in fewer]
        if fewer and _let_in(door.listed(credentials)) and (not shown or door.shows(credentials, thread)):
            kept = fewer
    mine, others = [way.ada[one] for one in kept], [way.bob[one] for one in kept]
    return Identity("credentials", ada.with_(*mine), bob.with_(*others), anonymous, _names(way))


def _names(way: Way) -> tuple[Credential, ...]:
    return tuple(one for one in way.ada if not one.can_be_checked)
