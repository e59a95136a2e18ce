from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from chatkit_integrator.engine.verifying import parses
from chatkit_integrator.frameworks.fastapi.importing import PACKAGE, module_name
from chatkit_integrator.frameworks.fastapi.inspecting import inspect
from chatkit_integrator.frameworks.fastapi.transforms import mount as mounting
from chatkit_integrator.model.profile import Backend, Contract, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mounting import Mount

ROUTER = """import contextlib
import os

from fastapi import APIRouter


@contextlib.asynccontextmanager
async def lifespan(app):
    os.environ["CHAT_STARTED"] = "yes"
    yield


router = APIRouter(tags=["chatkit"], lifespan=lifespan)


@router.post("/chatkit")
def chatkit():
    return "the chat"
"""


class _Mounted:
    def __init__(self, before: Tree, profile: Profile, home: Path) -> None:
        self.before, self.profile, self._home = before, profile, home
        self.outcome = mounting.TRANSFORM.plan(before, profile)
        self.tree = before.with_edits(self.outcome.edits) if isinstance(self.outcome, Edited) else before
        if isinstance(self.outcome, Edited):
            for edit in self.outcome.edits:
                parses(edit.path, self.tree.text(edit.path))
            assert isinstance(mounting.TRANSFORM.plan(self.tree, profile), AlreadyThere)

    def text(self, path: str = "main.py") -> str:
        return self.tree.text(path)

    def asked(self, path: str | None = None) -> int:
        backend = self.profile.backend
        assert isinstance(self.outcome, Edited), self.outcome
        assert backend is not None
        for name in self.tree.paths:
            target = self._home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.tree.text(name).encode())
        package = self._home / backend.package_dir / PACKAGE
        package.mkdir()
        (package / "__init__.py").write_text(ROUTER)
        sys.path.insert(0, str(self._home / backend.import_root))
        found = importlib.import_module(module_name(backend, backend.app.path))
        app = getattr(found, backend.app.symbol)
        with TestClient(app() if backend.app.shape == "factory" else app) as client:
            return client.post(path or self.profile.contract.endpoint).status_code


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mount]:
    """Inspect a backend of these files and include the router in it; what is edited parses and is already there then."""
    monkeypatch.setenv("CHAT_STARTED", "")
    monkeypatch.setenv("OWN_STARTED", "")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)

    def make(files: Mapping[str, str | bytes], /) -> _Mounted:
        tree = Tree.of({"requirements.txt": "fastapi\n", **files})
        backend = inspect(tree, ".", {}).profile
        assert isinstance(backend, Backend)
        identity = "bearer" if backend.auth.dependency else "guest"
        contract = Contract(endpoint=f"{backend.api_prefix}/chatkit", identity=identity)
        return _Mounted(tree, Profile(backend, None, contract), tmp_path)

    yield make
    for name in set(sys.modules) - known:
        source = getattr(sys.modules[name], "__file__", None)
        if source and str(source).startswith(str(tmp_path)):
            del sys.modules[name]
