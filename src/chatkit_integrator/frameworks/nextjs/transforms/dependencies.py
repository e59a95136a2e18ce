"""``@openai/chatkit-react`` in the site's own package.json. Lock files are the package manager's to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Frontend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

PACKAGE = "@openai/chatkit-react"
RANGE = "^1.6.1"
_OLDEST_REACT = 18


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the package, where the project's React is new enough for it."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    text = tree.text(frontend.manifest)
    manifest = jsonc.load(text, frontend.manifest)
    sections: list[dict[str, object]] = [
        manifest.get(name) or {} for name in ("dependencies", "devDependencies", "peerDependencies")
    ]
    if any(PACKAGE in section for section in sections):
        return AlreadyThere(f"{frontend.manifest} has {PACKAGE}")
    react = next((str(section["react"]) for section in sections if "react" in section), None)
    major = re.search(r"\d+", react or "")
    if major and int(major.group()) < _OLDEST_REACT:
        return Refused(
            f"{frontend.manifest} has react {react} and {PACKAGE} needs {_OLDEST_REACT} or newer; move to that.",
            f'"{PACKAGE}": "{RANGE}"',
        )
    edited = jsonc.add_entry(text, frontend.manifest, "dependencies", PACKAGE, RANGE)
    return Edited(
        (tree.edit(frontend.manifest, edited),),
        f"Add {PACKAGE} to {frontend.manifest}",
        (_install(frontend),),
    )


def _install(frontend: Frontend) -> FollowUp:
    manager = frontend.package_manager or "npm"
    where = frontend.workspace_root or frontend.root
    text = f"Install the site's new package with {manager}, which writes its lock file."
    if len(frontend.lockfiles) > 1:
        text += f" There are several lock files ({', '.join(frontend.lockfiles)}); {manager}'s is the one in use."
    return FollowUp(text, f"cd {where} && {manager} install" if where != "." else f"{manager} install")


TRANSFORM = Transform(
    id="nextjs.dependencies",
    summary=f"Add {PACKAGE} to the site's package.json",
    checks=("CK29",),
    plan=plan,
)
