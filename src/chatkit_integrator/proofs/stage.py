"""What a proof is given: somebody's backend, running, and everything that can be seen of it.

A proof talks to addresses and looks at what was recorded; it starts nothing itself. What changes the stage (a restart, a
database that goes away) is done by whoever built it, through the functions that are given here.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chatkit_integrator.model.verdict import Observed
from chatkit_integrator.proofs.wire import Exchange, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chatkit_integrator.proofs.recorder import Recording

_LONGEST = 2000
_KEPT = 400


@dataclass(frozen=True, slots=True)
class Credential:
    """One thing that says who is asking. ``forged`` are values that a server that checks must refuse.

    A credential without ``forged`` is a bare name: nothing in it can be checked.
    """

    place: Literal["header", "cookie", "query"]
    name: str
    value: str
    forged: tuple[tuple[str, str], ...] = ()

    @property
    def can_be_checked(self) -> bool:
        """Whether there is a signature or the like in it."""
        return bool(self.forged)

    @property
    def told(self) -> str:
        """Where it travels, for people."""
        return f"the {self.place} {self.name}" if self.place != "query" else f"?{self.name}= in the address"


@dataclass(frozen=True, slots=True)
class Person:
    """A user: the id that the backend knows, a name that nobody else has, and what is sent along to say so."""

    id: str
    name: str
    credentials: tuple[Credential, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request."""
        found = {one.name: one.value for one in self.credentials if one.place == "header"}
        cookies = [f"{one.name}={one.value}" for one in self.credentials if one.place == "cookie"]
        return {**found, **({"cookie": "; ".join(cookies)} if cookies else {})}

    @property
    def query(self) -> dict[str, str]:
        """What goes with every address."""
        return {one.name: one.value for one in self.credentials if one.place == "query"}

    def with_(self, *credentials: Credential) -> Person:
        """The same person with other credentials."""
        return Person(self.id, self.name, credentials)


@dataclass(frozen=True, slots=True)
class Identity:
    """How the backend tells people apart, as found by trying.

    ``kind`` is ``none`` where it does not. ``needed`` are Ada's and Bob's credentials; ``names`` are bare ids that a browser
    could send as well, for Ada, each of which the backend looks at somewhere. ``anonymous`` is how somebody without any was
    answered.
    """

    kind: Literal["none", "credentials", "session"]
    ada: Person
    bob: Person
    anonymous: Exchange
    names: tuple[Credential, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """The throw-away database. ``url`` is a libpq address of it; ``query`` gives rows as texts."""

    url: str
    query: Callable[[str], list[tuple[str, ...]]]
    stop: Callable[[], None]
    start: Callable[[], None]


@dataclass
class Stage:
    """A backend that runs.

    ``base`` is its address and ``endpoint`` that of its chat. ``restart`` ends its process and starts it anew; ``log`` is the
    end of what it printed. ``keys`` are names under which the backend looks for context; ``sent`` those that the client sends,
    ``None`` where that is not known. ``connections`` is how many of the database were open before the first request.
    ``kept`` is the folder that observations are kept in.
    """

    base: str
    endpoint: str
    recording: Recording
    identity: Identity
    database: Database | None
    restart: Callable[[], None]
    log: Callable[[], str]
    kept: Path
    database_kind: str = "none"
    keys: tuple[str, ...] = ()
    sent: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    connections: tuple[tuple[str, ...], ...] = ()
    turn: float = 60.0
    exchanges: list[Exchange] = field(default_factory=list[Exchange])

    @property
    def ada(self) -> Person:
        """The one who speaks."""
        return self.identity.ada

    @property
    def bob(self) -> Person:
        """The other one, who would like to read along."""
        return self.identity.bob

    def wire(self, person: Person, timeout: float | None = None) -> Wire:
        """Somebody's side of the conversation; each exchange is kept."""
        return Wire(self.endpoint, person.headers, timeout or self.turn, person.query, self._heard)

    def stranger(self) -> Wire:
        """The side of somebody who does not say who they are."""
        return Wire(self.endpoint, {}, self.turn, {}, self._heard)

    def _heard(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def seen(self, exchange: Exchange, note: str = "") -> Observed:
        """An exchange as an observation."""
        return self._observed("exchange", note, exchange.told)

    def prompt(self, entry: Mapping[str, Any], note: str = "", around: str = "") -> Observed:
        """A recorded prompt as an observation; of a long one, what is ``around`` a text."""
        whole = json.dumps({"path": entry["path"], "before": entry.get("before"), "body": entry["body"]}, indent=1)
        at = whole.find(around) if around else -1
        shown = whole if at < 0 else f"… {whole[max(0, at - _KEPT) : at + _KEPT]} …"
        return self._observed("prompt", note, shown, whole)

    def rows(self, rows: object, note: str = "") -> Observed:
        """What the database said as an observation."""
        return self._observed("database", note, json.dumps(rows, default=str))

    def printed(self, text: str, note: str = "") -> Observed:
        """What the program printed as an observation."""
        return self._observed("log", note, text)

    def _observed(
        self, what: Literal["exchange", "prompt", "database", "browser", "log"], note: str, shown: str, whole: str = ""
    ) -> Observed:
        number = 1 + sum(1 for _ in self.kept.glob("seen-*"))
        name = f"seen-{number:03d}-{what}.txt"
        text = f"{note}\n" if note else ""
        (self.kept / name).write_text(masked(text + (whole or shown)), encoding="utf-8")
        return Observed(what, masked(text + shown)[:_LONGEST], name)


def masked(text: str) -> str:
    """A text without what looks like a secret."""
    text = re.sub(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", "<token>", text)
    return re.sub(r"(?i)(://[^:/@\s]+:)[^@\s/]+@", r"\1<password>@", text)


def marker(what: str = "m") -> str:
    """A word that occurs nowhere else."""
    return f"{what}{secrets.token_hex(6)}"


def said_to_model(entry: Mapping[str, Any]) -> str:
    """All that a model got in a request, and what the API would remember, as one text."""
    return json.dumps([entry.get("before"), entry["body"]], ensure_ascii=False)
