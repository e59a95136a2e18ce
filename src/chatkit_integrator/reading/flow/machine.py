"""The walk itself: modules, statements, names and calls; expressions are read next door."""

from __future__ import annotations

import ast
import builtins
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chatkit_integrator.errors import TooLargeError
from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading.flow import calling, expressions, statements
from chatkit_integrator.reading.flow.values import Class, Env, Function, Label, ModuleOf, Outside, Value, join, thing

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from chatkit_integrator.reading.python import Module, PythonModules

_BUDGET = 6_000
_STEPS = 60_000
_TIMES = 12
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, eq=False)
class Try:
    """A ``try`` that is being walked, and what its handlers were seen to do: ``raise``, ``answer``, ``yield``."""

    module: Module
    node: ast.Try | ast.TryStar
    done: dict[int, set[str]] = field(default_factory=dict[int, set[str]])


@dataclass(frozen=True, eq=False)
class Event:
    """Something that was done, in order: with whom, with what, inside which ``try``, behind which guards.

    ``aside``: in a thread of its own.
    """

    kind: str
    name: str
    place: Evidence
    receiver: Value
    given: tuple[Value, ...] = ()
    words: dict[str, Value] = field(default_factory=dict[str, Value])
    labels: frozenset[Label] = frozenset()
    guards: frozenset[Label] = frozenset()
    tries: tuple[Try, ...] = ()
    phase: str = ""
    aside: bool = False


@dataclass(eq=False)
class Frame:
    """One call that is being walked."""

    env: Env
    function: Function | None = None
    returns: list[Value] = field(default_factory=list[Value])
    yields: list[Value] = field(default_factory=list[Value])
    loops: list[list[dict[str, Value]]] = field(default_factory=list[list[dict[str, Value]]])
    shared: dict[str, Env] = field(default_factory=dict[str, Env])
    level: int = 0
    certain: set[Label] = field(default_factory=set[Label])

    @property
    def module(self) -> Module:
        """The module that the code stands in."""
        return self.env.module


class Library(Protocol):
    """What functions of packages do. ``None``: nothing special is known, data goes through."""

    def called(self, machine: Machine, made: calling.Call) -> Value | None:
        """Answer a call of something that is not of the repository."""
        ...

    def part(self, machine: Machine, value: Value, name: str, place: Evidence) -> Value | None:
        """Answer an attribute of something, or an entry under a text."""
        ...

    def entry(self, machine: Machine, value: Value, key: Value, place: Evidence) -> Value | None:
        """Answer an entry under a key that is no text."""
        ...

    def element(self, value: Value) -> Value | None:
        """Answer what is met when something is gone through."""
        ...

    def sliced(self, value: Value, lower: Value | None, upper: Value | None, step: Value | None) -> Value | None:
        """Answer a part of a sequence; a bound that is not written is ``None``."""
        ...

    def assigned(self, machine: Machine, value: Value, name: str, given: Value, place: Evidence) -> None:
        """Hear of an attribute or entry that is set."""
        ...

    def followed(self, machine: Machine, function: Function, given: list[Value], words: dict[str, Value]) -> Value | None:
        """Answer for a function of the repository; ``None`` walks it."""
        ...

    def made(self, machine: Machine, value: Value, made_of: Class, given: list[Value], words: dict[str, Value]) -> None:
        """Hear of an object whose class leaves ``__init__`` to a package."""
        ...

    def empty(self, value: Value) -> bool:
        """Whether it matters that there is nothing in something."""
        ...

    def alone(self, value: Value) -> Value:
        """Say what something is where nothing else is there."""
        ...

    def of_type(self, machine: Machine, annotation: Value, place: Evidence) -> Value | None:
        """Say what a parameter of a type is that nobody gave."""
        ...


