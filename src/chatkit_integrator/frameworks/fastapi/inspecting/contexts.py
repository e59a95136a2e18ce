"""What the tools of an agent expect as ``wrapper.context``, and what makes a fresh one for a turn.

``Agent[Basket]`` names the type. It is made by a function of its module without arguments, by itself where every field has a
default, or with the constants that the project makes it with elsewhere; else that is a question, because tools that get
something else fail when they are used.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.model.profile import RunContext, Symbol
from chatkit_integrator.model.unit import Question
from chatkit_integrator.reading.python import dotted, needs_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.reading.python import Definition, PythonModules

KEY = "agent.context"
_BLOCKS = ("fastapi.package", "fastapi.mount")
_CHATS = {"chatkit.agents.AgentContext", "typing.Any"}


def find(
    modules: PythonModules, root: str, path: str, call: ast.Call, answers: Mapping[str, str]
) -> tuple[RunContext | None, tuple[Question, ...]]:
    """What makes the run context; ``None`` where the tools take what the chat gives them. And what has to be asked."""
    answer = answers.get(KEY)
    if answer == "chat":
        return None, ()
    if answer is not None:
        return RunContext(_named(modules, answer)), ()
    if not isinstance(call.func, ast.Subscript):
        return None, ()
    name = dotted(call.func.slice) or ""
    wanted = modules.resolve(path, name)
    if wanted is None or not isinstance(wanted.node, ast.ClassDef):
        return None, ()
    made = _maker(modules, wanted) or _made_elsewhere(modules, root, wanted)
    if made is not None:
        return made, ()
    question = Question(
        id=KEY,
        ask=f"What makes a fresh {wanted.name} for a turn of the agent?",
        why=f"The agent's tools expect one as wrapper.context ({wanted.path}:{wanted.line}). Name a function without "
        "arguments as PATH:NAME; chat gives them the chat's own context instead.",
        blocks=_BLOCKS,
    )
    return None, (question,)


def _named(modules: PythonModules, answer: str) -> Symbol:
    path, _, name = answer.partition(":")
    found = modules.resolve(path, name) if name else None
    is_fine = found is not None and (
        isinstance(found.node, ast.ClassDef)
        or (isinstance(found.node, ast.FunctionDef) and not needs_arguments(found.node.args))
    )
    if not is_fine:
        raise UnknownAnswerError(f"{KEY}={answer}: there is no function of that name that is called without arguments.")
    return Symbol(path, name)


def _maker(modules: PythonModules, wanted: Definition) -> RunContext | None:
    module = modules.module(wanted.path)
    for statement in module.tree.body if module else ():
        if (
            isinstance(statement, ast.FunctionDef)
            and dotted(statement.returns) == wanted.name
            and not needs_arguments(statement.args)
        ):
            return RunContext(Symbol(wanted.path, statement.name))
    return RunContext(Symbol(wanted.path, wanted.name)) if _all_defaulted(wanted) else None


def _all_defaulted(wanted: Definition) -> bool:
    body = wanted.node.body if isinstance(wanted.node, ast.ClassDef) else []
    own = next((one for one in body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if own is not None:
        return len(own.args.args) - 1 <= len(own.args.defaults) and None not in own.args.kw_defaults
    return all(one.value is not None for one in body if isinstance(one, ast.AnnAssign))


def _made_elsewhere(modules: PythonModules, root: str, wanted: Definition) -> RunContext | None:
    """How live code makes it, where that takes constants only and is everywhere the same."""
    found = {ast.unparse(call): call for call in _calls(modules, root, wanted)}
    if len(found) != 1:
        return None
    [call] = found.values()
    if call.args or not all(one.arg and _is_constant(one.value) for one in call.keywords):
        return None
    given = tuple((str(one.arg), ast.unparse(one.value)) for one in call.keywords)
    return RunContext(Symbol(wanted.path, wanted.name), given)


def _calls(modules: PythonModules, root: str, wanted: Definition) -> Iterator[ast.Call]:
    for module in modules.containing(wanted.name.encode(), under=root):
        if not is_live(module.path, root):
            continue
        for node in ast.walk(module.tree):
            name = dotted(node.func) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and name and re.search(rf"(^|\.){wanted.name}$", name):
                found = modules.resolve(module.path, name)
                if found is not None and (found.path, found.name) == (wanted.path, wanted.name):
                    yield node


def _is_constant(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "set" and not node.args
    return True
