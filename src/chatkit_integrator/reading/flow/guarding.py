"""What a condition says about who is who: which comparisons hold where it does, and which where it does not.

A comparison gives labels of the kind ``match``, named after what was compared, with ``==`` or ``!=`` as their path.
"""

from __future__ import annotations

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
    kinds = {name for one in labels if one.kind not in {"match", "key", "db", "by"} for name in _origins(one) if name}
    return {Label("match", name, path, place) for name in kinds}


def _origins(label: Label) -> list[str]:
    return label.name.split(",") if label.kind == "stored" else [label.kind]


@contextmanager
def behind(machine: Machine, labels: set[Label]) -> Generator[None]:
    """Walk what runs only where comparisons hold; what it finds out itself counts no further."""
    machine.guards.append(set(labels))
    try:
        yield
    finally:
        machine.guards.pop()
