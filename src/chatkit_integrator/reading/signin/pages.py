"""Where people sign in: what the sign-in system is configured with, where visitors are sent, or a page of that name."""

from __future__ import annotations

import re
from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts

_NAME = re.compile(r"^(log|sign)[-_]?in$", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"^auth$", re.IGNORECASE)
_LANGUAGE = re.compile(r"^\[(locale|lang|lng|language)\]$")
_PAGE = re.compile(r"^(?P<name>[^.]+)\.(tsx|jsx|ts|js|mdx)$")
_CLERK = re.compile(r"^NEXT_PUBLIC_CLERK_SIGN_IN_URL=['\"]?(/[^'\"\s]*)", re.MULTILINE)
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.local.example")


def sign_in_path(
    scripts: Scripts, kind: str, app_dir: str | None, pages_dir: str | None, middleware: str | None
) -> tuple[str, Location] | None:
    """The path of the page where people sign in, and what shows it."""
    for found in (_configured(scripts, kind), _sent_to(scripts, middleware), _pages(scripts, app_dir, pages_dir)):
        first = next(found, None)
        if first is not None:
            return first
    return _built_in(scripts, app_dir, pages_dir) if kind == "next-auth" else None


def _configured(scripts: Scripts, kind: str) -> Iterator[tuple[str, Location]]:
    """What the sign-in system itself is told."""
    if kind == "next-auth":
        for script in scripts.containing(b"signIn"):
            for value in _values(script, "pages"):
                yield from _path(scripts, script, javascript.property_value(value, "signIn"))
    if kind == "clerk":
        yield from _variable(scripts)
        for script in scripts.containing(b"signInUrl"):
            for value in _values(script, "signInUrl"):
                yield from _path(scripts, script, value)


def _variable(scripts: Scripts) -> Iterator[tuple[str, Location]]:
    """Clerk's variable in an example of the environment."""
    for name in _EXAMPLES:
        path = join(scripts.root, name)
        body = javascript.text(scripts.tree, path)
        found = _CLERK.search(body) if body is not None else None
        if body is not None and found is not None:
            yield found.group(1), Location(path, body.count("\n", 0, found.start()) + 1)


def _values(script: Script, name: str) -> Iterator[SgNode]:
    """What properties and JSX attributes of a name are set to."""
    for node in tsx.root(script.text).find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None and key.text() == name:
            yield value
    for node in tsx.root(script.text).find_all(kind="jsx_attribute"):
        parts = node.children()
        if parts[0].text() == name:
            yield parts[-1]


def _path(scripts: Scripts, script: Script, node: SgNode | None) -> Iterator[tuple[str, Location]]:
    for one in scripts.texts(script, node):
        if node is not None and one.startswith("/"):
            yield one.partition("?")[0], Location(script.path, javascript.line(node))


def _sent_to(scripts: Scripts, middleware: str | None) -> Iterator[tuple[str, Location]]:
    """Where the middleware redirects to, if that has the name of a sign-in page."""
    script = scripts.script(middleware) if middleware else None
    if script is None:
        return
    made = [node for node in tsx.root(script.text).find_all(kind="new_expression") if node.text().startswith("new URL")]
    sent = [node for node, _ in javascript.calls(script.text, "redirect", "rewrite")]
    for node in (*made, *sent):
        target = next(iter(javascript.arguments(node)), None)
        if target is None:
            continue
        texts = scripts.texts(script, target)
        if not texts and target.kind() == "template_string":
            texts = (re.sub(r"^/?\$\{[^}]*\}(?=/)", "", target.text()[1:-1]),)
        for one in texts:
            path = re.split(r"[?#$]", one)[0]
            if path.startswith("/") and not path.startswith("/api/") and _is_sign_in(path.strip("/").split("/")):
                yield path.rstrip("/"), Location(script.path, javascript.line(target))


def _is_sign_in(parts: list[str]) -> bool:
    return bool(_NAME.match(parts[-1]) or _PLAIN_NAME.match(parts[-1]))


def _pages(scripts: Scripts, app_dir: str | None, pages_dir: str | None) -> Iterator[tuple[str, Location]]:
    """Pages of that name, a plain ``/auth`` after the others, those of an administration last."""
    found: list[tuple[tuple[bool, bool, int, str], str]] = []
    for folder, is_app in ((app_dir, True), (pages_dir, False)):
        for path in scripts.tree.under(folder, ".tsx", ".jsx", ".ts", ".js", ".mdx") if folder else ():
            parts = _route(path.removeprefix(f"{folder}/").split("/"), is_app=is_app)
            if parts and parts[0] != "api" and _is_sign_in(parts):
                is_admin = any("admin" in part.lower() for part in parts)
                rank = (is_admin, bool(_PLAIN_NAME.match(parts[-1])), len(parts), "/".join(parts))
                found.append((rank, path))
    for rank, path in sorted(found):
        yield f"/{rank[-1]}", Location(path, 1)


def _route(parts: list[str], *, is_app: bool) -> list[str] | None:
    """The URL's parts of a page; ``None`` for what is no page of its own."""
    name = _PAGE.match(parts[-1])
    if name is None or (is_app and name["name"] != "page"):
        return None
    folders = parts[:-1] if is_app or name["name"] == "index" else [*parts[:-1], name["name"]]
    if any(part.startswith(("@", "_", "(.")) for part in folders):
        return None
    route = [part for part in folders if not (part.startswith("(") and part.endswith(")"))]
    if route and _LANGUAGE.match(route[0]):
        route = route[1:]
    if route and route[-1].startswith("[["):
        route = route[:-1]
    return None if any(part.startswith("[") for part in route) else route


def _built_in(scripts: Scripts, app_dir: str | None, pages_dir: str | None) -> tuple[str, Location] | None:
    """NextAuth's own page, where its handlers are mounted in the usual place and no other is configured."""
    for folder in (app_dir, pages_dir):
        for path in scripts.tree.under(f"{folder}/api/auth", ".ts", ".js") if folder else ():
            if "/[...nextauth]" in path:
                return "/api/auth/signin", Location(path, 1)
    return None
