"""The agent that a backend already has: which of its agents people talk to, and what its tools expect as run context.

An agent is an object of a module, or what a function gives that is called without arguments.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.fastapi.inspecting import contexts
from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.model.profile import Agent, Symbol
from chatkit_integrator.model.unit import Location, Question
from chatkit_integrator.reading.python import bound_names, dotted, keyword, needs_arguments, top_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    from chatkit_integrator.reading.python import Module, PythonModules

    _Key: TypeAlias = tuple[str, str]

_LIBRARIES = (("langgraph", "langgraph"), ("langchain", "langchain"), ("openai", "openai"))
BLOCKS = ("fastapi.package", "fastapi.mount")


@dataclass(frozen=True, slots=True)
class _Made:
    """Where an agent is made: the call of its class, within ``node`` that binds its name."""

    call: ast.Call
    node: ast.stmt

    @property
    def is_factory(self) -> bool:
        return isinstance(self.node, ast.FunctionDef)


def find(
    modules: PythonModules, root: str, declared: Iterable[str], answers: Mapping[str, str]
) -> tuple[Agent | None, tuple[Question, ...], Location | None]:
    """The agent, what has to be asked, and a line that shows it."""
    made = {
        (module.path, name): one
        for module in modules.containing(b"Agent", under=root)
        if is_live(module.path, root)
        for name, one in _made(modules, module)
    }
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
        return _described(modules, root, (path, name), made[path, name], answers)
    if not made:
        return _other(declared), (), None
    entries = _entries(modules, root, made)
    if len(entries) == 1:
        return _described(modules, root, entries[0], made[entries[0]], answers)
    path, name = min(entries)
    question = Question(
        id="agent",
        ask="Which agent do people talk to?",
        why=f"There are several that nothing else hands over to: {', '.join(choices)}. none writes a small starter agent.",
        choices=(*choices, "none"),
        blocks=BLOCKS,
    )
    return Agent("openai-agents", None), (question,), Location(path, made[path, name].node.lineno)


def _made(modules: PythonModules, module: Module) -> Iterator[tuple[str, _Made]]:
    """The agents that a module holds or makes when asked, by name."""
    for statement in top_level(module.tree.body):
        match statement:
            case ast.Assign(value=ast.Call() as call) | ast.AnnAssign(value=ast.Call() as call):
                if _is_agent(modules, module.path, call):
                    yield from ((name, _Made(call, statement)) for name in bound_names(statement))
            case ast.FunctionDef(name=name, args=arguments) if not needs_arguments(arguments):
                call = _returned(statement)
                if call is not None and _is_agent(modules, module.path, call):
                    yield name, _Made(call, statement)
            case _:
                pass


def _returned(function: ast.FunctionDef) -> ast.Call | None:
    """The call whose value a function gives, directly or by a name."""
    last = function.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    if isinstance(value, ast.Name):
        value = _held(function.body, value.id)
    return value if isinstance(value, ast.Call) else None


def _held(body: Iterable[ast.AST], name: str) -> ast.expr | None:
    """What was last put into a name."""
    found: ast.expr | None = None
    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                    found = value
                case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
                    found = value
                case _:
                    pass
    return found


def _is_agent(modules: PythonModules, path: str, call: ast.Call) -> bool:
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    name = dotted(function)
    return name is not None and modules.origin(path, name) in {"agents.Agent", "agents.agent.Agent"}


def _entries(modules: PythonModules, root: str, made: Mapping[_Key, _Made]) -> list[_Key]:
    """Agents that are run by name; else those that no other agent hands over to or uses as a tool.

    One whose answer is streamed is talked to rather than one that is only run; one that gives a value of some type, or
    guards another, is not talked to.
    """
    run = list(_run(modules, root))
    used = {key for of, one in made.items() for key in _used(modules, of, one) if key in made and key != of}
    spoken = [
        key for key, one in made.items() if not re.search(r"guardrail", key[1]) and keyword(one.call, "output_type") is None
    ]
    direct = [key for key in spoken if any(key == one for one, _ in run)]
    streamed = [key for key in direct if (key, True) in run]
    free = [key for key in spoken if key not in used]
    back = [key for key in made if re.search(r"triage|main|root|orchestrat|router", key[1])]
    for group in ([key for key in direct if key in free], back, streamed, free, direct, list(made)):
        if len(group) == 1:
            return group
    return direct or back or free or list(made)


def _run(modules: PythonModules, root: str) -> Iterator[tuple[_Key, bool]]:
    """What is given to ``Runner``, and whether its answer is streamed."""
    for module in modules.containing(b"Runner.run", under=root):
        if not is_live(module.path, root):
            continue
        for scope in _scopes(module.tree):
            for node in ast.walk(scope):
                called = dotted(node.func) or "" if isinstance(node, ast.Call) else ""
                if not isinstance(node, ast.Call) or not called.startswith("Runner.run"):
                    continue
                given = node.args[0] if node.args else keyword(node, "starting_agent")
                if isinstance(given, ast.Name) and not isinstance(scope, ast.Module):
                    given = _held([scope], given.id) or given
                found = modules.resolve(module.path, dotted(given.func if isinstance(given, ast.Call) else given) or "")
                if found is not None:
                    yield (found.path, found.name), called == "Runner.run_streamed"


def _scopes(tree: ast.Module) -> list[ast.AST]:
    """The functions of a module, then the module."""
    return [*(node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))), tree]


def _used(modules: PythonModules, of: _Key, one: _Made) -> Iterator[_Key]:
    """What an agent hands over to or uses as a tool."""
    path, name = of
    module = modules.module(path)
    places: list[ast.AST] = [one.node if one.is_factory else one.call, *(_appended(module.tree, name) if module else [])]
    for place in places:
        for node in ast.walk(place):
            found = modules.resolve(path, dotted(node) or "") if isinstance(node, (ast.Name, ast.Attribute)) else None
            if found is not None:
                yield found.path, found.name


def _appended(tree: ast.Module, name: str) -> list[ast.AST]:
    """``name.handoffs.append(other)`` and the like at module level is the other way round: it belongs to ``name``."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (dotted(node.func) or "") in {f"{name}.handoffs.append", f"{name}.handoffs.extend"}
    ]


def _described(
    modules: PythonModules, root: str, key: _Key, made: _Made, answers: Mapping[str, str]
) -> tuple[Agent, tuple[Question, ...], Location]:
    path, name = key
    context, asked = contexts.find(modules, root, path, made.call, answers)
    agent = Agent("openai-agents", Symbol(path, name), context, is_factory=made.is_factory)
    return agent, asked, Location(path, made.node.lineno)


def _other(declared: Iterable[str]) -> Agent | None:
    names = {re.split(r"[\s\[<>=!~;@]", one.lower(), maxsplit=1)[0] for one in declared}
    for name, framework in _LIBRARIES:
        if name in names:
            return Agent(framework, None)  # type: ignore[arg-type]
    return None
