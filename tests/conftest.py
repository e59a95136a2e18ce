"""Fixtures that every part may use: a browser, an npm cache, committed repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

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
    """The path of a Chromium: the machine's own, else the one that an npm package brings."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    home = kept / "chromium"
    home.mkdir(exist_ok=True)
    if not (home / "node_modules" / "@sparticuz" / "chromium").is_dir():
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "@sparticuz/chromium"]
        subprocess.run(install, cwd=home, check=True, timeout=600)
    script = "import('@sparticuz/chromium').then(async (m) => console.log(await m.default.executablePath()))"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        cwd=home,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "AWS_LAMBDA_JS_RUNTIME": "nodejs20.x"},
    )
    return done.stdout.strip().splitlines()[-1]


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
