"""The Python that a backend runs on: the one that its people use, else one with exactly what its lock says."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import BadRequestError, CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.reading.launch import Launch

_INSTALLING = 900.0
_ENVIRONMENTS = (".venv", "venv", "env", ".virtualenv")
_WORKS = "import sys, fastapi, chatkit, uvicorn; print(sys.version_info[:2] >= (3, 9))"
_DRIVERS = "import importlib.util as u; print(' '.join(n for n in ('psycopg2', 'psycopg', 'asyncpg') if u.find_spec(n)))"


@dataclass(frozen=True, slots=True)
class Installed:
    """An interpreter, how it came to be, which database drivers it has, and what of it may differ from the author's."""

    python: Path
    how: str
    drivers: tuple[str, ...] = ()
    drift: str = ""


def python_for(
    launch: Launch, root: Path, copy: Path, wanted: str | None, say: Callable[[str], None], tick: Callable[[], None]
) -> Installed:
    """Find or make it; ``CommandFailedError`` where what is wanted cannot be installed."""
    found = _own(launch, root, wanted)
    if found is None:
        found = _installed(launch, copy, say, tick)
    drivers = run([str(found.python), "-c", _DRIVERS], cwd=copy, env=_clean(), timeout=60, tick=tick).output.split()
    return Installed(found.python, found.how, tuple(drivers), found.drift)


def _own(launch: Launch, root: Path, wanted: str | None) -> Installed | None:
    if wanted is not None:
        python = Path(os.path.abspath(root / wanted))  # noqa: PTH100 - a link to an interpreter is that environment's
        if not python.exists():
            raise BadRequestError(f"There is no {wanted} in the repository; correct prove.python, or leave it out.")
        return Installed(python, f"the interpreter of the settings, {wanted}")
    folder = root / launch.root
    while True:
        for name in _ENVIRONMENTS:
            python = folder / name / "bin" / "python"
            if python.exists() and _works(python):
                return Installed(python, f"the project's own environment, {python.parent.parent.relative_to(root)}")
        if folder == root:
            return None
        folder = folder.parent


def _works(python: Path) -> bool:
    try:
        return "True" in run([str(python), "-c", _WORKS], cwd=python.parent, env=_clean(), timeout=60).output
    except CommandFailedError:
        return False


def _clean() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}


def cache() -> Path:
    """The folder that environments are kept in, for the next time."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - only here

    return user_cache_path("chatkit-integrator", ensure_exists=True) / "prove"


def _installed(launch: Launch, copy: Path, say: Callable[[str], None], tick: Callable[[], None]) -> Installed:
    """Install into an environment that is kept under the digest of what it holds."""
    packaging = launch.packaging
    if packaging.kind == "none":
        raise BadRequestError(
            "Nothing says what the backend needs installed; name an interpreter that has it: prove.python in the settings."
        )
    source = (copy / packaging.path).read_bytes()
    home = cache() / hashlib.sha256(b"\0".join([source, str(packaging.python).encode(), b"1"])).hexdigest()[:16]
    python = home / "bin" / "python"
    what = {"pyproject": "the manifest", "requirements": packaging.path}.get(packaging.kind, packaging.path)
    if not (home / "complete").exists():
        say(f"Installing what {what} says (once)")
        shutil.rmtree(home, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        _install(launch, copy, home, tick)
        (home / "complete").touch()
    drift = ""
    if packaging.loose:
        some = ", ".join(packaging.loose[:6])
        drift = (
            f"{packaging.path} does not hold {some} to a version: what is installed today may differ from what the author ran"
        )
    return Installed(python, f"what {what} says, installed by itself", drift=drift)


def _install(launch: Launch, copy: Path, home: Path, tick: Callable[[], None]) -> None:
    packaging = launch.packaging
    folder = (copy / packaging.path).parent
    tool = uv()
    if tool is None:
        _with_pip(launch, copy, home, tick)
        return
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    env |= {"UV_PROJECT_ENVIRONMENT": str(home), "PATH": os.pathsep.join([env.get("PATH", ""), *_pyenv()])}
    if packaging.kind == "uv.lock":
        backend = copy / launch.root
        sync = [tool, "sync", "--frozen", "--no-dev", "--no-install-project", "--quiet"]
        run(sync, cwd=backend, env=env, timeout=_INSTALLING, tick=tick)
        return
    version = ["--python", packaging.python] if packaging.python else []
    run([tool, "venv", "--quiet", *version, str(home)], cwd=folder, env=env, timeout=_INSTALLING, tick=tick)
    into = [tool, "pip", "install", "--quiet", "--python", str(home / "bin" / "python")]
    run([*into, *_wanted(launch, copy, home)], cwd=folder, env=env, timeout=_INSTALLING, tick=tick)


def _with_pip(launch: Launch, copy: Path, home: Path, tick: Callable[[], None]) -> None:
    if launch.packaging.kind == "uv.lock":
        raise BadRequestError("uv.lock needs uv to be installed; install it, or name an interpreter: prove.python.")
    run([sys.executable, "-m", "venv", str(home)], cwd=copy, timeout=_INSTALLING, tick=tick)
    python = str(home / "bin" / "python")
    wanted = [str(copy / launch.root) if one == "pyproject.toml" else one for one in _wanted(launch, copy, home) if one != "-r"]
    source = ["-r", *wanted] if launch.packaging.kind == "requirements" else wanted
    run([python, "-m", "pip", "install", "--quiet", *source], cwd=copy, timeout=_INSTALLING, tick=tick)


def _wanted(launch: Launch, copy: Path, home: Path) -> list[str]:
    packaging = launch.packaging
    name = (copy / packaging.path).name
    if not packaging.pins:
        return ["-r", name]
    pins = home / "pins.txt"
    pins.parent.mkdir(parents=True, exist_ok=True)
    pins.write_text("\n".join(packaging.pins), encoding="utf-8")
    return ["--no-deps", "-r", str(pins)]


def _pyenv() -> list[str]:
    """Where pyenv keeps interpreters that its shims hide unless a folder asks for them."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return sorted(str(one) for one in versions.glob("3.*/bin"))


def uv() -> str | None:
    """Where uv is: on the path, else beside the interpreter that runs us."""
    found = shutil.which("uv")
    if found is not None or importlib.util.find_spec("uv") is None:
        return found
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else None
