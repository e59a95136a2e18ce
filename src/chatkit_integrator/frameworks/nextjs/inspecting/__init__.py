"""What a Next.js frontend looks like: every fact with the line that shows it, and questions for what cannot be known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chatkit_integrator.errors import NothingSupportedError, SyntaxRefusedError, UnknownAnswerError
from chatkit_integrator.frameworks.nextjs.inspecting import config, manifest
from chatkit_integrator.model.profile import Frontend, FrontendAuth, Layout
from chatkit_integrator.model.unit import Candidate, Inspected, Location, Question
from chatkit_integrator.reading import jslook as javascript
from chatkit_integrator.reading import siteauth as signin
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.tree import Tree

_LAYOUT = re.compile(r"/layout\.(tsx|jsx|ts|js)$")
_PAGE = re.compile(r"/(page|layout)\.(tsx|jsx|ts|js)$")
_NOT_A_SITE = re.compile(r"(^|/)(node_modules|\.next|examples?|templates?|fixtures|\.claude|skills)(/|$)")
_EXAMPLES = (".env.example", ".env.local.example", ".env.sample", ".env.template", "env.example", ".env.dist")
_OURS = "https://cdn.platform.openai.com/deployments/chatkit/"


def candidates(tree: Tree) -> tuple[Candidate, ...]:
    """Folders whose package.json depends on next and that hold routes."""
    found: list[Candidate] = []
    lesser: list[Candidate] = []
    for path in tree.named("package.json"):
        if "node_modules/" in path:
            continue
        try:
            declared = manifest.packages(manifest.read(tree, path))
        except SyntaxRefusedError:
            continue
        root = path.rpartition("/")[0] or "."
        if "next" in declared and _routes(tree, root) != (None, None):
            one = Candidate(root, f"next {declared['next']}", Location(path, _line(tree, path, '"next"')))
            (lesser if _NOT_A_SITE.search(root) else found).append(one)
    return tuple(found or lesser)


def _line(tree: Tree, path: str, mark: str) -> int:
    text = tree.text(path)
    at = text.find(mark)
    return text.count("\n", 0, max(at, 0)) + 1


def _routes(tree: Tree, root: str) -> tuple[str | None, str | None]:
    """The folder of the App Router and of the Pages Router."""
    prefix = "" if root in {"", "."} else f"{root}/"
    app = next((prefix + one for one in ("app", "src/app") if _holds(tree, prefix + one, javascript.SUFFIXES)), None)
    pages = next((prefix + one for one in ("pages", "src/pages") if _holds(tree, prefix + one, javascript.SUFFIXES)), None)
    return app, pages


def _holds(tree: Tree, folder: str, suffixes: tuple[str, ...]) -> bool:
    return next(tree.under(folder, *suffixes), None) is not None


def inspect(tree: Tree, root: str, answers: Mapping[str, str]) -> Inspected:
    """Describe the site in ``root``."""
    prefix = "" if root in {"", "."} else f"{root}/"
    declared = manifest.read(tree, prefix + "package.json")
    packages = manifest.packages(declared)
    if "next" not in packages:
        raise NothingSupportedError(f"{prefix}package.json does not depend on next; name the site's folder with --frontend.")
    app_dir, pages_dir = _routes(tree, root)
    layouts = tuple(_layouts(tree, app_dir)) if app_dir else ()
    router = "app" if app_dir and (layouts or pages_dir is None) else "pages"
    evidence: dict[str, tuple[Location, ...]] = {
        "framework": (Location(prefix + "package.json", _line(tree, prefix + "package.json", '"next"')),)
    }
    layout = layouts[0] if router == "app" and layouts else _document(tree, pages_dir) if router == "pages" else None
    if layout is not None:
        evidence["layout"] = tuple(Location(one.path, 1) for one in (layouts if router == "app" else (layout,)))
    manager, workspace, locks = manifest.manager(tree, root)
    if locks:
        evidence["package_manager"] = tuple(Location(path, 1) for path in locks)
    auth, questions, place = _auth(tree, root, packages, answers, signin.sign_in_path(tree, app_dir, pages_dir))
    if place is not None:
        evidence["auth"] = (place,)
    found, where = config.middleware(tree, root, app_dir or pages_dir)
    policy = config.policy(tree, root, app_dir or pages_dir)
    export = config.static_export(tree, root)
    rewrites, rewritten = config.rewrites(tree, root)
    for name, one in (("middleware", where), ("csp", policy), ("static_export", export), ("rewrites", rewritten)):
        if one is not None:
            evidence[name] = (one,)
    integration = tuple(_integration(tree, root))
    if integration:
        evidence["integration"] = integration
    profile = Frontend(
        root=root,
        framework="nextjs",
        router=router,
        language=_language(tree, prefix, packages, layout),
        layout=layout,
        layouts=layouts if router == "app" else (),
        app_dir=app_dir if router == "app" else None,
        manifest=prefix + "package.json",
        package_manager=manager,
        workspace_root=workspace,
        lockfiles=locks,
        auth=auth,
        versions={name: packages[name] for name in ("next", "react", "typescript") if name in packages},
        middleware=found,
        csp=policy,
        rewrites=rewrites,
        aliases=manifest.aliases(tree, root),
        static_export=export is not None,
        env_example=next((prefix + name for name in _EXAMPLES if tree.has(prefix + name)), None),
        integration=integration,
    )
    return Inspected(profile, questions, evidence)


def _layouts(tree: Tree, app_dir: str) -> Iterator[Layout]:
    """Layouts that render ``<html>``, the ones nearest to the root first."""
    paths = [path for path in tree.under(app_dir, ".tsx", ".jsx", ".ts", ".js") if _LAYOUT.search(path)]
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        text = tree.text(path)
        if "<html" not in text:
            continue
        found = tsx.html_elements(text)
        if found:
            yield Layout(path, any(html.head is not None for html in found))


def _document(tree: Tree, pages_dir: str | None) -> Layout | None:
    for name in ("_document", "_app"):
        for end in ("tsx", "jsx", "ts", "js"):
            path = f"{pages_dir}/{name}.{end}"
            if pages_dir and tree.has(path):
                heads = any(True for _ in tsx.elements(tsx.root(tree.text(path)), "Head", "head"))
                return Layout(path, heads)
    return None


def _language(tree: Tree, prefix: str, packages: Mapping[str, str], layout: Layout | None) -> Any:  # noqa: ANN401 - a literal
    if layout is not None and layout.path.endswith((".jsx", ".js")) and "typescript" not in packages:
        return "js"
    if layout is not None and layout.path.endswith((".tsx", ".ts")):
        return "ts"
    return "ts" if "typescript" in packages or tree.has(prefix + "tsconfig.json") else "js"


def _auth(
    tree: Tree, root: str, packages: Mapping[str, str], answers: Mapping[str, str], sign_in: str | None
) -> tuple[FrontendAuth, tuple[Question, ...], Location | None]:
    ways = signin.find(tree, root, packages)
    if not ways:
        return FrontendAuth("none"), (), None
    cookies = [one for one in ways if one.kind == "jwt-cookie"]
    libraries = [one for one in ways if one.kind in {"clerk", "better-auth", "next-auth", "supabase"}]
    kinds = tuple(dict.fromkeys(one.kind for one in ways if one.kind != "localstorage" or not (cookies or libraries)))
    answer = answers.get("frontend.auth")
    if answer is not None and answer not in (*kinds, "none"):
        raise UnknownAnswerError(f"frontend.auth={answer} is not a choice; the choices are {', '.join((*kinds, 'none'))}.")
    if answer == "none":
        return FrontendAuth("none"), (), None
    chosen = [one for one in ways if one.kind == (answer or kinds[0])]
    first = chosen[0]
    auth = FrontendAuth(first.kind, first.cookie, first.http_only, sign_in)  # type: ignore[arg-type]
    if len(kinds) > 1 and answer is None:
        shown = "; ".join(f"{one.kind} at {one.place.path}:{one.place.line}" for one in ways if one.kind in kinds)
        question = Question(
            id="frontend.auth",
            ask="Which sign-in do the people use who get the chat?",
            why=f"Several are in the code: {shown}.",
            choices=kinds,
            blocks=("nextjs.proxy", "nextjs.widget", "nextjs.mount"),
        )
        return FrontendAuth("other", sign_in_path=sign_in), (question,), first.place
    return auth, (), first.place


def _integration(tree: Tree, root: str) -> Iterator[Location]:
    """Live uses of ChatKit: the package, the element, or its script."""
    for path, body in javascript.containing(tree, root, b"@openai/chatkit", b"openai-chatkit", _OURS.encode()):
        if not path.endswith(javascript.SUFFIXES):
            continue
        for node, module in tsx.imports(body):
            if module.startswith("@openai/chatkit"):
                yield Location(path, node.range().start.line + 1)
        for node, element in tsx.elements(tsx.root(body)):
            if element.name == "openai-chatkit" or tsx.attributes(body, node).get("src", "").startswith(_OURS):
                yield Location(path, element.line)
