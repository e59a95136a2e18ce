"""Where a condition says that something is empty, and how what is put somewhere there is known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import expressions

if TYPE_CHECKING:
    from chatkit_integrator.reading.flow.machine import Frame, Machine
    from chatkit_integrator.reading.flow.values import Value


def emptied(machine: Machine, test: ast.expr, frame: Frame) -> Value | None:
    """What has nothing in it, or next to nothing, where a condition holds: ``not x``, ``len(x) == 1``, and others beside it."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return next((found for one in values if (found := emptied(machine, one, frame)) is not None), None)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() | ast.Attribute() as held):
            return expressions.evaluate(machine, held, frame)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[ast.Name() | ast.Attribute() as held]),
            ops=[ast.Eq() | ast.LtE() | ast.Lt() as operator],
            comparators=[ast.Constant(value=int(number))],
        ):
            found = expressions.evaluate(machine, held, frame)
            most = number - isinstance(operator, ast.Lt)
            return found if most == 0 or (most == 1 and "0" in found.fields) else None  # beside what it was begun with
        case _:
            return None


def alone(machine: Machine, value: Value) -> Value:
    """What is put somewhere; where the library says that it stands alone there, it says how it is known."""
    return machine.library.alone(value) if machine.alone else value
