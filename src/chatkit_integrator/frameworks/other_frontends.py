"""Frontends that are recognised and not integrated yet: Docusaurus, Create React App, Vite.

What is found names the framework, its language, who installs it and how people sign in; there are no transforms.
"""

from __future__ import annotations

from functools import partial
from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NothingSupportedError
from chatkit_integrator.model.profile import Frontend, FrontendAuth
from chatkit_integrator.model.unit import Candidate, Framework, Inspected, Location
from chatkit_integrator.reading import existing, packages, signin
from chatkit_integrator.reading.scripts import scripts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.packages import Manifest

_PACKAGES: Mapping[str, str] = {"docusaurus": "@docusaurus/core", "cra": "react-scripts", "vite": "vite"}
_VERSIONS = ("react", "typescript", *_PACKAGES.values())


def _framework(tree: Tree, manifest: Manifest) -> str | None:
    """The framework of a package; Vite only where it serves a page, for libraries and tests use it too."""
    if "next" in manifest.declared:
        return None
    found = next((name for name, package in _PACKAGES.items() if package in manifest.declared), None)
    is_served = found != "vite" or packages.exists(tree, join(manifest.folder, "index.html"))
    return found if is_served else None


def candidates(tree: Tree, framework: str) -> tuple[Candidate, ...]:
    """Folders that hold a site made with ``framework``, those of samples only where there is no other."""
    found: list[Candidate] = []
    for path in tree.named("package.json"):
        manifest = packages.look(tree, path) if "node_modules/" not in path else None
        if manifest is not None and _framework(tree, manifest) == framework:
            place = Location(path, manifest.line(_PACKAGES[framework]))
            found.append(Candidate(manifest.folder or ".", framework, place))
    real = [one for one in found if not packages.is_sample(one.root)]
    return tuple(real or found)


def inspect(tree: Tree, root: str, answers: Mapping[str, str], framework: str) -> Inspected:
    """Describe the site whose package.json lies in ``root``; it raises no questions, for nothing is planned there."""
    del answers
    path = join("" if root in {"", "."} else root, "package.json")
    manifest = packages.read(tree, path) if packages.exists(tree, path) else None
    if manifest is None or _framework(tree, manifest) != framework:
        raise NothingSupportedError(f"{path} is no {framework} site; name another folder with --frontend.")
    scripts = scripts_of(tree, manifest)
    install = packages.installer(tree, manifest)
    way = next(iter(signin.find(scripts)), None)
    integration = existing.integration(scripts)
    profile = Frontend(
        root=manifest.folder or ".",
        framework=framework,
        router=None,
        language="ts" if packages.is_typescript(tree, manifest) else "js",
        layout=None,
        layouts=(),
        app_dir=None,
        manifest=path,
        package_manager=install.name,
        workspace_root=install.workspace_root or ".",
        lockfiles=install.lockfiles,
        auth=way.auth if way else FrontendAuth("none"),
        versions={name: manifest.declared[name] for name in _VERSIONS if name in manifest.declared},
        aliases=scripts.aliases,
        integration=integration,
    )
    evidence = {
        "framework": (Location(path, manifest.line(_PACKAGES[framework])),),
        "package_manager": install.evidence,
        "auth": way.places if way else (),
        "integration": integration,
    }
    return Inspected(profile, (), {fact: places for fact, places in evidence.items() if places})


FRAMEWORKS = tuple(
    Framework(name, "frontend", partial(candidates, framework=name), partial(inspect, framework=name), ()) for name in _PACKAGES
)
