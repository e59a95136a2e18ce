"""The demo's shop with ChatKit put in, and copies of it in which something is broken; each proven by starting it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.demo.run import copy_sample, integrate
from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shops import Shop

    from chatkit_integrator.toolkit import Proven


@dataclass(frozen=True)
class Integrated:
    """A repository on disk; what it can do is described where its type is."""

    root: Path
    folder: Path

    def with_(self, name: str, changes: Mapping[str, list[tuple[str, str]]]) -> Shop:
        root = self.folder / name
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".git"))
        for path, pairs in changes.items():
            text = (root / path).read_text()
            for old, new in pairs:
                assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
                text = text.replace(old, new)
            (root / path).write_text(text)
        return Integrated(root, self.folder)

    def proven(self, *items: str, artifacts: Path | None = None) -> Proven:
        return asyncio.run(prove(self.root, select=items, artifacts=artifacts))

    def words(self, *items: str) -> dict[str, str]:
        proven = self.proven(*items)
        assert not proven.failed, proven.failed
        return {one.id: f"{verdict_name(one.verdict)}: {one.verdict.reason}" for one in proven.results}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, integrated; the interpreter that runs the tests has what it needs."""
    folder = tmp_path_factory.mktemp("proving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        root = copy_sample(folder / "shop")
        integrate(root, lambda _: None)
    (root / "chatkit-integrator.toml").write_text(f'[prove]\npython = "{sys.executable}"\n')
    return Integrated(root, folder)


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """What a proof makes is made in the test's own folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """A small repository of these files; the interpreter that runs the tests has what it needs."""

    def make(files: Mapping[str, str]) -> Path:
        root = tmp_path / "repository"
        for name, text in {"pyproject.toml": '[project]\nname = "small"\nversion = "1"\n', **files}.items():
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        settings = root / "chatkit-integrator.toml"
        before = settings.read_text() if settings.exists() else "[prove]\n"
        settings.write_text(before.replace("[prove]\n", f'[prove]\npython = "{sys.executable}"\n'))
        return root

    return make
