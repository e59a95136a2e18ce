"""Expressions: what they may be, and where that comes from."""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import calling, statements
from chatkit_integrator.reading.flow.guarding import (
    EQUAL,
    UNEQUAL,
    behind,
    compared,
    falling,
    holding,
    matches,
    turned,
    without,
)
from chatkit_integrator.reading.flow.values import (
    ANY,
    Class,
    Constant,
    Env,
    Function,
    Instance,
    Method,
    ModuleOf,
    Outside,
    Super,
    Thing,
    Value,
    constant,
    join,
    put,
    thing,
    with_labels,
)

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow.machine import Frame, Machine

_WAYS = 8
_UNKNOWN = "\0"


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """What an expression may be."""
    machine.step()
    match node:
        case ast.Constant(value=value):
            return constant(value) if value is None or isinstance(value, (str, int, float, bool)) else Value()
        case ast.Name(id=name):
            shared = frame.shared.get(name)
            return machine.lookup(name, shared or frame.env)
        case ast.Attribute(value=holder, attr=name):
            found = evaluate(machine, holder, frame)
            return attribute(machine, found, name, machine.place(frame.module, node), frame.module.path)
        case ast.Call():
            return calling.call(machine, node, frame)
        case ast.Await(value=value) | ast.Starred(value=value) | ast.FormattedValue(value=value):
            return evaluate(machine, value, frame)
        case ast.Yield() | ast.YieldFrom():
            return _yield(machine, node, frame)
        case ast.Subscript(value=holder, slice=key):
            return _subscript(machine, evaluate(machine, holder, frame), key, node, frame)
        case ast.Lambda():
            return thing(Function(frame.module, node, frame.env))
        case ast.NamedExpr(target=target, value=value):
            found = evaluate(machine, value, frame)
            statements.assign(machine, target, found, frame)
            return found
        case ast.BoolOp() | ast.UnaryOp() | ast.Compare() | ast.IfExp():
            return _condition(machine, node, frame)
        case _:
            return _made(machine, node, frame)


def _made(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """Expressions that put something together."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return _comprehension(machine, node.generators, [node.elt], frame)
    match node:
        case ast.BinOp(left=left, right=right, op=operator):
            return combined(evaluate(machine, left, frame), evaluate(machine, right, frame), operator)
        case ast.JoinedStr(values=values):
            return joined([evaluate(machine, one, frame) for one in values])
        case ast.Dict():
            return _dictionary(machine, node, frame)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found = Value(open=False)
            for number, one in enumerate(items):
                held = evaluate(machine, one, frame)
                if isinstance(one, ast.Starred):
                    put(found, ANY, element(machine, held))
                else:
                    found.fields[str(number)] = held
            return found
        case ast.DictComp(generators=generators, key=key, value=value):
            return _comprehension(machine, generators, [value, key], frame)
        case _:
            inner = [evaluate(machine, one, frame) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
            return Value(labels={label for one in inner for label in one.every()})


def _dictionary(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    found = Value(open=False)
    for key, value in zip(node.keys, node.values, strict=True):
        held = evaluate(machine, value, frame)
        if key is None:
            for name in {**found.fields, **held.fields} if held.labels else held.fields:
                put(found, name, part(machine, held, name, machine.place(frame.module, value)))
            found.labels |= held.labels
        else:
            known = evaluate(machine, key, frame).only()
            put(found, str(known[0]) if known is not None else ANY, held)
    return found


def _yield(machine: Machine, node: ast.Yield | ast.YieldFrom, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame) if node.value is not None else Value()
    given = element(machine, value) if isinstance(node, ast.YieldFrom) else value
    frame.yields.append(given)
    for current, number in machine.handling:
        done = current.done.setdefault(number, set())
        done |= {f"yield {one.name}" for one in given.outside()} or {"yield"}
    name = getattr(frame.function.node, "name", "") if frame.function is not None else ""
    machine.note("yield", name, machine.place(frame.module, node), given)
    if frame.function is not None and frame.function.node is machine.starting:
        machine.phase = "over"
    return Value()


def _condition(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    match node:
        case ast.BoolOp(op=operator, values=values):
            return _boolean(machine, values, frame, is_and=isinstance(operator, ast.And))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = evaluate(machine, operand, frame)
            known = found.only()
            return constant(not known[0]) if known is not None else Value(labels=turned(found.every()))
        case ast.UnaryOp(op=operator, operand=operand):
            found = evaluate(machine, operand, frame)
            known = found.only()
            if known is not None and isinstance(operator, ast.USub) and isinstance(known[0], int):
                return constant(-known[0])
            return found
        case ast.Compare(left=left, ops=operators, comparators=others):
            sides = [evaluate(machine, one, frame) for one in (left, *others)]
            place = machine.place(frame.module, node)
            machine.note("compare", "", place, sides[0], sides[1:])
            equal = all(isinstance(one, (ast.Eq, ast.In, ast.Is)) for one in operators)
            unequal = all(isinstance(one, (ast.NotEq, ast.NotIn, ast.IsNot)) for one in operators)
            if not equal and not unequal:
                return Value()
            nothing = [side for side in sides if (known := side.only()) is not None and not known[0]]
            if nothing:  # what a check let through is something
                held = matches(label for side in sides for label in side.labels)
                return Value(labels=turned(held) if equal else held)
            path = EQUAL if equal else UNEQUAL
            return Value(labels=compared((label for side in sides for label in side.every()), path, place))
        case ast.IfExp(test=test, body=body, orelse=other):
            found = evaluate(machine, test, frame)
            known = found.only()
            if known is not None:
                return evaluate(machine, body if known[0] else other, frame)
            with behind(machine, holding(found)):
                one = evaluate(machine, body, frame)
            with behind(machine, falling(found)):
                return join(one, evaluate(machine, other, frame))
        case _:
            return Value()


def _boolean(machine: Machine, nodes: list[ast.expr], frame: Frame, *, is_and: bool) -> Value:
    found: list[Value] = []
    for node in nodes:
        value = evaluate(machine, node, frame)
        known = value.only()
        if known is not None and bool(known[0]) is not is_and:
            found.append(value)  # the rest is never looked at
            break
        if known is None or node is nodes[-1]:
            found.append(value)
    if len(found) == 1:
        return found[0]
    result = join(*found)
    return Value(
        without(result.labels, UNEQUAL if is_and else EQUAL), result.fields, result.things, result.constants, open=True
    )  # fmt: skip


def combined(left: Value, right: Value, operator: ast.operator) -> Value:
    """Two values put together by an operator."""
    if isinstance(operator, ast.Add) and (left.constants or right.constants):
        return joined([left, right])
    labels = left.every() | right.every()
    if isinstance(operator, ast.BitOr):
        labels = without(labels, EQUAL)
    found = Value(labels=labels)
    for side in (left, right):
        for key, value in side.fields.items():
            put(found, ANY if key.isdigit() else key, value)
    return found


def joined(parts: list[Value]) -> Value:
    """A text made of parts; what is not known of it is left blank."""
    labels = {label for one in parts for label in one.every()}
    choices = [one.texts() or [str(known[0]) if (known := one.only()) is not None else _UNKNOWN] for one in parts]
    texts: set[Constant] = {"".join(way) for way, _ in zip(product(*choices), range(_WAYS), strict=False)}
    return Value(labels=labels, constants=texts, open=any(one.open or not one.texts() for one in parts))


def _comprehension(machine: Machine, generators: list[ast.comprehension], results: list[ast.expr], frame: Frame) -> Value:
    outer = frame.env
    frame.env = Env(outer.module, outer=outer)
    machine.guards.append(set())
    try:
        for one in generators:
            over = evaluate(machine, one.iter, frame)
            machine.note("iterate", "", machine.place(frame.module, one.iter), over)
            statements.assign(machine, one.target, element(machine, over), frame)
            for test in one.ifs:
                machine.guards[-1] |= holding(evaluate(machine, test, frame))
        found = evaluate(machine, results[0], frame)
        for extra in results[1:]:
            evaluate(machine, extra, frame)
        if machine.guards[-1]:
            machine.note("filter", "", machine.place(frame.module, results[0]), found)
    finally:
        machine.guards.pop()
        frame.env = outer
    return Value(fields={ANY: found}, open=False)


def element(machine: Machine, value: Value) -> Value:
    """What is met when something is gone through."""
    special = machine.library.element(value)
    if special is not None:
        return join(special, *value.fields.values())
    own = [Value(labels=set(value.labels))] if value.labels or not value.fields else []
    return join(*own, *value.fields.values())


def _subscript(machine: Machine, value: Value, key: ast.expr, node: ast.expr, frame: Frame) -> Value:
    if any(one.name in _ANNOTATED for one in value.outside()) and isinstance(key, ast.Tuple):
        inner = {str(number): evaluate(machine, one, frame) for number, one in enumerate(key.elts)}
        return Value(fields=inner, things=[Outside("typing.Annotated")])
    if any(isinstance(one, (Class, Outside)) and not getattr(one, "name", "").endswith("()") for one in value.things):
        return value  # a generic type
    place = machine.place(frame.module, node)
    if isinstance(key, ast.Slice):
        bounds = [evaluate(machine, one, frame) if one is not None else None for one in (key.lower, key.upper, key.step)]
        lower = bounds[0].only() if bounds[0] is not None else None
        special = machine.library.entry(machine, value, constant(-1), place) if lower == (-1,) and not bounds[1] else None
        return special or machine.library.sliced(value, *bounds) or value
    by = evaluate(machine, key, frame)
    machine.note("entry", "get", place, value, [by])
    return entry(machine, value, by, place)


def entry(machine: Machine, value: Value, by: Value, place: Evidence) -> Value:
    """What stands under a key."""
    known = by.only()
    if known is not None and isinstance(known[0], str):
        return part(machine, value, known[0], place)
    if known is not None and str(known[0]) in value.fields:
        return value.fields[str(known[0])]
    special = machine.library.entry(machine, value, by, place)
    if special is not None:
        return special
    inner = list(value.fields.values())
    labels = value.labels | by.every() if known is None else set(value.labels)
    return join(Value(labels=set(labels)), *inner) if labels or not inner else join(*inner)


def part(machine: Machine, value: Value, name: str, place: Evidence) -> Value:
    """What stands under a name."""
    if name in value.fields:
        return value.fields[name]
    special = machine.library.part(machine, value, name, place)
    if special is not None:
        return special
    found = Value(labels={label.part(name, place) for label in value.labels})
    return join(value.fields[ANY], found) if ANY in value.fields else found


def attribute(machine: Machine, value: Value, name: str, place: Evidence, importer: str) -> Value:
    """An attribute of something, whatever it may be."""
    if name in value.fields:
        held = value.fields[name]
        if held.only() is None or not any(isinstance(one, Instance) for one in value.things):
            return held
        return Value(held.labels, constants=held.constants)  # objects change
    found = [one for one in (_of_thing(machine, value, one, name, importer) for one in value.things) if one is not None]
    if found:
        held = join(*found)
        if value.labels and not any(isinstance(one, (Function, Method)) for one in held.things):
            held = with_labels(held, {label.part(name, place) for label in value.labels})
        return Value(held.labels, constants=held.constants) if held.only() is not None else held
    special = machine.library.part(machine, value, name, place)
    given = value.fields.get(ANY, Value()) if next(value.instances(), None) is not None else Value()
    result = special or Value(labels={label.part(name, place) for label in value.labels | given.labels})
    ancestors = [base for one in value.instances() for base in machine.ancestors(one.made_of)]
    of = next(iter([*value.outside(), *ancestors]), None)
    method = Method(name, value, of)
    return Value(result.labels, result.fields, [*result.things, method], result.constants, open=True)


def _of_thing(machine: Machine, value: Value, one: Thing, name: str, importer: str) -> Value | None:
    match one:
        case Instance(made_of=made_of):
            return machine.member(made_of, name, value)
        case Class():
            held = machine.member(one, name, None)
            if held is None or any(isinstance(inner, (Function, Class)) for inner in held.things):
                return held
            return Value(held.labels, held.fields, [*held.things, Method(name, value)], held.constants, held.open)
        case Super(owner=owner, bound=bound):
            for kin in machine.kin(owner)[1:]:
                found = machine.member(kin, name, bound)
                if found is not None:
                    return found
            return thing(Method(name, bound, next(iter(machine.ancestors(owner)), None)))
        case ModuleOf(path=path):
            env = machine.module(path)
            found = machine.of_module(env, name) if env is not None else None
            return found or machine.imported(path, None, 1, name) if env is not None else None
        case Outside(name=outer) if not outer.endswith(")") and "()" not in outer:
            inner = machine.modules.locate(importer, f"{outer}.{name}", 0)
            if inner is not None and inner != importer:
                return machine.imported_module(importer, f"{outer}.{name}")
            return thing(Outside(f"{outer}.{name}"))
        case _:
            return None


def typed(machine: Machine, annotation: ast.expr | None, env: Env, place: Evidence) -> Value:
    """What a parameter of a type may be, where nobody gave it."""
    from chatkit_integrator.reading.flow.machine import Frame  # noqa: PLC0415 - that module imports this one

    match annotation:
        case None:
            return Value()
        case ast.Constant(value=str(text)):
            try:
                return typed(machine, ast.parse(text, mode="eval").body, env, place)
            except SyntaxError:
                return Value()
        case ast.BinOp(left=left, right=right):
            return join(typed(machine, left, env, place), typed(machine, right, env, place))
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner) if name in _TRANSPARENT:
            first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
            return typed(machine, first, env, place)
        case ast.Subscript(value=holder):
            return typed(machine, holder, env, place)
        case ast.Name() | ast.Attribute():
            found = evaluate(machine, annotation, Frame(env))
            if any(one.name in _ANNOTATED for one in found.outside()) and "0" in found.fields:
                found = found.fields["0"]
            objects = [thing(Instance(one)) for one in found.things if isinstance(one, Class)]
            known = machine.library.of_type(machine, found, place)
            return join(*objects, *([known] if known is not None else [])) if objects or known is not None else Value()
        case _:
            return Value()


_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
_TRANSPARENT = frozenset({"Annotated", "Optional", "Union", "Final", "ClassVar", "AsyncIterator", "AsyncGenerator"})
