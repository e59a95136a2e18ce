"""Calls: functions of the repository are walked with what they are given, those of packages are left to the library."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading.flow import common, expressions, statements
from chatkit_integrator.reading.flow.guarding import EQUAL, behind, matches
from chatkit_integrator.reading.flow.values import (
    ANY,
    THREADS,
    Class,
    Env,
    Function,
    Instance,
    Method,
    Outside,
    Super,
    Value,
    join,
    put,
    thing,
)

if TYPE_CHECKING:
    from chatkit_integrator.reading.flow.machine import Frame, Machine

_DEEPEST = 60
_AGAIN = 2
_WAYS = 4
_WHOLE = "**"
"""The name that a mapping given with ``**`` has among the arguments."""
NOWHERE = Evidence("", 0, "")


@dataclass(frozen=True, eq=False)
class Call:
    """A call of something that is not of the repository. ``name`` is its full name, or a method's; ``of`` whose method."""

    name: str
    receiver: Value | None
    of: Outside | None
    given: list[Value]
    words: dict[str, Value]
    place: Evidence
    importer: str
    decorator: Value | None = None

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rsplit(".", 1)[-1]

    def argument(self, position: int, name: str) -> Value | None:
        """An argument by position or name."""
        return self.words.get(name) or (self.given[position] if position < len(self.given) else None)

    def everything(self) -> list[Value]:
        """Every argument."""
        return [*self.given, *self.words.values()]


