"""Real repositories, and a way for the superuser to be refused like anybody."""

from __future__ import annotations

import ctypes
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture(autouse=True)
def nobodys_git_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git as it comes, whoever runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "t")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.com")


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder; gives what it prints."""

    def run(root: Path, *argv: str) -> str:
        return subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def write() -> Callable[[Path, Mapping[str, str | bytes]], Path]:
    """Write files below a folder, which is made."""

    def put(root: Path, files: Mapping[str, str | bytes]) -> Path:
        root.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return put


@pytest.fixture
def committed(
    tmp_path: Path, git: Callable[..., str], write: Callable[[Path, Mapping[str, str | bytes]], Path]
) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Make a repository of these files, all committed, ignored ones included."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = write(tmp_path / "repository", files)
        git(root, "init", "-q")
        git(root, "add", "-A", "-f")
        git(root, "commit", "-qm", "base", "--allow-empty")
        return root

    return make


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Rights(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@pytest.fixture
def no_privileges() -> Iterator[None]:
    """Without the superuser's right to pass over permissions (Linux; anybody else has none to give up)."""
    header, rights = _Header(0x20080522, 0), (_Rights * 2)()
    system = ctypes.CDLL(None, use_errno=True)
    assert system.capget(ctypes.byref(header), rights) == 0
    had = rights[0].effective
    rights[0].effective &= ~0b1111  # CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER
    assert system.capset(ctypes.byref(header), rights) == 0
    yield
    rights[0].effective = had
    assert system.capset(ctypes.byref(header), rights) == 0
