"""What an expression may be, as far as reading tells: its origins (labels), what it holds (fields), what it is (things).

Values are shared and grow, as objects do: what is put into a list by one function is there for the next.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.python import Module

LONGEST_PATH = 8
_DEPTH = 5
STEADY = frozenset({"match", "key", "db", "run", "by", "error", "random", "order", "sorted", "limited", "session"})
"""Kinds of labels that a part of a value has as they are."""
ANY = "*"
THREADS = frozenset({"to_thread", "run_in_threadpool", "run_in_executor"})
"""What runs a function in a thread of its own."""
Constant: TypeAlias = str | int | float | bool | None
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Label:
    """One origin of a value: ``Label("header", "authorization", ("sub",))`` is a part of what that header says."""

    kind: str
    name: str = ""
    path: tuple[str, ...] = ()
    place: Evidence | None = None

    def part(self, key: str, place: Evidence | None = None) -> Label:
        """The label of an attribute or an entry; the line that takes the first part of something is where that is read."""
        if self.kind in STEADY or len(self.path) >= LONGEST_PATH:
            return self
        return replace(self, path=(*self.path, key), place=(place or self.place) if not self.path else self.place)


@dataclass(eq=False, slots=True, repr=False)
class Env:
    """Names of one function or module, and of those around it."""

    module: Module
    names: dict[str, Value] = field(default_factory=dict["str", "Value"])
    outer: Env | None = None
    shared: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function:
    """A function of the repository, bound to an object or not. ``owner`` is the class that it stands in."""

    module: Module
    node: FunctionNode
    env: Env
    owner: Class | None = None
    bound: Value | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Class:
    """A class of the repository with its bases, in order."""

    module: Module
    node: ast.ClassDef
    env: Env
    bases: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Instance:
    """An object of a class of the repository."""

    made_of: Class


@dataclass(frozen=True, slots=True)
class Outside:
    """Something of a package, by its full name: ``agents.Runner.run``; ``agents.Agent()`` is what a call gave."""

    name: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Method:
    """A method, by name, of something that is not of the repository."""

    name: str
    receiver: Value
    of: Outside | None = None


@dataclass(frozen=True, slots=True)
class ModuleOf:
    """A module of the repository."""

    path: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Super:
    """``super()`` in a method."""

    owner: Class
    bound: Value


Thing: TypeAlias = Function | Class | Instance | Outside | Method | ModuleOf | Super


@dataclass(eq=False, slots=True, repr=False)
class Value:
    """What an expression may be. ``constants`` are literals that it may be; ``open``: it may be something unknown too."""

    labels: set[Label] = field(default_factory=set["Label"])
    fields: dict[str, Value] = field(default_factory=dict["str", "Value"])
    things: list[Thing] = field(default_factory=list["Thing"])
    constants: set[Constant] = field(default_factory=set["Constant"])
    open: bool = True

    def every(self) -> set[Label]:
        """The labels of the value and of everything in it."""
        return set(_every(self, set(), _DEPTH))

    def kinds(self) -> set[str]:
        """The kinds of its own labels."""
        return {label.kind for label in self.labels}

    def texts(self) -> list[str]:
        """Every string that it may be."""
        return sorted(one for one in self.constants if isinstance(one, str))

    def only(self) -> tuple[Constant] | None:
        """The one literal that it certainly is, in a tuple."""
        if self.open or self.things or self.fields or self.labels or len(self.constants) != 1:
            return None
        return (next(iter(self.constants)),)

    def outside(self) -> Iterator[Outside]:
        """What it is of packages."""
        return (one for one in self.things if isinstance(one, Outside))

    def instances(self) -> Iterator[Instance]:
        """The objects of the repository that it may be."""
        return (one for one in self.things if isinstance(one, Instance))


def _every(value: Value, seen: set[int], depth: int) -> Iterator[Label]:
    if id(value) in seen or depth < 0:
        return
    seen.add(id(value))
    yield from value.labels
    for inner in value.fields.values():
        yield from _every(inner, seen, depth - 1)


def constant(value: Constant) -> Value:
    """A literal."""
    return Value(constants={value}, open=False)


def thing(one: Thing) -> Value:
    """Something known."""
    return Value(things=[one], open=False)


def labelled(labels: Iterable[Label]) -> Value:
    """Something unknown of known origin."""
    return Value(labels=set(labels))


def join(*values: Value) -> Value:
    """What may be any of the values."""
    different = list({id(one): one for one in values}.values())
    if len(different) == 1:
        return different[0]
    return _join(different, _DEPTH, {}) if different else Value()


def _join(values: list[Value], depth: int, made: dict[tuple[int, ...], Value]) -> Value:
    """Join; what is held in several places is joined once for all of them."""
    key = (depth, *(id(one) for one in values))
    if key in made:
        return made[key]
    found = made[key] = Value(open=any(one.open for one in values))
    for one in values:
        found.labels |= one.labels
        found.constants |= one.constants
        found.things += [thing for thing in one.things if thing not in found.things]
    for name in dict.fromkeys(name for one in values for name in one.fields):
        inner = list({id(one.fields[name]): one.fields[name] for one in values if name in one.fields}.values())
        if len(inner) == 1:
            found.fields[name] = inner[0]
        elif depth > 0:
            found.fields[name] = _join(inner, depth - 1, made)
    return found


def with_labels(value: Value, labels: Iterable[Label]) -> Value:
    """The same value, and what is put into it later too, with more known about it."""
    return Value(value.labels | set(labels), value.fields, value.things, value.constants, value.open)


def relabelled(value: Value, change: Callable[[Label], Label]) -> Value:
    """A copy whose labels, and those of what is in it, are changed."""
    return _relabelled(value, change, _DEPTH, {})


def _relabelled(value: Value, change: Callable[[Label], Label], depth: int, made: dict[tuple[int, int], Value]) -> Value:
    key = (depth, id(value))
    if key not in made:
        inner = (
            {name: _relabelled(one, change, depth - 1, made) for name, one in value.fields.items()} if depth else value.fields
        )
        labels = {change(one) for one in value.labels}
        made[key] = Value(labels, dict(inner), list(value.things), set(value.constants), value.open)
    return made[key]


def put(holder: Value, key: str, value: Value) -> None:
    """Add to what an entry may be."""
    holder.fields[key] = join(holder.fields[key], value) if key in holder.fields else value
