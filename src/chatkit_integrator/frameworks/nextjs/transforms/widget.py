"""The chat widget: a client component of the project's own, small and theirs to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs.installing import address, widget_files
from chatkit_integrator.frameworks.nextjs.transforms.proxy import existing, no_server
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused, Transform

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Write the widget's files."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    refused = no_server(frontend)
    if refused is not None:
        return refused
    files = widget_files(profile, address(tree, frontend))
    main = next(path for path in files if "/chat-widget." in path)
    there = existing(tree, main)
    if there is not None:
        return AlreadyThere(f"{there} is there")
    ignored = next(iter(tree.ignored(*files)), None)
    if ignored is not None:
        return Refused(f"git ignores {ignored}; take the rule out of .gitignore, or the chat will not be committed.")
    edits = [tree.edit(path, text) for path, text in sorted(files.items()) if not tree.has(path)]
    return Edited(tuple(edits), f"Write the chat widget in {frontend.app_dir}/_chatkit")


TRANSFORM = Transform(
    id="nextjs.widget",
    summary="Write the chat widget",
    checks=("CK06", "CK07", "CK08", "CK10", "CK17"),
    plan=plan,
    needs=("identity", "auth.cookie", "frontend.auth"),
)
