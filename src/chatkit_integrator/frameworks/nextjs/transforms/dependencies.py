"""``@openai/chatkit-react`` in the site's own package.json. Lock files are the package manager's to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from chatkit_integrator.frameworks.nextjs import floors
from chatkit_integrator.frameworks.nextjs.inspecting.written import PACKAGE
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import jsonc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Frontend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

RANGE = "^1.6.1"


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the package; ``floors`` says beforehand whether the project's own packages admit it."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    text = tree.text(frontend.manifest)
    manifest = jsonc.load(text, frontend.manifest)
    packages = declared(manifest)
    if PACKAGE in packages:
        return AlreadyThere(f"{frontend.manifest} has {PACKAGE}")
    in_the_way = floors.in_the_way(tree, frontend, packages)
    if in_the_way:
        first = in_the_way[0]
        reason = f"{frontend.manifest} has {first.declared}, but {first.needs} is asked for by {first.by}; move to that."
        return Refused(reason, f'"{PACKAGE}": "{RANGE}"')
    edited = jsonc.add_entry(text, frontend.manifest, "dependencies", PACKAGE, RANGE)
    return Edited(
        (tree.edit(frontend.manifest, edited),),
        f"Add {PACKAGE} to {frontend.manifest}",
        (_install(frontend),),
    )


def declared(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The packages that a package.json declares, by name."""
    found: dict[str, str] = {}
    for section in ("peerDependencies", "devDependencies", "dependencies"):
        packages = cast("dict[str, object]", manifest.get(section) or {})
        found |= {name: str(wanted) for name, wanted in packages.items()}
    return found


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
