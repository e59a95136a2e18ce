from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading import packages
from chatkit_integrator.reading.scripts import scripts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sitting import Site

    from chatkit_integrator.reading.scripts import Scripts


@pytest.fixture
def site() -> Site:
    """The sources of a site that depends on the packages named."""

    def site(files: Mapping[str, str], /, *depends: str) -> Scripts:
        tree = Tree.of({"package.json": json.dumps({"dependencies": dict.fromkeys(depends, "1")}), **files})
        return scripts_of(tree, packages.read(tree, "package.json"))

    return site


@pytest.fixture
def workspace_site() -> Site:
    """The sources of a site in ``web``, in a workspace with a package ``@shop/auth``."""

    def site(files: Mapping[str, str], /, *depends: str) -> Scripts:
        manifests = {
            "package.json": {"private": True, "workspaces": ["web", "packages/*"]},
            "web/package.json": {"name": "web", "dependencies": {**dict.fromkeys(depends, "1"), "@shop/auth": "*"}},
            "packages/auth/package.json": {"name": "@shop/auth", "dependencies": dict.fromkeys(depends, "1")},
        }
        tree = Tree.of({**{path: json.dumps(one) for path, one in manifests.items()}, **files})
        return scripts_of(tree, packages.read(tree, "web/package.json"))

    return site
