"""What a condition says about who is who: which comparisons hold where it does, and which where it does not.

A comparison gives labels of the kind ``match``, named after what was compared, with ``==`` or ``!=`` as their path.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Label

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow.machine import Machine
    from chatkit_integrator.reading.flow.values import Value

EQUAL, UNEQUAL = ("==",), ("!=",)
CHOSEN = frozenset({"header", "cookie", "query", "body"})
"""Where in a request something stands that its sender writes."""
BOUND = "bound"
"""The kind of labels of what a statement leaves open; a comparison with one is named ``bound:`` and its name."""
VERIFIED = "verified"
"""The name of labels of a request whose truth somebody has checked."""
_SILENT = frozenset({"match", "key", "db", "by", "session", "error", "random", "order", "sorted", "limited", "env", "address"})
_SECRET = re.compile(r"authorization|token|session|secret|api-?key|ticket")
_SOMEBODY = re.compile(
    r"authorization|token|session|user|account|owner|auth|\bsub\b|uid|e-?mail|identity|role|tenant|customer", re.IGNORECASE
)
_PLAIN = re.compile(r"user|uid|account|e-?mail|name|role|(^|[-_])id$")


def matches(labels: Iterable[Label], *paths: tuple[str, ...]) -> set[Label]:
    """The comparisons among labels."""
    return {one for one in labels if one.kind == "match" and (not paths or one.path in paths)}


def holding(test: Value) -> set[Label]:
    """What is certainly equal where a condition holds."""
    return matches(test.labels, EQUAL)


def falling(test: Value) -> set[Label]:
    """What is certainly equal where a condition does not hold."""
    return {replace(one, path=EQUAL) for one in matches(test.labels, UNEQUAL)}


def turned(labels: Iterable[Label]) -> set[Label]:
    """Labels of the opposite condition."""
    return {replace(one, path=UNEQUAL if one.path == EQUAL else EQUAL) if one.kind == "match" else one for one in labels}


def without(labels: Iterable[Label], path: tuple[str, ...]) -> set[Label]:
    """Labels that still hold where only one of several conditions has to."""
    return {one for one in labels if one.kind != "match" or one.path != path}


def compared(labels: Iterable[Label], path: tuple[str, ...], place: Evidence) -> set[Label]:
    """The labels of a comparison. What was found by something stands for what it was found by."""
    kinds = {name for one in labels if one.kind not in _SILENT for name in origins(one) if name}
    return {Label("match", name, path, place) for name in kinds}


def origins(label: Label) -> list[str]:
    """What a label stands for in a comparison.

    Of a name that anybody can write into a request it is said too: ``token`` for a secret, else ``unverified``.
    """
    if label.kind == "stored":
        return label.name.split(",")
    if label.kind == BOUND:
        return [f"{BOUND}:{label.name}"]
    if label.kind == "body" and label.name != VERIFIED:
        return [label.kind, "unverified"]  # whatever it is called there
    if label.kind in CHOSEN and label.name != VERIFIED:
        return [label.kind, *(["token"] if is_token(label) else ["unverified"] if names_somebody(label) else [])]
    return [label.kind]


def names_somebody(label: Label) -> bool:
    """Whether a part of a request is named after a person, or after what proves who somebody is."""
    first = label.path[:1] if label.kind in {"header", "cookie"} else ()
    return any(_SOMEBODY.search(one) for one in (*first, *label.path[-1:]))


def is_token(label: Label) -> bool:
    """Whether a part of a request is named as secrets are; a user id is none."""
    name = label.path[0].lower() if label.path else ""
    if label.kind == "header":
        return bool(_SECRET.search(name))
    return label.kind == "cookie" and not _PLAIN.search(name)


@contextmanager
def behind(machine: Machine, labels: set[Label]) -> Generator[None]:
    """Walk what runs only where comparisons hold; what it finds out itself counts no further."""
    machine.guards.append(set(labels))
    try:
        yield
    finally:
        machine.guards.pop()
