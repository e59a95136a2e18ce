"""Which app object is started: as a container, a Procfile or a script says it, else the one that the sources make."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING

from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.python import bound_names, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chatkit_integrator.reading.python import Module, PythonModules

_TOLD = re.compile(r"""(?:uvicorn|gunicorn|hypercorn|granian|fastapi run)\b[^\n]*?["'\s,\[]([A-Za-z_][\w.]*):([A-Za-z_]\w*)""")
_IN_CODE = re.compile(r"""uvicorn\.run\(\s*["']([A-Za-z_][\w.]*):([A-Za-z_]\w*)["']""")
_TELLERS = ("dockerfile", "procfile", "docker-compose", "compose", "render.yaml", "railway", "fly.toml", "makefile", "justfile")
_NAMES = ("main", "app", "server", "api", "asgi")
_MAKERS = ("FastAPI", "Starlette")


@dataclass(frozen=True, slots=True)
class Target:
    """``module:name`` as uvicorn takes it; ``folder`` is where its import starts. ``is_factory`` where it is a function."""

    module: str
    name: str
    folder: str
    path: str
    is_factory: bool = False


def read_target(modules: PythonModules, home: str, using: Sequence[str]) -> Target | None:
    """The app that serves the chat; ``None`` where none is found."""
    for module, name in _told(modules, home):
        found = _located(modules, home, module, name)
        if found is not None:
            return found
    made = sorted(_made(modules, home), key=lambda one: _rank(one, using))
    return made[0] if made else None


def _told(modules: PythonModules, home: str) -> Iterator[tuple[str, str]]:
    """What files that start programs say, those of containers first."""
    inside = [path for path in modules.tree.under(home) if path.count("/") - home.count("/") <= 2]  # noqa: PLR2004 - near
    tellers = [path for path in inside if basename(path).lower().startswith(_TELLERS)]
    scripts = [path for path in inside if path.endswith((".sh", ".bat", ".toml", ".json", ".md"))]
    for path in (*sorted(tellers), *sorted(scripts, key=lambda one: one.endswith(".md"))):
        content = modules.tree.read(path)
        if content is not None:
            yield from _TOLD.findall(content.data.decode("utf-8", "replace"))
    for module in live(modules, home, b"uvicorn.run"):
        yield from _IN_CODE.findall(module.text)


def _located(modules: PythonModules, home: str, module: str, name: str) -> Target | None:
    relative = module.replace(".", "/")
    for folder in dict.fromkeys((home, join(home, "src") if home else "src", dirname(home), "")):
        for path in (f"{relative}.py", f"{relative}/__init__.py"):
            place = join(folder, path) if folder else path
            found = modules.module(place)
            if found is not None and name in found.bindings:
                is_factory = isinstance(found.bindings[name], (ast.FunctionDef, ast.AsyncFunctionDef))
                return Target(module, name, folder, place, is_factory)
    return None


def _made(modules: PythonModules, home: str) -> Iterator[Target]:
    for module in live(modules, home, b"FastAPI"):
        folder = _import_root(modules, module, home)
        inside = module.path.removeprefix(f"{folder}/") if folder else module.path
        name_of = inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for statement in module.tree.body:
            name = next(bound_names(statement), "")
            value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
            if isinstance(value, ast.Call) and _makes(modules, module, value):
                yield Target(name_of, name, folder, module.path)
            elif isinstance(statement, ast.FunctionDef) and _returns_app(statement):
                yield Target(name_of, name, folder, module.path, is_factory=True)


def _makes(modules: PythonModules, module: Module, call: ast.Call) -> bool:
    name = dotted(call.func) or ""
    if name.rpartition(".")[2] in _MAKERS:
        return True
    made = modules.resolve(module.path, name)
    return made is not None and isinstance(made.node, ast.FunctionDef) and _returns_app(made.node)


def _returns_app(node: ast.FunctionDef) -> bool:
    calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    returns = any(isinstance(one, ast.Return) and one.value is not None for one in ast.walk(node))
    return returns and not node.args.args and any((dotted(one.func) or "").rpartition(".")[2] in _MAKERS for one in calls)


def _import_root(modules: PythonModules, module: Module, home: str) -> str:
    """The folder from which the most of a module's own absolute imports are found; packages stay whole."""
    imported = [
        one.module.split(".")[0]
        for one in ast.walk(module.tree)
        if isinstance(one, ast.ImportFrom) and one.module and not one.level
    ]
    imported += [name.name.split(".")[0] for one in ast.walk(module.tree) if isinstance(one, ast.Import) for name in one.names]
    lowest: str = dirname(module.path)
    is_relative = any(isinstance(one, ast.ImportFrom) and one.level for one in ast.walk(module.tree))
    while is_relative and modules.tree.has(join(lowest, "__init__.py")) and lowest not in {"", home}:
        lowest = dirname(lowest)
    folders: list[str] = [lowest]
    while folders[-1] not in {"", home}:
        folders.append(dirname(folders[-1]))

    def rank(folder: str) -> tuple[int, bool, int]:
        is_package = modules.tree.has(join(folder, "__init__.py"))
        return sum(_is_there(modules, folder, name) for name in imported), not is_package, -folders.index(folder)

    return max(folders, key=rank)


def _is_there(modules: PythonModules, folder: str, name: str) -> bool:
    place = join(folder, name) if folder else name
    return modules.tree.has(f"{place}.py") or next(modules.tree.under(place, ".py"), None) is not None


def _rank(target: Target, using: Sequence[str]) -> tuple[bool, bool, int, int]:
    name = basename(target.path).removesuffix(".py")
    place = _NAMES.index(name) if name in _NAMES else len(_NAMES)
    return target.is_factory, target.path not in using, place, target.path.count("/")
