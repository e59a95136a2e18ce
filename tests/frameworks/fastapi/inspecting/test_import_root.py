"""Where the application's absolute imports start, though its own files are called as packages from elsewhere are."""

from __future__ import annotations

import pytest

from chatkit_integrator.frameworks.fastapi.inspecting import inspect
from chatkit_integrator.model.profile import Backend
from chatkit_integrator.model.tree import Tree

FILES = {
    "backend/pyproject.toml": "[project]\nname = 'a'\ndependencies = ['fastapi']\n",
    **{f"backend/app/{name}.py": "" for name in ("__init__", "api", "core", "logging", "redis")},
}


@pytest.mark.parametrize(
    ("imports", "root"),
    [
        pytest.param("from app import api\nfrom app.core import of\n", "backend", id="nothing is called alike"),
        pytest.param("import logging\n\nfrom app.core import of\n", "backend", id="as the standard library"),
        pytest.param("import redis\n\nimport app.api\nfrom app.core import of\n", "backend", id="as a package"),
        pytest.param("import api\nimport core\n", "backend/app", id="its own files"),
    ],
)
def test_it_is_where_most_of_its_imports_are_found(imports: str, root: str) -> None:
    main = f"{imports}from fastapi import FastAPI\n\napp = FastAPI()\n"
    found = inspect(Tree.of({**FILES, "backend/app/main.py": main}), "backend", {}).profile
    assert isinstance(found, Backend)
    assert found.import_root == root
