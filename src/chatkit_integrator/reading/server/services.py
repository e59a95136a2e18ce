"""Services that a store gives conversations to, and of which nothing is known: what they keep, and for whom, is not guessed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine
    from chatkit_integrator.reading.flow.values import Outside

EVENT = "service"
_KEEPS_NOTHING = sys.stdlib_module_names | {
    "builtins", "chatkit", "pydantic", "pydantic_core", "fastapi", "starlette", "agents", "openai", "anyio",
    "typing_extensions", "orjson", "ujson", "msgspec", "attr", "attrs", "dateutil", "pytz", "loguru", "structlog",
    "rich", "opentelemetry", "sentry_sdk", "prometheus_client", "logfire", "tenacity", "cachetools", "sortedcontainers",
    "jose", "jwt", "ulid", "nanoid", "cuid2", "ksuid", "uuid6", "uuid_utils",
}  # fmt: skip
_ABOUT = frozenset({"thread", "item", "attachment", "context", "header", "cookie", "query"})
"""Where what a store's method is about, and for whom, comes from."""


def seen(machine: Machine, made: Call) -> None:
    """Note a call of an object of a package that is given what a store's method is about."""
    if made.receiver is None or made.of is None or made.name.startswith("__") or not may_keep(made.of):
        return
    if any(label.kind in _ABOUT for value in made.everything() for label in value.every()):
        machine.note(EVENT, _name(made.of), made.place, made.receiver, made.given, made.words)


def may_keep(thing: Outside) -> bool:
    """Whether something is of a package that may keep conversations somewhere."""
    package, dot, _ = thing.name.partition(".")
    return bool(dot) and package not in _KEEPS_NOTHING


def _name(thing: Outside) -> str:
    """The package of something, with its part where it has one: ``azure.cosmos``."""
    return ".".join(one for one in thing.name.split(".")[:2] if one.islower() and not one.endswith(")"))
