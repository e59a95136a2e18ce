"""CORS, where the browser speaks to the backend itself. Behind a same-origin proxy nothing is needed, and nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import NotNeeded, Transform

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Leave CORS alone: every frontend that this version integrates goes through its own server."""
    del tree, profile
    return NotNeeded("the browser speaks to the site's own server, which speaks to the backend")


TRANSFORM = Transform(id="fastapi.cors", summary="Allow the chat's headers", checks=("CK23",), plan=plan)
