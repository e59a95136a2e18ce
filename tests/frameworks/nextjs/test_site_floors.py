"""Which of a site's packages are in ChatKit's way."""

from __future__ import annotations

import pytest

from chatkit_integrator.frameworks.nextjs.floors import conflicts, in_the_way
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.tree import Tree

FINE = (
    "^18",
    "^18.0.0",
    "18",
    "18.x",
    "~18.2.0",
    "18.2.6",
    "18.3.12",
    "^19",
    ">=17",
    "^17 || ^19",
    "latest",
    "workspace:*",
    "*",
    "",
)
IN_THE_WAY = ("18.0.15", "=18.2.5", "~18.1.0", "18.1.x", "^17.0.2", "<18.2", ">=17 <18", "17 || 18.0.1", "18.2.5-rc.1")


@pytest.mark.parametrize("wanted", FINE)
def test_types_that_admit_a_new_enough_version_are_fine(wanted: str) -> None:
    assert conflicts({"@types/react": wanted}) == ()


@pytest.mark.parametrize("wanted", IN_THE_WAY)
def test_types_that_lose_the_sites_elements_are_in_the_way(wanted: str) -> None:
    [found] = conflicts({"next": "14", "@types/react": wanted})
    assert found.declared == f"@types/react {wanted}"
    assert found.needs == "@types/react 18.2.6 or newer"


@pytest.mark.parametrize(
    ("wanted", "count"), [("^17", 1), ("16.x", 1), ("^18", 0), ("18.2.0", 0), ("19.0.0-rc-45804af1-20241021", 0)]
)
def test_react_itself_has_to_be_18(wanted: str, count: int) -> None:
    assert len(conflicts({"react": wanted})) == count


@pytest.mark.parametrize(
    ("manager", "npmrc", "count"),
    [
        ("pnpm", "", 0),
        ("yarn", "", 0),
        ("npm", "legacy-peer-deps=true\n", 0),
        ("npm", "", 1),
        ("npm", "# legacy-peer-deps=true", 1),
    ],
)
def test_a_pre_release_of_react_is_in_the_way_of_npm_alone(manager: str, npmrc: str, count: int) -> None:
    """Seen with npm 11: ``ERESOLVE``, peer react ">=18" from @openai/chatkit-react."""
    site = Frontend(
        root="web", framework="nextjs", router="app", language="ts", layout=None, layouts=(), app_dir="web/app",
        manifest="web/package.json", package_manager=manager, workspace_root=".",
    )  # fmt: skip
    found = in_the_way(Tree.of({".npmrc": npmrc}), site, {"react": "19.0.0-rc-45804af1-20241021"})
    assert [one.declared for one in found] == ["react 19.0.0-rc-45804af1-20241021"] * count
