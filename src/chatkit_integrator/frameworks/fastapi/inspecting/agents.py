"""The agent that a backend already has: which of its agents people talk to, and what its tools expect as run context."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.model.profile import Agent, Symbol
from chatkit_integrator.model.unit import Location, Question
from chatkit_integrator.reading.python import bound_names, dotted, keyword, top_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.reading.python import Definition, PythonModules

_LIBRARIES = (("langgraph", "langgraph"), ("langchain", "langchain"), ("openai", "openai"))
BLOCKS = ("fastapi.package", "fastapi.mount")


def find(
    modules: PythonModules, root: str, declared: Iterable[str], answers: Mapping[str, str]
) -> tuple[Agent | None, tuple[Question, ...], Location | None]:
    """The agent, what has to be asked, and a line that shows it."""
    made: dict[tuple[str, str], tuple[ast.Call, int]] = {}
    for module in modules.containing(b"Agent", under=root):
        if not is_live(module.path, root):
            continue
        for statement in top_level(module.tree.body):
            value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
            if isinstance(value, ast.Call) and _is_agent(modules, module.path, value):
                for name in bound_names(statement):
                    made[module.path, name] = (value, statement.lineno)
    choices = tuple(sorted(f"{path}:{name}" for path, name in made))
    answer = answers.get("agent")
    if answer == "none":
        return None, (), None
    if answer is not None:
        path, _, name = answer.partition(":")
        if (path, name) not in made:
            raise UnknownAnswerError(
                f"agent={answer} is no agent that was found; the choices are {', '.join((*choices, 'none'))}."
            )
        return _described(modules, path, name, made[path, name])
    if not made:
        return _other(declared), (), None
    entries = _entries(modules, root, made)
    if len(entries) == 1:
        [(path, name)] = entries
        return _described(modules, path, name, made[path, name])
    path, name = min(entries)
    question = Question(
        id="agent",
        ask="Which agent do people talk to?",
        why=f"There are several that nothing else hands over to: {', '.join(choices)}. none writes a small starter agent.",
        choices=(*choices, "none"),
        blocks=BLOCKS,
    )
    return Agent("openai-agents", None), (question,), Location(path, made[path, name][1])


def _is_agent(modules: PythonModules, path: str, call: ast.Call) -> bool:
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    name = dotted(function)
    return name is not None and modules.origin(path, name) in {"agents.Agent", "agents.agent.Agent"}


def _entries(modules: PythonModules, root: str, made: dict[tuple[str, str], tuple[ast.Call, int]]) -> list[tuple[str, str]]:
    """Agents that are run by name; else those that no other agent hands over to or uses as a tool."""
    run: set[tuple[str, str]] = set()
    for module in modules.containing(b"Runner.run", under=root):
        if not is_live(module.path, root):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and (dotted(node.func) or "").startswith("Runner.run"):
                argument = node.args[0] if node.args else keyword(node, "starting_agent")
                found = modules.resolve(module.path, dotted(argument) or "")
                if found is not None:
                    run.add((found.path, found.name))
    used: set[tuple[str, str]] = set()
    for path, name in made:
        module = modules.module(path)
        call = made[path, name][0]
        places: list[ast.AST] = [call]
        places += _appended(module.tree, name) if module else []
        for place in places:
            for node in ast.walk(place):
                found = modules.resolve(path, dotted(node) or "") if isinstance(node, (ast.Name, ast.Attribute)) else None
                if found is not None and (found.path, found.name) in made and (found.path, found.name) != (path, name):
                    used.add((found.path, found.name))
    guards = {key for key in made if re.search(r"guardrail", key[1])}
    direct = [key for key in made if key in run and key not in guards]
    free = [key for key in made if key not in used and key not in guards]
    back = [key for key in made if re.search(r"triage|main|root|orchestrat|router", key[1])]
    for group in ([key for key in direct if key in free], back, free, direct, list(made)):
        if len(group) == 1:
            return group
    return direct or back or free or list(made)


def _appended(tree: ast.Module, name: str) -> list[ast.AST]:
    """``name.handoffs.append(other)`` and the like at module level is the other way round: it belongs to ``name``."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (dotted(node.func) or "") in {f"{name}.handoffs.append", f"{name}.handoffs.extend"}
    ]


def _described(
    modules: PythonModules, path: str, name: str, made: tuple[ast.Call, int]
) -> tuple[Agent, tuple[Question, ...], Location]:
    call, line = made
    context = _context(modules, path, call)
    return Agent("openai-agents", Symbol(path, name), context), (), Location(path, line)


def _context(modules: PythonModules, path: str, call: ast.Call) -> Symbol | None:
    """Something to call without arguments that gives what ``Agent[...]`` names."""
    if not isinstance(call.func, ast.Subscript):
        return None
    wanted = modules.resolve(path, dotted(call.func.slice) or "")
    if wanted is None or not isinstance(wanted.node, ast.ClassDef):
        return None
    module = modules.module(wanted.path)
    for statement in module.tree.body if module else ():
        if (
            isinstance(statement, ast.FunctionDef)
            and dotted(statement.returns) == wanted.name
            and not _required(statement.args)
        ):
            return Symbol(wanted.path, statement.name)
    return Symbol(wanted.path, wanted.name) if _all_defaulted(wanted) else None


def _required(arguments: ast.arguments) -> bool:
    return len(arguments.posonlyargs + arguments.args) > len(arguments.defaults) or any(
        default is None for default in arguments.kw_defaults
    )


def _all_defaulted(definition: Definition) -> bool:
    node = definition.node
    return isinstance(node, ast.ClassDef) and all(one.value is not None for one in node.body if isinstance(one, ast.AnnAssign))


def _other(declared: Iterable[str]) -> Agent | None:
    names = {re.split(r"[\s\[<>=!~;@]", one.lower(), maxsplit=1)[0] for one in declared}
    for name, framework in _LIBRARIES:
        if name in names:
            return Agent(framework, None)  # type: ignore[arg-type]
    return None