class Machine:
    """Walks code. ``events`` are what the library noted, in order. ``TooLargeError`` comes out of a walk that does not end."""

    def __init__(self, modules: PythonModules, library: Library) -> None:
        self.modules = modules
        self.library = library
        self.events: list[Event] = []
        self.tries: list[Try] = []
        self.handling: list[tuple[Try, int]] = []
        self.guards: list[set[Label]] = [set()]
        self.stack: list[Function] = []
        self.frames: list[Frame] = []
        self.phase = ""
        self.importing = 0
        self.threads = 0
        self.alone = 0
        self.starting: ast.AST | None = None
        self.decorated: dict[int, Value] = {}
        self._envs: dict[str, Env] = {}
        self._members: dict[tuple[int, str], Value | None] = {}
        self.at_import: list[Event] = []
        self._shared: dict[int, set[str]] = {}
        self._left = _STEPS
        self._steps = 0
        self._walked: dict[int, int] = {}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))

    def step(self) -> None:
        """Count an expression. The whole reading has so many, whatever the machine: ``TooLargeError`` after the last."""
        self._left -= 1
        if self._left < 0:
            raise TooLargeError("the backend is too large to follow: its functions call and loop more than reading goes along")

    def tired(self, function: Function) -> bool:
        """Whether a walk has taken as long as it may, or met a function often enough: the call is not followed then."""
        times = self._walked[id(function.node)] = self._walked.get(id(function.node), 0) + 1
        self._steps += 1
        return self._steps > _BUDGET or times > _TIMES

    def shared_names(self, node: ast.AST) -> set[str]:
        """The names of a function that functions inside it set."""
        if id(node) not in self._shared:
            self._shared[id(node)] = {
                name for one in ast.walk(node) if isinstance(one, ast.Nonlocal) for name in one.names
            }  # fmt: skip
        return self._shared[id(node)]

    def place(self, module: Module, node: ast.AST) -> Evidence:
        """The line of a node as evidence."""
        line = getattr(node, "lineno", 1)
        return Evidence(module.path, line, module.line(line)[:200])

    def note(
        self,
        kind: str,
        name: str,
        place: Evidence,
        receiver: Value,
        given: Sequence[Value] = (),
        words: dict[str, Value] | None = None,
        labels: frozenset[Label] = frozenset(),
    ) -> Event:
        """Write an event down as of now."""
        guards = frozenset(label for held in self.guards for label in held)
        tries = tuple(self.tries)
        aside = self.threads > 0
        event = Event(kind, name, place, receiver, tuple(given), words or {}, labels, guards, tries, self.phase, aside)
        self.events.append(event)
        return event

    @contextmanager
    def fresh(self) -> Generator[list[Event]]:
        """Collect the events of one walk alone, with no guards from before."""
        kept = self.events, self.guards, self.tries, self.handling, self.frames, self.phase
        counted = self._steps, self._walked
        self.events, self.guards, self.tries, self.handling, self.frames = [], [set()], [], [], []
        self._steps, self._walked = 0, {}
        try:
            yield self.events
        finally:
            self.events, self.guards, self.tries, self.handling, self.frames, self.phase = kept
            self._steps, self._walked = counted

    def module(self, path: str) -> Env | None:
        """The names of a module, walked once."""
        if path not in self._envs:
            module = self.modules.module(path)
            if module is None:
                return None
            env = self._envs[path] = Env(module)
            statements.declare(module.tree.body, env)
            self.importing += 1
            with self.fresh() as events:
                statements.block(self, module.tree.body, Frame(env))
            self.importing -= 1
            self.at_import += events
        return self._envs[path]

    def imported(self, importer: str, source: str | None, level: int, name: str) -> Value:
        """What ``from <source> import <name>`` binds."""
        target = self.modules.locate(importer, source, level) if source or level else None
        env = self.module(target) if target is not None and target != importer else None
        if env is not None:
            found = self.of_module(env, name)
            if found is not None:
                return found
        inner = self.modules.locate(importer, f"{source}.{name}" if source else name, level)
        if inner is not None and inner != importer:
            self.module(inner)
            return thing(ModuleOf(inner))
        return thing(Outside(f"{source}.{name}" if source else name))

    def of_module(self, env: Env, name: str) -> Value | None:
        """A name of a module, also of one whose walk has not come to it yet."""
        if name in env.names:
            return env.names[name]
        match env.module.bindings.get(name):
            case ast.FunctionDef() | ast.AsyncFunctionDef() as node:
                return thing(Function(env.module, node, env))
            case ast.ClassDef() as node:
                return statements.class_of(self, node, Frame(env))
            case _:
                return None

    def imported_module(self, importer: str, name: str) -> Value:
        """What ``import <name> as x`` binds."""
        target = self.modules.locate(importer, name, 0)
        if target is None or target == importer:
            return thing(Outside(name))
        self.module(target)
        return thing(ModuleOf(target))

    def lookup(self, name: str, env: Env) -> Value:
        """A name where it is used."""
        here: Env | None = env
        while here is not None:
            found = self.of_module(here, name) if here.outer is None else here.names.get(name)
            if found is not None:
                return found
            here = here.outer
        return thing(Outside(f"builtins.{name}")) if name in _BUILTINS else Value()

    def kin(self, made_of: Class) -> list[Class]:
        """A class of the repository and those that it derives from, nearest first."""
        found = [made_of]
        for base in made_of.bases:
            for one in base.things:
                if isinstance(one, Class):
                    found += [inner for inner in self.kin(one) if inner not in found]
        return found

    def ancestors(self, made_of: Class) -> list[Outside]:
        """The classes of packages that a class derives from."""
        return [one for inner in self.kin(made_of) for base in inner.bases for one in base.outside()]

    def member(self, made_of: Class, name: str, bound: Value | None) -> Value | None:
        """A method or an attribute of a class, bound where it is a method."""
        for one in self.kin(made_of):
            found = self.own(one, name)
            if found is None:
                continue
            functions = [inner for inner in found.things if isinstance(inner, Function)]
            if not functions:
                return found
            return join(*(self._bind(inner, one, bound) for inner in functions))
        return None

    def own(self, made_of: Class, name: str) -> Value | None:
        """What the class itself binds a name to."""
        key = (id(made_of.node), name)
        if key not in self._members:
            self._members[key] = None
            self._members[key] = statements.class_member(self, made_of, name)
        return self._members[key]

    def _bind(self, function: Function, owner: Class, bound: Value | None) -> Value:
        names = statements.decorators(function.node)
        free = "staticmethod" in names
        method = Function(function.module, function.node, function.env, owner, None if free else bound)
        if bound is not None and names & {"property", "cached_property"} and not free:
            return calling.follow(self, method, [], {})
        return thing(method)

    def attribute(self, value: Value, name: str, place: Evidence, importer: str) -> Value:
        """An attribute of something, whatever it may be."""
        return expressions.attribute(self, value, name, place, importer)

    def call(self, value: Value, given: Sequence[Value] = (), words: dict[str, Value] | None = None) -> Value:
        """Call something, from nowhere in particular."""
        return calling.dispatch(self, value, list(given), words or {}, None, None)

    def follow(self, function: Function, words: dict[str, Value]) -> Value:
        """Call a function of the repository with arguments by name."""
        return calling.follow(self, function, [], words)

    def make(self, made_of: Class, given: Sequence[Value] = (), words: dict[str, Value] | None = None) -> Value:
        """Make an object of a class of the repository."""
        return calling.instantiate(self, made_of, list(given), words or {})

    def typed(self, annotation: ast.expr | None, env: Env, place: Evidence) -> Value:
        """What a parameter of that type may be, where nobody gave it."""
        return expressions.typed(self, annotation, env, place)
