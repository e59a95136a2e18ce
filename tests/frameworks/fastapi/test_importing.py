from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.fastapi.importing import import_lines, module_name, router_import
from chatkit_integrator.model.profile import App, Backend, Dependencies, Symbol

if TYPE_CHECKING:
    from pathlib import Path


def backend(app: str, *, root: str = "", relative: bool = False) -> Backend:
    return Backend(
        root=".",
        framework="fastapi",
        app=App(app, "app", "module"),
        lifespan="none",
        api_prefix="",
        dependencies=Dependencies("uv", "pyproject.toml"),
        import_root=root,
        package_dir=app.rpartition("/")[0],
        relative_imports=relative,
    )


@pytest.mark.parametrize(
    ("root", "path", "name"),
    [
        ("", "main.py", "main"),
        ("", "app/main.py", "app.main"),
        ("", "app/__init__.py", "app"),
        ("src", "src/shop/api/deps.py", "shop.api.deps"),
        ("src", "src/shop/__init__.py", "shop"),
        ("backend/app", "backend/app/main.py", "main"),
    ],
)
def test_a_module_is_named_from_where_imports_start(root: str, path: str, name: str) -> None:
    assert module_name(backend("app/main.py", root=root), path) == name


@pytest.mark.parametrize(
    ("app", "root", "relative", "symbol", "line"),
    [
        ("main.py", "", False, Symbol("deps.py", "user"), "from deps import user as it"),
        ("main.py", "", True, Symbol("deps.py", "user"), "from deps import user as it"),
        ("main.py", "", False, Symbol("deps.py", "it"), "from deps import it"),
        ("app/main.py", "", False, Symbol("app/deps.py", "user"), "from app.deps import user as it"),
        ("app/main.py", "", True, Symbol("app/deps.py", "user"), "from ..deps import user as it"),
        ("app/main.py", "", True, Symbol("app/__init__.py", "user"), "from .. import user as it"),
        ("app/main.py", "", True, Symbol("core/deps.py", "user"), "from core.deps import user as it"),
        ("src/shop/api/main.py", "src", True, Symbol("src/shop/core/deps.py", "user"), "from ...core.deps import user as it"),
        (
            "src/shop/api/main.py",
            "src",
            False,
            Symbol("src/shop/core/deps.py", "user"),
            "from shop.core.deps import user as it",
        ),
        ("backend/app/main.py", "backend/app", True, Symbol("backend/app/deps.py", "user"), "from deps import user as it"),
    ],
)
def test_a_symbol_is_imported_as_its_neighbours_import(
    app: str, root: str, relative: bool, symbol: Symbol, line: str, tmp_path: Path
) -> None:
    made = backend(app, root=root, relative=relative)
    importer = f"{made.package_dir}/chatkit_backend/identity.py".lstrip("/")

    imports, assignment = import_lines(made, importer, symbol, "it")

    assert (imports, assignment) == ((line,), None)
    for path, text in {symbol.path: f"{symbol.name} = 'found'\n", importer: f"{line}\n", app: ""}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    module = module_name(made, importer)
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}; print({module}.it)"],
        cwd=tmp_path / root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "found\n", done.stderr


@pytest.mark.parametrize(("name", "head"), [("db.engine", "db"), ("ENGINE", "ENGINE"), ("Engine", "Engine")])
def test_what_linters_want_no_other_name_for_is_imported_and_assigned(name: str, head: str) -> None:
    made = backend("app/main.py")

    lines = import_lines(made, "app/chatkit_backend/database.py", Symbol("app/db.py", name), "project_engine")

    assert lines == ((f"from app.db import {head}",), f"project_engine = {name}")


@pytest.mark.parametrize(
    ("app", "relative", "line"),
    [
        ("main.py", False, "from chatkit_backend import router as chat"),
        ("main.py", True, "from chatkit_backend import router as chat"),
        ("app/main.py", False, "from app.chatkit_backend import router as chat"),
        ("app/main.py", True, "from .chatkit_backend import router as chat"),
    ],
)
def test_the_router_is_imported_as_the_app_imports(app: str, relative: bool, line: str) -> None:
    assert router_import(backend(app, relative=relative), app, "chat") == line