def call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    """Walk a call."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.function and frame.function.owner:
        return thing(Super(frame.function.owner, frame.function.bound or Value()))
    function = _called(machine, node.func, frame)
    given: list[Value] = []
    for one in node.args:
        value = expressions.evaluate(machine, one, frame)
        if isinstance(one, ast.Starred):
            known = [value.fields[key] for key in sorted(value.fields, key=_position) if key != ANY]
            given += known or [expressions.element(machine, value)]
        else:
            given.append(value)
    words: dict[str, Value] = {}
    for word in node.keywords:
        value = expressions.evaluate(machine, word.value, frame)
        if word.arg is not None:
            words[word.arg] = value
        else:
            words.update(value.fields)
            words[_WHOLE] = join(words[_WHOLE], value) if _WHOLE in words else value
    return dispatch(machine, function, given, words, node, frame)


def _position(key: str) -> int:
    return int(key) if key.isdigit() else 0


def _called(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """What is called; an entry of a dictionary never hides a method of the same name."""
    if not isinstance(node, ast.Attribute):
        return expressions.evaluate(machine, node, frame)
    holder = expressions.evaluate(machine, node.value, frame)
    found = expressions.attribute(machine, holder, node.attr, machine.place(frame.module, node), frame.module.path)
    if node.attr in holder.fields and not any(not isinstance(one, Instance) for one in found.things):
        callable_objects = [one for one in found.instances() if machine.member(one.made_of, "__call__", found)]
        if not callable_objects:
            return Value(things=[Method(node.attr, holder, next(holder.outside(), None))])
    return found


def dispatch(
    machine: Machine, function: Value, given: list[Value], words: dict[str, Value], node: ast.AST | None, frame: Frame | None
) -> Value:
    """Call everything that a value may be."""
    place = machine.place(frame.module, node) if node is not None and frame is not None else NOWHERE
    importer = frame.module.path if frame is not None else ""
    outer = _by_name(words)
    found: list[Value] = []
    for one in function.things[:_WAYS]:
        match one:
            case Function():
                found.append(follow(machine, one, given, words, place))
            case Class():
                found.append(instantiate(machine, one, given, words, place))
            case Instance(made_of=made_of):
                method = machine.member(made_of, "__call__", function)
                if method is not None:
                    found.append(dispatch(machine, method, given, words, node, frame))
            case Outside(name=name) if name.endswith("()"):
                found.append(_outside(machine, Call("__call__", function, one, given, outer, place, importer)))
            case Outside(name=name):
                found.append(_outside(machine, Call(name, None, one, given, outer, place, importer)))
            case Method(name=name, receiver=receiver, of=of):
                found.append(_outside(machine, Call(name, receiver, of, given, outer, place, importer)))
            case _:
                pass
    if found:
        return join(*found)
    return Value(labels=function.every() | {label for one in (*given, *words.values()) for label in one.every()})


def _by_name(words: dict[str, Value]) -> dict[str, Value]:
    """The arguments as they are told to the library: what a mapping holds under unknown names stands under any name."""
    named = {name: one for name, one in words.items() if name != _WHOLE}
    whole = words.get(_WHOLE, Value())
    return {**named, ANY: join(named.get(ANY, Value()), Value(set(whole.labels)))} if whole.labels else named


def _entry(machine: Machine, words: dict[str, Value], name: str, place: Evidence) -> Value | None:
    """What a mapping that is given with ``**`` says under a name; ``None`` where nothing is known of that."""
    found = expressions.part(machine, words[_WHOLE], name, place) if _WHOLE in words else Value()
    return found if found.labels or found.fields or found.things or found.constants else None


def _outside(machine: Machine, made: Call) -> Value:
    known = machine.library.called(machine, made)
    if known is not None:
        return known
    usual = common.method(machine, made) if made.receiver is not None else common.function(machine, made)
    return usual if usual is not None else unknown(machine, made)


def unknown(machine: Machine, made: Call) -> Value:
    """A call that nothing is known about: functions that it is given are run, data goes through it."""
    found = [run_given(machine, made)] if not made.last[:1].isupper() else []
    labels = {label for one in made.everything() for label in one.every()}
    if made.receiver is not None:
        labels |= made.receiver.every()
    name = made.name if made.receiver is None or made.of is None else f"{made.of.name}.{made.name}"
    fields = {**{str(number): one for number, one in enumerate(made.given)}, **made.words}
    return join(Value(labels, dict(fields), [Outside(f"{name}()")]), *found)


def run_given(machine: Machine, made: Call) -> Value:
    """Run the functions among the arguments, with those behind them; what is not known of theirs comes from the receiver."""
    found: list[Value] = []
    machine.threads += made.last in THREADS
    for number, one in enumerate(made.everything()):
        functions = [inner for inner in one.things if isinstance(inner, Function)]
        rest = made.given[number + 1 :] or ([made.receiver] if made.receiver is not None else [])
        found += [follow(machine, inner, rest, {}) for inner in functions[:_WAYS]]
    machine.threads -= made.last in THREADS
    return join(*found) if found else Value()


def decorate(machine: Machine, decorator: Value, value: Value, node: ast.expr, frame: Frame) -> Value:
    """Give a function to its decorator; one of a package that nothing is known about leaves it as it is."""
    found: list[Value] = []
    for one in decorator.things[:_WAYS]:
        place = machine.place(frame.module, node)
        match one:
            case Function() | Class():
                found.append(dispatch(machine, Value(things=[one]), [value], {}, node, frame))
            case Outside(name=name):
                made = Call(name, None, one, [value], {}, place, frame.module.path, decorator)
                found.append(machine.library.called(machine, made) or value)
            case Method(name=name, receiver=receiver, of=of):
                made = Call(name, receiver, of, [value], {}, place, frame.module.path, decorator)
                found.append(machine.library.called(machine, made) or value)
            case _:
                pass
    usable = [one for one in found if one.things]
    return join(*usable) if usable else value


def follow(
    machine: Machine, function: Function, given: list[Value], words: dict[str, Value], place: Evidence = NOWHERE
) -> Value:
    """Walk a function of the repository."""
    from chatkit_integrator.reading.flow.machine import Frame  # noqa: PLC0415 - that module imports this one

    again = sum(1 for one in machine.stack if one.node is function.node)
    if machine.tired(function) or again >= _AGAIN or len(machine.stack) > _DEEPEST:
        return Value(labels={label for one in (*given, *words.values()) for label in one.every()})
    known = machine.library.followed(machine, function, given, words)
    if known is not None:
        return known
    frame = Frame(Env(function.module, outer=function.env), function)
    _bind(machine, function, given, words, frame, place)
    caller = machine.frames[-1] if machine.frames else None
    machine.stack.append(function)
    machine.frames.append(frame)
    try:
        if isinstance(function.node, ast.Lambda):
            return expressions.evaluate(machine, function.node.body, frame)
        with behind(machine, set()):
            frame.level = len(machine.guards)
            frame.env.shared = machine.shared_names(function.node)
            statements.block(machine, function.node.body, frame)
    finally:
        machine.stack.pop()
        machine.frames.pop()
    machine.guards[-1] |= frame.certain
    if caller is not None and len(machine.guards) == caller.level:
        caller.certain |= frame.certain
    if not frame.yields:
        return _returned(frame.returns)
    whole = statements.decorators(function.node) & {"contextmanager", "asynccontextmanager"}
    return join(*frame.yields) if whole else Value(fields={ANY: join(*frame.yields)})


def _returned(values: list[Value]) -> Value:
    """What a function may give back; compared is only what was compared on every way on which rows come back."""
    if not values:
        return Value(constants={None})
    rows = [matches(one.labels, EQUAL) for one in values if any(label.kind == "stored" for label in one.every())]
    found = join(*values)
    if len(rows) < 2:  # noqa: PLR2004 - several ways
        return found
    common = {label.name for label in rows[0] if all(any(label.name == other.name for other in one) for one in rows)}
    kept = {one for one in found.labels if one.kind != "match" or one.path != EQUAL or one.name in common}
    return Value(kept, found.fields, found.things, found.constants, found.open)


def _bind(
    machine: Machine, function: Function, given: list[Value], words: dict[str, Value], frame: Frame, place: Evidence
) -> None:
    from chatkit_integrator.reading.flow.machine import Frame  # noqa: PLC0415 - that module imports this one

    arguments = function.node.args
    names = [*arguments.posonlyargs, *arguments.args]
    values = [*([function.bound] if function.bound is not None else []), *given]
    defaults = dict(zip([one.arg for one in names][len(names) - len(arguments.defaults) :], arguments.defaults, strict=True))
    defaults |= {
        one.arg: default
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    outer = Frame(function.env)
    bound = frame.env.names
    for number, one in enumerate([*names, *arguments.kwonlyargs]):
        if number < len(names) and number < len(values):
            value = values[number]
        elif one.arg in words:
            value = words[one.arg]
        else:
            entry = _entry(machine, words, one.arg, place)
            usual = expressions.evaluate(machine, defaults[one.arg], outer) if one.arg in defaults else None
            value = join(*(choice for choice in (entry, usual) if choice is not None)) if entry or usual else Value()
        if not value.things and value.open and not value.fields and not value.constants:
            hint = machine.typed(one.annotation, function.env, machine.place(function.module, one))
            if hint.things or hint.labels:
                value = Value(value.labels | hint.labels, hint.fields, hint.things)
        bound[one.arg] = value
    if arguments.vararg is not None:
        rest = values[len(names) :]
        bound[arguments.vararg.arg] = Value(fields={str(number): one for number, one in enumerate(rest)}, open=False)
    if arguments.kwarg is not None:
        others = {key: one for key, one in words.items() if key not in bound and key != _WHOLE}
        bound[arguments.kwarg.arg] = Value(set(words.get(_WHOLE, Value()).labels), others, open=False)


def instantiate(
    machine: Machine, made_of: Class, given: list[Value], words: dict[str, Value], place: Evidence = NOWHERE
) -> Value:
    """Make an object of a class of the repository."""
    made = thing(Instance(made_of))
    start = machine.member(made_of, "__init__", made)
    if start is not None:
        for one in start.things:
            if isinstance(one, Function):
                follow(machine, one, given, words, place)
        return made
    names = [
        one.target.id
        for kin in reversed(machine.kin(made_of))
        for one in kin.node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    if not names:
        told = [*given, Value(words[_WHOLE].labels)] if _WHOLE in words else given
        made.labels |= {label for one in told for label in one.every()}  # an Enum's member, a text of a kind
    fields = list(dict.fromkeys(names))
    for name, value in (*zip(fields, given, strict=False), *_by_name(words).items()):
        put(made, name, value)
    for name in fields[len(given) :]:
        entry = _entry(machine, words, name, place) if name not in words else None
        if entry is not None:
            put(made, name, join(entry, machine.member(made_of, name, None) or entry))
    machine.library.made(machine, made, made_of, given, words)
    after = machine.member(made_of, "__post_init__", made)
    if after is not None:
        dispatch(machine, after, [], {}, None, None)
    return made
