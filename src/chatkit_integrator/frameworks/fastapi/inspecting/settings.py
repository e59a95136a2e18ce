"""How a backend reads its settings, and the `.env` file that only its own settings class sees."""

from __future__ import annotations

import ast
from dataclasses import replace
from posixpath import basename
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.model.profile import EnvFile
from chatkit_integrator.reading.python import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import PythonModules

_KEY = "env_file"


def kind(modules: PythonModules, root: str) -> str:
    """The library that settings are read with."""
    for mark, name in (
        (b"pydantic_settings", "pydantic-settings"),
        (b"BaseSettings", "pydantic-settings"),
        (b"load_dotenv", "dotenv"),
    ):
        if next(modules.containing(mark, under=root), None) is not None:
            return name
    return "os.environ" if next(modules.containing(b"os.getenv", under=root), None) else "none"


def env_file(modules: PythonModules, root: str, app: str) -> EnvFile | None:
    """The file that pydantic's settings are read from, the class that admits no other names first.

    What is in that file reaches the class alone, and not the process's environment, unless a module that ``app`` imports loads
    it there as well; a migration's or a command's own loading does not count.
    """
    found: list[EnvFile] = []
    for module in modules.containing(_KEY.encode(), b"BaseSettings", under=root):
        if not is_live(module.path, root):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                found += _of_class(node, module.path)
    if not found:
        return None
    loading = {module.path for module in modules.containing(b"load_dotenv", under=root) if is_live(module.path, root)}
    loaded = bool(loading) and _imports_one(modules, app, loading)
    return replace(next((one for one in found if one.refuses), found[0]), is_loaded=loaded)


def _imports_one(modules: PythonModules, app: str, wanted: set[str]) -> bool:
    """Whether a module is one of some, or imports one, itself or through others."""
    seen, queue = {app}, [app]
    while queue:
        path = queue.pop()
        if path in wanted:
            return True
        module = modules.module(path)
        new = (
            {one for one in _imported(modules, path, module.tree) if one is not None} - seen
            if module is not None
            else set[str]()
        )
        seen |= new
        queue += new
    return False


def _imported(modules: PythonModules, path: str, tree: ast.Module) -> Iterator[str | None]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (modules.locate(path, one.name, 0) for one in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                yield modules.locate(path, name, level)
                yield from (modules.locate(path, f"{name}.{one.name}" if name else one.name, level) for one in names)
            case _:
                pass


def _of_class(node: ast.ClassDef, path: str) -> Iterator[EnvFile]:
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            given = dict(_assigned(statement))
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and "model_config" in _targets(statement):
            given = _keywords(statement.value)
        else:
            continue
        name = _file_name(given.get(_KEY))
        if name is not None:
            yield EnvFile(name, path, statement.lineno, _refuses(given))


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            for name in _targets(statement):
                yield name, statement.value


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _keywords(value: ast.expr | None) -> dict[str, ast.expr]:
    if isinstance(value, ast.Call):
        return {one.arg: one.value for one in value.keywords if one.arg is not None}
    if isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        return {key.value: one for key, one in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return {}


def _file_name(value: ast.expr | None) -> str | None:
    """The last piece of text in how the first file is named: ``".env"``, ``f"{HERE}/.env"``, ``HERE / ".env"``."""
    if isinstance(value, (ast.Tuple, ast.List)):
        value = next(iter(value.elts), None)
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return None
    texts = [one for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    last = max(texts, key=lambda one: (one.lineno, one.col_offset), default=None)
    return (basename(str(last.value)) if last else "") or ".env"


def _refuses(given: dict[str, ast.expr]) -> bool:
    """Whether a name in the file that the class does not know is an error; with a prefix of its own it is passed over."""
    extra = given.get("extra")
    word = extra.value if isinstance(extra, ast.Constant) else (dotted(extra) or "").rpartition(".")[2] if extra else "forbid"
    prefix = given.get("env_prefix")
    return word == "forbid" and (prefix is None or (isinstance(prefix, ast.Constant) and not prefix.value))
