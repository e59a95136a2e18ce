"""The chat widget: a client component of the project's own, small and theirs to edit."""

from __future__ import annotations

from posixpath import join, normpath, relpath
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs.installing import address, proxy_files, widget_files
from chatkit_integrator.frameworks.nextjs.transforms.dependencies import declared
from chatkit_integrator.frameworks.nextjs.transforms.proxy import existing, no_server
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Frontend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

_COMMANDS = {"prettier": "npx prettier --write {files}", "@biomejs/biome": "npx biome check --write {files}"}


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
    written = f"Write the chat widget in {frontend.app_dir}/_chatkit"
    return Edited(tuple(edits), written, _format_with(tree, frontend, profile))


def _format_with(tree: Tree, frontend: Frontend, profile: Profile) -> tuple[FollowUp, ...]:
    """The command that formats what was written, where the site has one; a workspace's root may have it for all."""
    manifests = dict.fromkeys((frontend.manifest, normpath(join(frontend.workspace_root, "package.json"))))
    packages = {name for path in manifests if tree.has(path) for name in declared(jsonc.load(tree.text(path), path))}
    tool = next((name for name in _COMMANDS if name in packages), None)
    if tool is None:
        return ()
    paths = dict.fromkeys([f"{frontend.app_dir}/_chatkit", next(iter(proxy_files(profile, address(tree, frontend))))])
    layouts = [one.path for one in frontend.layouts]
    root = "" if frontend.root == "." else frontend.root
    files = tuple(relpath(path, root or ".") for path in (*paths, *layouts))
    run = _COMMANDS[tool]
    text = f"Format what was written as the rest is, with {tool}; undo leaves files alone that were changed since."
    return (FollowUp(text, f"cd {root} && {run}" if root else run, files),)


TRANSFORM = Transform(
    id="nextjs.widget",
    summary="Write the chat widget",
    checks=("CK06", "CK07", "CK08", "CK10", "CK17"),
    plan=plan,
    needs=("identity", "auth.cookie", "frontend.auth"),
)
