"""Statements, in the order in which a run would come to them; branches are walked apart and joined."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import calling, expressions
from chatkit_integrator.reading.flow.emptying import alone, emptied
from chatkit_integrator.reading.flow.guarding import behind, falling, holding
from chatkit_integrator.reading.flow.values import (
    ANY,
    Class,
    Env,
    Function,
    Instance,
    Label,
    Value,
    join,
    put,
    thing,
    with_labels,
)
from chatkit_integrator.reading.python import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.reading.flow.machine import Frame, Machine

_ROUNDS = 2


def declare(body: list[ast.stmt], env: Env) -> None:
    """Note the names that functions set for the whole module: they are never certain."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                env.shared |= set(node.names)


def block(machine: Machine, body: Iterable[ast.stmt], frame: Frame) -> bool:
    """Walk statements up to one that leaves; tell whether the end is reached."""
    return all(_statement(machine, one, frame) for one in body)


def decorators(node: ast.AST) -> set[str]:
    """The last names of a function's decorators."""
    found: list[ast.expr] = getattr(node, "decorator_list", [])
    names = (dotted(one.func if isinstance(one, ast.Call) else one) for one in found)
    return {name.rsplit(".", 1)[-1] for name in names if name}


def _statement(machine: Machine, node: ast.stmt, frame: Frame) -> bool:
    match node:
        case ast.Expr(value=value):
            expressions.evaluate(machine, value, frame)
        case ast.Assign(value=value, targets=targets):
            found = alone(machine, expressions.evaluate(machine, value, frame))
            for target in targets:
                assign(machine, target, found, frame)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            assign(machine, target, expressions.evaluate(machine, value, frame), frame)
        case ast.AugAssign(target=target, op=operator, value=value):
            before = expressions.evaluate(machine, target, frame)
            added = expressions.evaluate(machine, value, frame)
            assign(machine, target, expressions.combined(before, added, operator), frame)
        case ast.Assert(test=test):
            _certain(machine, holding(expressions.evaluate(machine, test, frame)), [ast.Raise()], frame)
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            _leave(machine, node, frame)
            return False
        case ast.If() | ast.While() | ast.For() | ast.AsyncFor() | ast.With() | ast.AsyncWith() | ast.Match():
            return _compound(machine, node, frame)
        case ast.Try() | ast.TryStar():
            return _try(machine, node, frame)
        case _:
            _define(machine, node, frame)
    return True


def _leave(machine: Machine, node: ast.Return | ast.Raise | ast.Break | ast.Continue, frame: Frame) -> None:
    match node:
        case ast.Return(value=ast.expr() as value):
            found = expressions.evaluate(machine, value, frame)
            frame.returns.append(_as_checked(machine, found, frame))
            if found.only() != (None,):
                _done(machine, "answer")
        case ast.Raise(exc=error, cause=cause):
            found = expressions.evaluate(machine, error, frame) if error is not None else None
            if cause is not None:
                expressions.evaluate(machine, cause, frame)
            last = next((one.last for one in found.outside()), "") if found else ""
            if found is not None:
                machine.note("raise", last.removesuffix("()"), machine.place(frame.module, node), found)
            _done(machine, "again" if found is None else f"raise {last.removesuffix('()')}")
        case ast.Break() | ast.Continue():
            if frame.loops:
                frame.loops[-1].append(dict(frame.env.names))
        case _:
            pass


def _define(machine: Machine, node: ast.stmt, frame: Frame) -> None:
    match node:
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            _share(names, frame, is_global=isinstance(node, ast.Global))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            assign_name(node.name, _decorated(machine, node, frame), frame)
        case ast.ClassDef():
            assign_name(node.name, class_of(machine, node, frame), frame)
        case ast.Import(names=aliases):
            for alias in aliases:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                if not alias.asname:
                    machine.imported_module(frame.module.path, alias.name)
                assign_name(alias.asname or whole, machine.imported_module(frame.module.path, whole), frame)
        case ast.ImportFrom():
            _import(machine, node, frame)
        case _:
            pass


