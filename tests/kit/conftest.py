"""Packages of npm that check the kit, installed once and kept; the checkout as somebody gets it who installs the plugin."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


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
def claude(npm: Callable[..., Path]) -> Path:
    """The program of Claude Code. Its npm package is a wrapper; the program itself needs no Node.js."""
    [program] = npm("@anthropic-ai/claude-code@latest").glob("@anthropic-ai/claude-code-*/claude")
    return program


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as git has it: nothing of a virtual environment or a cache."""
    copy = tmp_path_factory.mktemp("checkout") / "chatkit-integrator"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy
