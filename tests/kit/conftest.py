"""Packages of npm that check the kit, installed once and kept; the checkout as somebody gets it who installs the plugin."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from blocks import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