def _compound(machine: Machine, node: ast.stmt, frame: Frame) -> bool:
    match node:
        case ast.If(test=test, body=body, orelse=other):
            return _if(machine, test, body, other, frame)
        case ast.While(test=test, body=body, orelse=other):
            found = expressions.evaluate(machine, test, frame)
            known = found.only()
            if known is None or known[0]:
                _loop(machine, [*body], None, Value(), frame)
            return block(machine, other, frame)
        case (
            ast.For(target=target, iter=iterated, body=body, orelse=other)
            | ast.AsyncFor(target=target, iter=iterated, body=body, orelse=other)
        ):
            over = expressions.evaluate(machine, iterated, frame)
            machine.note("iterate", "", machine.place(frame.module, node), over)
            _loop(machine, [*body], target, expressions.element(machine, over), frame)
            return block(machine, other, frame)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                entered = _entered(machine, expressions.evaluate(machine, item.context_expr, frame))
                if item.optional_vars is not None:
                    assign(machine, item.optional_vars, entered, frame)
            return block(machine, body, frame)
        case ast.Match(subject=subject, cases=cases):
            found = expressions.evaluate(machine, subject, frame)
            return _cases(machine, cases, found, frame)
        case _:
            return True


def _entered(machine: Machine, value: Value) -> Value:
    for name in ("__aenter__", "__enter__"):
        for one in value.instances():
            method = machine.member(one.made_of, name, value)
            if method is not None:
                return machine.call(method)
    return value


def _if(machine: Machine, test: ast.expr, body: list[ast.stmt], other: list[ast.stmt], frame: Frame) -> bool:
    found = expressions.evaluate(machine, test, frame)
    known = found.only()
    if known is not None:
        return block(machine, body if known[0] else other, frame)
    before, phase = dict(frame.env.names), machine.phase
    empty = machine.library.empty(bare) if (bare := emptied(machine, test, frame)) is not None else False
    machine.alone += empty
    with behind(machine, holding(found)):
        reached = block(machine, body, frame)
    machine.alone -= empty
    after, then = dict(frame.env.names), machine.phase
    frame.env.names, machine.phase = before, phase
    with behind(machine, falling(found)):
        reached_other = block(machine, other, frame)
    if reached and (not reached_other or machine.phase == phase):
        machine.phase = then if not reached_other else phase
    if not reached:
        _certain(machine, falling(found), body, frame)
    elif not reached_other:
        _certain(machine, holding(found), other, frame)
    if reached and reached_other:
        frame.env.names = _merged(after, frame.env.names)
    elif reached:
        frame.env.names = after
    return reached or reached_other


def _certain(machine: Machine, labels: set[Label], leaving: list[ast.stmt], frame: Frame) -> None:
    """What holds from here on; for the caller too where the other way raises, and nothing else decides."""
    machine.guards[-1] |= labels
    if isinstance(leaving[-1], ast.Raise) and len(machine.guards) == frame.level:
        frame.certain |= labels


def _as_checked(machine: Machine, value: Value, frame: Frame) -> Value:
    """What a function gives back, with what was compared before it did: who gets something has that comparison."""
    known = value.only()
    held = {label for guards in machine.guards[frame.level - 1 :] for label in guards} if frame.level else set[Label]()
    return with_labels(value, held) if held and (known is None or known[0]) else value


def _merged(*ways: dict[str, Value]) -> dict[str, Value]:
    first, *others = ways
    found = dict(first)
    for way in others:
        for name, value in way.items():
            known = found.get(name)
            if known is not value:
                found[name] = join(known, value) if known is not None else value
    return found


def _loop(machine: Machine, body: list[ast.stmt], target: ast.expr | None, element: Value, frame: Frame) -> None:
    before = dict(frame.env.names)
    for _ in range(_ROUNDS):
        frame.loops.append([])
        if target is not None:
            assign(machine, target, element, frame)
        start = dict(frame.env.names)
        with behind(machine, set()):
            reached = block(machine, body, frame)
        left = frame.loops.pop()
        ways = [before, start, *left, *([frame.env.names] if reached else [])]
        frame.env.names = _merged(*ways)


