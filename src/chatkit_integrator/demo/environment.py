"""What the sample runs on: Python packages and node modules, installed once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NEEDED = ("chatkit", "agents", "fastapi", "uvicorn", "sqlalchemy", "aiosqlite", "jwt")
_OLDEST_NODE = 20
_INSTALLING = 600.0


def cache() -> Path:
    """The folder that installs are kept in."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - only here

    return user_cache_path("chatkit-integrator", ensure_exists=True)


def python_for(backend: Path, say: Callable[[str], None]) -> str:
    """A Python that has the backend's packages: the running one, else one of a kept environment."""
    if all(importlib.util.find_spec(name) for name in _NEEDED):
        return sys.executable
    declared: list[str] = tomllib.loads((backend / "pyproject.toml").read_text())["project"]["dependencies"]
    home = cache() / "demo" / ("python-" + _digest("\n".join(declared)))
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        say("Installing the backend's packages (once)")
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(home)], cwd=backend, timeout=120)
        run([str(python), "-m", "pip", "install", "--quiet", *declared], cwd=backend, timeout=_INSTALLING)
        (home / "complete").touch()
    return str(python)


def install_site(frontend: Path, say: Callable[[str], None]) -> None:
    """Put the node modules of the site's package.json into it; they are installed once and linked from the cache."""
    node_and_npm(frontend)
    home = cache() / "demo" / ("node-" + _digest((frontend / "package.json").read_text()))
    if not (home / "complete").exists():
        say("Installing the site's packages (once)")
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(frontend / "package.json", home)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--no-package-lock"]
        run(["npm", "install", *quiet], cwd=home, timeout=_INSTALLING)
        (home / "complete").touch()
    shutil.copytree(home / "node_modules", frontend / "node_modules", symlinks=True, copy_function=_link)


def node_and_npm(cwd: Path) -> None:
    """Make sure of Node.js; ``BadRequestError`` where it is missing or too old."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise BadRequestError(f"The demo's site needs Node.js {_OLDEST_NODE} and npm; install them and run this again.")
    version = run(["node", "--version"], cwd=cwd, timeout=30).output.strip()
    if int(version.removeprefix("v").split(".")[0]) < _OLDEST_NODE:
        raise BadRequestError(f"The demo's site needs Node.js {_OLDEST_NODE} and this is {version}; update it.")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
