"""How somebody's backend is started, as its own files say: by what command, with what installed, in which environment.

Nothing is run. What is inferred here is what a person would find by looking: the settings of the repository go before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join
from typing import TYPE_CHECKING

from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.launch.identities import Identities, read_identities
from chatkit_integrator.reading.launch.keys import read_keys
from chatkit_integrator.reading.launch.packaging import Packaging, read_packaging
from chatkit_integrator.reading.launch.starting import Target, read_target
from chatkit_integrator.reading.launch.variables import Variable, read_variables
from chatkit_integrator.reading.python import PythonModules

if TYPE_CHECKING:
    from chatkit_integrator.model.tree import Tree

_MANIFESTS = ("pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "setup.cfg")
_REWRITES = re.compile(r"""(replace|startswith|removeprefix)\(\s*["']postgres(ql)?://""")
_POST = re.compile(r"""\.(?:post|api_route|route)\(\s*f?["']([^"']*chatkit[^"']*)["']""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DatabaseUse:
    """How addresses of databases are used: by SQLAlchemy (``is_async`` or not), or raw; ``rewrites`` their scheme itself."""

    has_sqlalchemy: bool = False
    is_async: bool = False
    rewrites: bool = False


@dataclass(frozen=True)
class Launch:
    """What there is to start. ``root`` is the backend's folder; ``migrates`` where Alembic is set up, ``None`` where not.

    ``endpoints`` are parts of paths that a chat endpoint is declared under, likeliest first; the running app's own list of
    routes says the whole path.
    """

    root: str
    target: Target | None
    packaging: Packaging
    variables: tuple[Variable, ...]
    identities: Identities
    keys: tuple[str, ...]
    endpoints: tuple[str, ...]
    migrates: str | None
    models: tuple[str, ...]
    database: DatabaseUse


NOTHING = Launch("", None, Packaging("none", ""), (), Identities(), (), (), None, (), DatabaseUse())
"""What there is to start where there is no backend."""


def read_launch(tree: Tree, root: str | None = None, endpoint_module: str | None = None) -> Launch | None:
    """Read the backend at ``root``; ``None`` where no live module uses ChatKit's server.

    ``endpoint_module`` is the module that serves the chat, where that is known.
    """
    modules = PythonModules(tree)
    base = "" if root in {None, "", "."} else str(root).strip("/")
    using = [one.path for one in live(modules, base, b"ChatKitServer")]
    if not using:
        return None
    home = base or _home(tree, endpoint_module or using[0])
    target = read_target(modules, home, using)
    return Launch(
        root=home,
        target=target,
        packaging=read_packaging(tree, home),
        variables=read_variables(modules, home),
        identities=read_identities(modules, home),
        keys=read_keys(modules, home),
        endpoints=tuple(sorted(_endpoints(modules, home), key=lambda one: not one.rstrip("/").endswith("chatkit"))),
        migrates=next((dirname(one) for one in tree.named("alembic.ini") if one.startswith(home)), None),
        models=tuple(_models(modules, home)),
        database=_database(modules, home),
    )


def _home(tree: Tree, path: str) -> str:
    """The nearest folder above a module that has a manifest; else the top-level one that it is in."""
    folder = dirname(path)
    while True:
        if any(tree.has(join(folder, name) if folder else name) for name in _MANIFESTS):
            return folder
        if not folder:
            return path.split("/", maxsplit=1)[0] if "/" in path else ""
        folder = dirname(folder)


def _database(modules: PythonModules, home: str) -> DatabaseUse:
    texts = [one.text for one in live(modules, home)]
    return DatabaseUse(
        has_sqlalchemy=any("sqlalchemy" in text or "sqlmodel" in text for text in texts),
        is_async=any("create_async_engine" in text for text in texts),
        rewrites=any(_REWRITES.search(text) for text in texts),
    )


def _endpoints(modules: PythonModules, home: str) -> list[str]:
    found = [path for one in live(modules, home, b"chatkit") for path in _POST.findall(one.text)]
    return list(dict.fromkeys(found))


def _models(modules: PythonModules, home: str) -> list[str]:
    """Modules that declare tables."""
    marks = ("__tablename__", "table=True", "DeclarativeBase", "declarative_base(")
    return [one.path for one in live(modules, home) if any(mark in one.text for mark in marks)]