def _try(machine: Machine, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
    from chatkit_integrator.reading.flow.machine import Try  # noqa: PLC0415 - that module imports this one

    before = dict(frame.env.names)
    current = Try(frame.module, node)
    machine.tries.append(current)
    reached = block(machine, node.body, frame)
    machine.tries.pop()
    after = dict(frame.env.names)
    if reached:
        reached = block(machine, node.orelse, frame)
    ways = [dict(frame.env.names)] if reached else []
    for number, handler in enumerate(node.handlers):
        frame.env.names = _merged(before, after)
        machine.handling.append((current, number))
        caught = expressions.evaluate(machine, handler.type, frame) if handler.type is not None else Value()
        if handler.name:
            kinds = [*caught.outside(), *(one for inner in caught.fields.values() for one in inner.outside())]
            label = Label("error", ",".join(one.name for one in kinds), (), machine.place(frame.module, handler))
            frame.env.names[handler.name] = Value(labels={label})
        with behind(machine, set()):
            ends = block(machine, handler.body, frame)
        machine.handling.pop()
        if ends:
            ways.append(dict(frame.env.names))
    frame.env.names = _merged(*ways) if ways else after
    ends = block(machine, node.finalbody, frame)
    return bool(ways) and ends


def _cases(machine: Machine, cases: list[ast.match_case], subject: Value, frame: Frame) -> bool:
    before = dict(frame.env.names)
    ways = [before]
    for case in cases:
        frame.env.names = dict(before)
        for node in ast.walk(case.pattern):
            name = getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(name, str):
                frame.env.names[name] = join(subject, expressions.element(machine, subject))
        if case.guard is not None:
            expressions.evaluate(machine, case.guard, frame)
        with behind(machine, set()):
            if block(machine, case.body, frame):
                ways.append(dict(frame.env.names))
    frame.env.names = _merged(*ways)
    return True


def _done(machine: Machine, what: str) -> None:
    for current, number in machine.handling:
        current.done.setdefault(number, set()).add(what)


def assign_name(name: str, value: Value, frame: Frame) -> None:
    """Bind a name."""
    if name in frame.shared:
        put(Value(fields=frame.shared[name].names), name, value)
        return
    if name in frame.env.shared and not value.open:
        value = Value(set(value.labels), dict(value.fields), list(value.things), set(value.constants))
    frame.env.names[name] = value


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Bind what stands on the left of ``=``."""
    match target:
        case ast.Name(id=name):
            assign_name(name, value, frame)
        case ast.Attribute(value=holder, attr=name):
            found = expressions.evaluate(machine, holder, frame)
            machine.library.assigned(machine, found, name, value, machine.place(frame.module, target))
            put(found, name, value)
        case ast.Subscript(value=holder, slice=key):
            found, by = expressions.evaluate(machine, holder, frame), expressions.evaluate(machine, key, frame)
            known = by.only()
            name = str(known[0]) if known is not None else ANY
            place = machine.place(frame.module, target)
            machine.library.assigned(machine, found, name, value, place)
            machine.note("entry", "set", place, found, [by])
            put(found, name, value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for number, one in enumerate(targets):
                inner = value.fields.get(str(number)) or expressions.element(machine, value)
                assign(machine, one.value if isinstance(one, ast.Starred) else one, inner, frame)
        case _:
            pass


def _share(names: list[str], frame: Frame, *, is_global: bool) -> None:
    env: Env | None = frame.env
    while env is not None:
        if (env.outer is None) if is_global else (env is not frame.env):
            for name in names:
                if is_global or name in env.names:
                    frame.shared.setdefault(name, env)
        env = env.outer


def _import(machine: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    for alias in node.names:
        if alias.name == "*":
            target = machine.modules.locate(frame.module.path, node.module, node.level)
            env = machine.module(target) if target is not None else None
            if env is not None:
                frame.env.names.update({name: value for name, value in env.names.items() if not name.startswith("_")})
            continue
        found = machine.imported(frame.module.path, node.module, node.level, alias.name)
        assign_name(alias.asname or alias.name, found, frame)


def _decorated(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Value:
    value = thing(Function(frame.module, node, frame.env))
    for decorator in reversed(node.decorator_list):
        found = expressions.evaluate(machine, decorator, frame)
        value = calling.decorate(machine, found, value, decorator, frame)
    return value


def class_of(machine: Machine, node: ast.ClassDef, frame: Frame) -> Value:
    """A class, with what it derives from."""
    bases = tuple(expressions.evaluate(machine, one, frame) for one in node.bases)
    return thing(Class(frame.module, node, frame.env, bases))


def class_member(machine: Machine, made_of: Class, name: str) -> Value | None:
    """What the body of a class binds a name to."""
    from chatkit_integrator.reading.flow.machine import Frame  # noqa: PLC0415 - that module imports this one

    found: Value | None = None
    frame = Frame(Env(made_of.module, outer=made_of.env))
    for statement in made_of.node.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if statement.name == name:
                if not decorators(statement) & {"setter", "deleter", "overload"}:
                    found = thing(Function(made_of.module, statement, made_of.env, made_of))
            case ast.Assign(targets=targets, value=value) if any(isinstance(to, ast.Name) and to.id == name for to in targets):
                other = machine.own(made_of, value.id) if isinstance(value, ast.Name) else None
                found = other or expressions.evaluate(machine, value, frame)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                found = expressions.evaluate(machine, value, frame)
            case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation) if target == name:
                hinted = machine.typed(annotation, frame.env, machine.place(made_of.module, statement))
                found = hinted if any(isinstance(one, Instance) for one in hinted.things) or hinted.labels else found
            case ast.ClassDef() if statement.name == name:
                found = class_of(machine, statement, frame)
            case _:
                pass
    return found
