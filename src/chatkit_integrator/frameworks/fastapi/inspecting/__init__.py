"""What a FastAPI backend looks like: every fact with the line that shows it, and questions for what cannot be known."""

from __future__ import annotations

import re
import sys
from collections import Counter
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NothingSupportedError, SyntaxRefusedError
from chatkit_integrator.frameworks.fastapi.inspecting import agents, apps, routes, settings, signin, storage, written
from chatkit_integrator.model.profile import Backend
from chatkit_integrator.model.unit import Candidate, Inspected, Location
from chatkit_integrator.reading import manifests
from chatkit_integrator.reading.python import PythonModules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.frameworks.fastapi.inspecting.apps import Found
    from chatkit_integrator.model.tree import Tree

_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", ".env.local.example", "example.env")


def candidates(tree: Tree) -> tuple[Candidate, ...]:
    """Folders that hold an application, one each."""
    modules = PythonModules(tree)
    found: dict[str, Candidate] = {}
    for one in apps.find(modules, ""):
        folder = manifests.folder_of(tree, one.app.path)
        root = folder if folder is not None else dirname(one.app.path)
        evidence = Location(one.app.path, one.line)
        is_ours = written.package_beside(tree, one.app.path) is not None
        found.setdefault(root or ".", Candidate(root or ".", f"{one.app.path}:{one.app.symbol}", evidence, is_ours))
    return tuple(found.values()) or tuple(_unread(tree, modules))


def _unread(tree: Tree, modules: PythonModules) -> Iterator[Candidate]:
    """Files that seem to hold an application and are not understood: told, never passed over in silence."""
    for path in tree.under("", ".py"):
        content = tree.read(path)
        if content is None or b"FastAPI(" not in content.data or not apps.is_live(path, ""):
            continue
        text = tree.text(path)
        if modules.module(path) is None:
            from chatkit_integrator.syntax.python import parse_check  # noqa: PLC0415 - heavy, and only for the message

            parse_check(text, path)
            raise SyntaxRefusedError(f"{path} could not be understood; mend it, or name another folder with --backend.")
        yield from ()


def inspect(tree: Tree, root: str, answers: Mapping[str, str]) -> Inspected:
    """Describe the application in ``root``, which may be the folder of its manifest, above it, or below it."""
    modules = PythonModules(tree)
    root = "" if root in {"", "."} else root
    found = apps.find(modules, root)
    if not found:
        raise NothingSupportedError(f"No FastAPI application was found in {root or '.'}; name its folder with --backend.")
    one = found[0]
    evidence: dict[str, tuple[Location, ...]] = {"app": (Location(one.app.path, one.line),)}
    folder = manifests.folder_of(tree, one.app.path)
    dependencies, requires_python = manifests.read(tree, folder if folder is not None else root)
    if dependencies.path:
        evidence["dependencies"] = tuple(Location(path, 1) for path in dependencies.manifests)
    declared = [text for _, text in manifests.declared(tree, dependencies.manifests)]
    kind, path, line = apps.lifespan(modules, one)
    evidence["lifespan"] = (Location(path, line),)
    prefix, path, line = routes.api_prefix(modules, one)
    evidence["api_prefix"] = (Location(path, line),)
    scope = root or (folder or "")
    package = written.package_beside(tree, one.app.path)
    own = PythonModules(tree.without(tree.under(package))) if package else modules
    stored = storage.find(own, scope, declared, one.app.path)
    if stored is not None:
        evidence["database"] = (Location(stored[1], stored[2]),) if stored[1] else (Location(dependencies.path or "", 1),)
    auth, auth_questions, place = signin.find(own, scope, answers)
    if place is not None:
        evidence["auth"] = (place,)
    agent, agent_questions, place = agents.find(own, scope, declared, answers)
    if place is not None:
        evidence["agent"] = (place,)
    integration = tuple(_integration(modules, scope))
    if integration:
        evidence["integration"] = integration
    profile = Backend(
        root=root or ".",
        framework="fastapi",
        app=one.app,
        lifespan=kind,  # type: ignore[arg-type]
        api_prefix=prefix,
        dependencies=dependencies,
        import_root=import_root(tree, modules, one, folder or ""),
        package_dir=dirname(one.app.path),
        relative_imports=_relative(modules, one),
        database=stored[0] if stored else None,
        settings=settings.kind(own, scope),
        env_file=settings.env_file(own, scope, one.app.path),
        auth=auth,
        agent=agent,
        env_example=_env_example(tree, folder or "", root),
        requires_python=requires_python,
        integration=integration,
    )
    settled: Mapping[str, str] = written.settled(modules, package) if package else {}
    return Inspected(profile, (*auth_questions, *agent_questions), evidence, settled)


def import_root(tree: Tree, modules: PythonModules, found: Found, folder: str) -> str:
    """The folder that the app's absolute imports start from: that of most: files may be called as packages are."""
    import ast  # noqa: PLC0415 - only here

    module = modules.module(found.app.path)
    climbed = 0
    roots = Counter[str]()
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, (ast.ImportFrom, ast.Import)):
            level = node.level if isinstance(node, ast.ImportFrom) else 0
            climbed = max(climbed, level)
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names if not level else ():
                target = modules.locate(found.app.path, name, 0) if name.split(".")[0] not in sys.stdlib_module_names else None
                stem = name.replace(".", "/")
                ends = [end for end in (f"{stem}/__init__.py", f"{stem}.py") if target is not None and target.endswith(end)]
                roots.update(target.removesuffix(end).rstrip("/") for end in ends[:1] if target is not None)
    if roots:
        return roots.most_common(1)[0][0]
    top = dirname(found.app.path)
    while top and (climbed > 0 or tree.has(f"{top}/__init__.py")):
        top = dirname(top)
        climbed -= 1
    for hint, symbol in apps.run_targets(tree, folder):
        stem = hint.replace(".", "/") + ".py"
        if symbol == found.app.symbol and found.app.path.endswith(stem):
            return found.app.path.removesuffix(stem).rstrip("/")
    return top


def _relative(modules: PythonModules, found: Found) -> bool:
    module = modules.module(found.made_in)
    return module is not None and bool(re.search(r"^\s*from \.+[\w.]* import", module.text, re.MULTILINE))


def _env_example(tree: Tree, folder: str, root: str) -> str | None:
    for place in dict.fromkeys((folder, root, "")):
        for name in _EXAMPLES:
            path = f"{place}/{name}" if place else name
            if tree.has(path):
                return path
    return None


def _integration(modules: PythonModules, root: str) -> Iterator[Location]:
    """Live imports of the ChatKit SDK."""
    import ast  # noqa: PLC0415 - only here

    for module in modules.containing(b"chatkit", under=root):
        if not apps.is_live(module.path, root) or basename(module.path).startswith("test"):
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for one in names if isinstance(node, ast.Import) or not node.level else ():
                if one.split(".")[0] == "chatkit" and modules.locate(module.path, one, 0) is None:
                    yield Location(module.path, node.lineno)
