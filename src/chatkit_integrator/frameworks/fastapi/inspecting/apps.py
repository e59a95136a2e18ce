"""Where a FastAPI application is made, and which of several is the one that is run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import App, Factory
from chatkit_integrator.reading.python import PythonModules, bound_names, dotted, keyword, literal, top_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.python import Module

_NOT_LIVE = frozenset(
    {
        "tests", "test", "testing", "docs", "docs_src", "examples", "example", "samples", "migrations", "alembic",
        "scripts", ".claude", ".github", "skills", "specs", "history", "node_modules", "site-packages", "vendor",
        "templates", "fixtures", "benchmarks", "evals", "notebooks",
    }
)  # fmt: skip
_ENTRY_NAMES = ("main.py", "app.py", "server.py", "api.py", "asgi.py", "application.py", "index.py", "run.py")


@dataclass(frozen=True, slots=True)
class Found:
    """One application: ``call`` is where ``FastAPI(...)`` is called, ``shape`` how it is reached."""

    app: App
    call: ast.Call
    made_in: str
    line: int


def is_live(path: str, root: str) -> bool:
    """Whether a path may hold the running program: not tests, documentation or samples below ``root``."""
    inside = path.removeprefix(f"{root}/") if root not in {"", "."} else path
    name = basename(inside)
    folders = {part.lower() for part in dirname(inside).split("/")}
    return not folders & _NOT_LIVE and not name.startswith("test_") and not name.endswith("_test.py") and name != "conftest.py"


def is_application(modules: PythonModules, module: Module, call: ast.AST | None) -> bool:
    """Whether an expression calls FastAPI's own class, or a class of the repository that derives from it."""
    if not isinstance(call, ast.Call):
        return False
    name = dotted(call.func)
    if name is None:
        return False
    origin = modules.origin(module.path, name)
    if origin in {"fastapi.FastAPI", "fastapi.applications.FastAPI"}:
        return True
    made = modules.resolve(module.path, name)
    if made is not None and isinstance(made.node, ast.ClassDef):
        inner = modules.module(made.path)
        return inner is not None and any(
            modules.origin(made.path, dotted(base) or "") == "fastapi.FastAPI" for base in made.node.bases
        )
    return False


def find(modules: PythonModules, root: str) -> list[Found]:
    """Every application below ``root``, the one that is most likely run first."""
    found: list[Found] = []
    factories: dict[tuple[str, str], tuple[Factory, ast.Call]] = {}
    for module in modules.containing(b"FastAPI", under=root):
        if not is_live(module.path, root):
            continue
        for statement in top_level(module.tree.body):
            call = _value(statement)
            if is_application(modules, module, call) and isinstance(call, ast.Call):
                for name in bound_names(statement):
                    app = App(module.path, name, "module")
                    found.append(Found(app, call, module.path, statement.lineno))
            for function, owner in _functions(statement):
                made = _made_inside(modules, module, function)
                if made is not None:
                    variable, inner = made
                    label = f"{owner}.{function.name}" if owner else function.name
                    factories[module.path, label] = (Factory(module.path, label, variable), inner)
    found += _called_factories(modules, root, factories)
    called = {(one.app.factory.path, one.app.factory.name) for one in found if one.app.factory}
    for key, (factory, call) in factories.items():
        if key not in called:
            app = App(factory.path, factory.name.split(".")[-1], "factory", factory)
            found.append(Found(app, call, factory.path, call.lineno))
    included = _mounted(modules, found)
    live = [one for one in found if (one.app.path, one.app.symbol) not in included] or found
    hints = run_targets(modules.tree, root)
    return sorted(live, key=lambda one: _rank(one, hints))


def _assigned(node: ast.AST) -> Iterator[str | None]:
    if isinstance(node, ast.Assign):
        yield from (dotted(target) for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        yield dotted(node.target)


def _value(statement: ast.stmt) -> ast.expr | None:
    return statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None


def _functions(statement: ast.stmt) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement, ""
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield inner, statement.name


def _made_inside(
    modules: PythonModules, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> tuple[str, ast.Call] | None:
    """The variable that holds the app in a function that gives it back, and the call that makes it."""
    variable: str | None = None
    made: ast.Call | None = None
    for node in ast.walk(function):
        value = _value(node) if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Call) and is_application(modules, module, value):
            variable, made = next(_assigned(node), None), value
    if variable is None or made is None:
        return None
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and dotted(node.value) == variable:
            return variable, made
    return (variable, made) if variable.startswith("self.") else None


def _called_factories(
    modules: PythonModules, root: str, factories: dict[tuple[str, str], tuple[Factory, ast.Call]]
) -> Iterator[Found]:
    """Module-level names bound to the result of a factory."""
    wanted = {label.split(".")[-1].encode() for _, label in factories}
    for mark in sorted(wanted):
        for module in modules.containing(mark, under=root):
            if not is_live(module.path, root):
                continue
            for statement in top_level(module.tree.body):
                call = _value(statement)
                name = dotted(call.func) if isinstance(call, ast.Call) else None
                if name is None or name.split(".")[-1].encode() != mark:
                    continue
                made = modules.resolve(module.path, name)
                key = (made.path, made.name) if made else ("", "")
                if key in factories:
                    factory, inner = factories[key]
                    for bound in bound_names(statement):
                        yield Found(App(module.path, bound, "module", factory), inner, factory.path, statement.lineno)


def _mounted(modules: PythonModules, found: Iterable[Found]) -> set[tuple[str, str]]:
    """Applications that another one mounts."""
    inner: set[tuple[str, str]] = set()
    for one in found:
        module = modules.module(one.made_in)
        if module is None:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mount":
                for argument in [*node.args, *(word.value for word in node.keywords)]:
                    name = dotted(argument)
                    made = modules.resolve(one.made_in, name) if name else None
                    if made is not None:
                        inner.add((made.path, made.name))
    return inner


def run_targets(tree: Tree, root: str) -> list[tuple[str, str]]:
    """``module:name`` pairs that start-up files name, as (module tail, name)."""
    prefix = "" if root in {"", "."} else f"{root}/"
    found: list[tuple[str, str]] = []
    for name in (
        "Dockerfile",
        "Procfile",
        "docker-compose.yml",
        "compose.yml",
        "Makefile",
        "package.json",
        "README.md",
        "pyproject.toml",
    ):
        for folder in dict.fromkeys((prefix, "")):
            content = tree.read(folder + name)
            if content is not None:
                named = re.findall(rb"\b([A-Za-z_][\w.]*):([A-Za-z_]\w*)(?=[\s\"',)]|$)", content.data)
                found.extend((module.decode(), symbol.decode()) for module, symbol in named)
    return found


def _rank(one: Found, hints: list[tuple[str, str]]) -> tuple[int, int, int, int, str]:
    module = one.app.path.removesuffix(".py").replace("/", ".")
    named = any(symbol == one.app.symbol and (module == hint or module.endswith(f".{hint}")) for hint, symbol in hints)
    name = basename(one.app.path)
    order = _ENTRY_NAMES.index(name) if name in _ENTRY_NAMES else len(_ENTRY_NAMES)
    return (0 if named else 1, 0 if one.app.shape == "module" else 1, order, one.app.path.count("/"), one.app.path)


def lifespan(modules: PythonModules, found: Found) -> tuple[str, str, int]:
    """How the app starts up (``none``, ``lifespan`` or ``on_event``), and where that is said."""
    value = keyword(found.call, "lifespan")
    module = modules.module(found.made_in)
    if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
        return "lifespan", found.made_in, value.lineno
    if any(word.arg in {"on_startup", "on_shutdown"} for word in found.call.keywords):
        return "on_event", found.made_in, found.call.lineno
    for path in dict.fromkeys((found.made_in, found.app.path)):
        module = modules.module(path)
        for node in ast.walk(module.tree) if module else ():
            if isinstance(node, ast.Attribute) and node.attr == "lifespan_context":
                return "lifespan", path, node.lineno
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"on_event", "add_event_handler"}
                and literal(node.args[0] if node.args else None) in {"startup", "shutdown"}
            ):
                return "on_event", path, node.lineno
    if found.call.keywords and any(word.arg is None for word in found.call.keywords):
        hidden = _in_keywords(modules, found)
        if hidden:
            return "lifespan", found.made_in, hidden
    return "none", found.made_in, found.line


def _in_keywords(modules: PythonModules, found: Found) -> int | None:
    """A lifespan that reaches the app through ``**kwargs`` built in the same module."""
    module = modules.module(found.made_in)
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if literal(key) == "lifespan":
                    return node.lineno
    return None
