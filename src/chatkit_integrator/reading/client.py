"""What a ChatKit frontend is made of, as reached from the pages that people see: widget, fetch, script, proxy, gate.

The widget counts only where some layout or page renders it; the proxy only where the widget's own URL leads to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import jsonc, tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
OPERATIONS = ("threads.create", "threads.add_user_message")
_ENTRY = re.compile(r"(^|/)(layout|page|template|default|_app|_document|index|main|Root)\.(tsx|jsx|ts|js)$")
_ROUTED = re.compile(r"(^|/)(app|pages|src)/")
_DEPTH = 12
_SIGNED_IN = re.compile(
    r"sign(ed)?[-_]?in|session|isAuthenticated|authenticated|isLoggedIn|logged_?in|\buser\b|token", re.IGNORECASE
)


@dataclass(frozen=True)
class Proxy:
    """A route of the site's own server that the widget's URL leads to."""

    place: Evidence
    reads_session: tuple[Evidence, ...]
    authorizes: tuple[Evidence, ...]
    refuses: tuple[Evidence, ...]
    target: str | None
    target_place: Evidence | None


@dataclass(frozen=True)
class ClientReading:
    """One frontend integration."""

    is_next: bool
    router: str | None
    widget: Evidence
    rendered: tuple[Evidence, ...]
    url: str | None
    url_place: Evidence | None
    own_fetch: Evidence | None
    authorization: tuple[Evidence, ...]
    metadata: tuple[Evidence, ...]
    metadata_keys: tuple[str, ...]
    operations: tuple[str, ...]
    detection: tuple[Evidence, ...]
    gate: tuple[Evidence, ...]
    on_error: Evidence | None
    scripts: tuple[tuple[Evidence, str], ...]
    proxy: Proxy | None
    hosted: bool


class _Reader:
    """Sources below one folder, and how they import one another."""

    def __init__(self, tree: Tree, root: str) -> None:
        self.tree = tree
        self.root = "" if root in {"", "."} else root
        self.texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        if path not in self.texts:
            self.texts[path] = javascript.text(self.tree, path) or ""
        return self.texts[path]

    def evidence(self, path: str, node: SgNode) -> Evidence:
        return self.at(path, node.range().start.line + 1)

    def at(self, path: str, line: int) -> Evidence:
        lines = self.text(path).splitlines()
        return Evidence(path, line, (lines[line - 1].strip() if 0 < line <= len(lines) else "")[:200])

    def locate(self, importer: str, module: str) -> str | None:
        if module.startswith("."):
            stems = [normpath(join(dirname(importer), module))]
        elif module.startswith(("@/", "~/")):
            stems = [normpath(join(self.root, folder, module[2:])) for folder in ("", "src", "app")]
        else:
            return None
        for stem in stems:
            for end in ("", *javascript.SUFFIXES, *(f"/index{suffix}" for suffix in javascript.SUFFIXES)):
                if end or stem.endswith(javascript.SUFFIXES):
                    if self.tree.has(stem + end):
                        return stem + end
        return None

    def imports(self, path: str) -> Iterator[tuple[str, SgNode]]:
        for node, module in tsx.imports(self.text(path)):
            target = self.locate(path, module)
            if target is not None:
                yield target, node

    def reached(self, path: str) -> list[str]:
        """A module and everything of the site that it imports."""
        found, queue = [path], [path]
        while queue:
            here = queue.pop(0)
            for target, node in self.imports(here):
                if target not in found and not node.text().startswith("import type"):
                    found.append(target)
                    queue.append(target)
        return found


def read_client(tree: Tree, root: str | None) -> ClientReading | None:
    """Read the frontend below ``root``; ``None`` where no live source uses ChatKit."""
    reader = _Reader(tree, root or "")
    found = _widget(reader)
    if found is None:
        return None
    path, call = found
    reader.root = _package_folder(tree, path)
    options = (
        next((one for one in javascript.arguments(call) if one.kind() == "object"), None)
        if call.kind() == "call_expression"
        else None
    )
    body = reader.text(path)
    api = _property(options, "api")
    url_node = _property(api, "url")
    url = _evaluate(reader, path, url_node) if url_node is not None else None
    modules = reader.reached(path)
    upward = _rendering(reader, path)
    between = [one for chain in upward for one in chain.modules[:-1]]
    around = list(dict.fromkeys([*modules, *(inner for one in between for inner in reader.reached(one))]))
    fetch_node = _property(api, "fetch")
    error = _property(options, "onError")
    package = javascript.text(tree, join(reader.root, "package.json")) or "{}"
    is_next = "next" in _dependencies(package)
    del body
    keys, metadata, operations = _metadata(reader, modules)
    return ClientReading(
        is_next=is_next,
        router="app" if is_next and any(re.search(r"(^|/)app/", chain.entry.path) for chain in upward) else None,
        widget=reader.evidence(path, call),
        rendered=tuple(chain.entry for chain in upward),
        url=url,
        url_place=reader.evidence(path, url_node) if url_node is not None else None,
        own_fetch=reader.evidence(path, fetch_node) if fetch_node is not None else None,
        authorization=tuple(_authorization(reader, modules)) if fetch_node is not None else (),
        metadata=metadata,
        metadata_keys=keys,
        operations=operations,
        detection=tuple(_detection(reader, around)),
        gate=tuple(_gate(reader, around)),
        on_error=reader.evidence(path, error) if error is not None else None,
        scripts=tuple(_scripts(reader)),
        proxy=_proxy(reader, url) if url and url.startswith("/") else None,
        hosted=_property(api, "getClientSecret") is not None,
    )


def _package_folder(tree: Tree, path: str) -> str:
    """The nearest folder above a source that has a package.json."""
    folder = dirname(path)
    while folder and not tree.has(f"{folder}/package.json"):
        folder = dirname(folder)
    return folder


def _dependencies(package: str) -> dict[str, object]:
    data = jsonc.load(package, "package.json")
    return {**(data.get("devDependencies") or {}), **(data.get("dependencies") or {})}


def _widget(reader: _Reader) -> tuple[str, SgNode] | None:
    """The call of ``useChatKit`` (or the raw element) that some page renders, else any."""
    found: list[tuple[str, SgNode]] = []
    for path, body in javascript.containing(reader.tree, reader.root, b"useChatKit", b"<openai-chatkit"):
        if tsx.imported_as(body, "@openai/chatkit-react", "useChatKit"):
            found += [(path, call) for call, _ in javascript.calls(body, "useChatKit")]
        found += [(path, node) for node, _ in tsx.elements(tsx.root(body), "openai-chatkit")]
    rendered = [one for one in found if _rendering(reader, one[0])]
    return (rendered or found or [None])[0]


@dataclass(frozen=True)
class _Chain:
    entry: Evidence
    modules: tuple[str, ...]


def _rendering(reader: _Reader, path: str) -> list[_Chain]:
    """The pages and layouts that render what a module exports, each with the modules in between."""
    importers: dict[str, list[tuple[str, SgNode]]] = {}
    for other, _ in javascript.containing(reader.tree, reader.root, b"import"):
        for target, node in reader.imports(other):
            importers.setdefault(target, []).append((other, node))
    found: list[_Chain] = []
    queue: list[tuple[str, tuple[str, ...]]] = [(path, (path,))]
    seen = {path}
    while queue and len(seen) < _DEPTH * 40:
        here, chain = queue.pop(0)
        for other, node in importers.get(here, []):
            names = set(re.findall(r"\b[A-Z]\w*\b", node.text()))
            used = next((one for _, one in tsx.elements(tsx.root(reader.text(other))) if one.name in names), None)
            if used is None:
                continue
            if _ENTRY.search(other) and not re.search(r"(^|/)_(?!app|document)[^/]+/", other.removeprefix(reader.root)):
                found.append(_Chain(reader.at(other, used.line), (*chain, other)))
            elif other not in seen:
                seen.add(other)
                queue.append((other, (*chain, other)))
    if _ENTRY.search(path):
        found.append(_Chain(reader.at(path, 1), (path,)))
    return found


def _property(node: SgNode | None, name: str) -> SgNode | None:
    if node is None or node.kind() != "object":
        return None
    for one in node.children():
        if one.kind() == "pair":
            key = one.field("key")
            if key is not None and key.text().strip("'\"") == name:
                return one.field("value")
        if one.kind() == "method_definition" or one.kind() == "shorthand_property_identifier":
            named = one.field("name") or one
            if named.text() == name:
                return one
    return None


def _evaluate(reader: _Reader, path: str, node: SgNode | None, depth: int = _DEPTH) -> str | None:
    """The string that an expression gives; what the environment decides counts as empty."""
    if node is None or depth <= 0:
        return None
    kind = node.kind()
    if kind == "string":
        return node.text()[1:-1]
    if kind == "template_string":
        parts = [
            _evaluate(reader, path, one.child(1), depth - 1) if one.kind() == "template_substitution" else one.text()
            for one in node.children()
            if one.kind() not in {"`"}
        ]
        return "".join(part or "" for part in parts)
    if kind == "binary_expression":
        left, right, sign = node.field("left"), node.field("right"), node.field("operator")
        if sign is not None and sign.text() == "+":
            return (_evaluate(reader, path, left, depth - 1) or "") + (_evaluate(reader, path, right, depth - 1) or "")
        return _evaluate(reader, path, left, depth - 1) or _evaluate(reader, path, right, depth - 1)
    if kind in {"parenthesized_expression", "as_expression", "await_expression", "non_null_expression", "satisfies_expression"}:
        inner = next((one for one in node.children() if one.is_named()), None)
        return _evaluate(reader, path, inner, depth - 1)
    if kind == "ternary_expression":
        ways = [_evaluate(reader, path, node.field(name), depth - 1) for name in ("consequence", "alternative")]
        return next((way for way in ways if way), None)
    if kind == "new_expression":
        given = javascript.arguments(node)
        return _evaluate(reader, path, given[0], depth - 1) if given else None
    if kind == "identifier":
        return _named(reader, path, node.text(), depth - 1)
    if kind == "call_expression":
        function = node.field("function")
        if function is not None and function.kind() == "member_expression":
            return _evaluate(reader, path, function.field("object"), depth - 1)
        return _named(reader, path, function.text() if function is not None else "", depth - 1)
    return None


def _named(reader: _Reader, path: str, name: str, depth: int) -> str | None:
    """What a constant holds, or a function without arguments gives back; imported ones too."""
    top = tsx.root(reader.text(path))
    for node in top.find_all(kind="variable_declarator"):
        named = node.field("name")
        if named is not None and named.text() == name:
            value = node.field("value")
            if value is not None and value.kind() == "arrow_function":
                return _returned(reader, path, value, depth)
            return _evaluate(reader, path, value, depth)
    for node in top.find_all(kind="function_declaration"):
        named = node.field("name")
        if named is not None and named.text() == name:
            return _returned(reader, path, node, depth)
    for target, node in reader.imports(path):
        if re.search(rf"\b{re.escape(name)}\b", node.text()):
            return _named(reader, target, name, depth - 1)
    return None


def _returned(reader: _Reader, path: str, function: SgNode, depth: int) -> str | None:
    ways = [_evaluate(reader, path, one.child(1), depth) for one in function.find_all(kind="return_statement")]
    body = function.field("body")
    if body is not None and body.kind() != "statement_block":
        ways.append(_evaluate(reader, path, body, depth))
    return next((way for way in ways if way), None)


def _authorization(reader: _Reader, modules: list[str]) -> Iterator[Evidence]:
    for path in modules:
        if path.startswith(join(reader.root, "app/api")):
            continue
        for text, line, _ in javascript.strings(reader.text(path)):
            if text.lower() == "authorization":
                yield reader.at(path, line)
        for node in tsx.root(reader.text(path)).find_all(kind="property_identifier"):
            if node.text().lower() == "authorization":
                yield reader.evidence(path, node)


def _metadata(reader: _Reader, modules: list[str]) -> tuple[tuple[str, ...], tuple[Evidence, ...], tuple[str, ...]]:
    """The keys that the client puts under ``metadata``, the lines that do, and for which operations."""
    keys: list[str] = []
    places: list[Evidence] = []
    for path in modules:
        body = reader.text(path)
        if "metadata" not in body:
            continue
        top = tsx.root(body)
        holders: list[SgNode] = []
        for node in top.find_all(kind="variable_declarator"):
            name, value = node.field("name"), node.field("value")
            if name is not None and name.text() == "metadata" and value is not None and value.kind() == "object":
                holders.append(value)
        sends = False
        for node in top.find_all(kind="object"):
            value = _property(node, "metadata")
            if value is not None:
                sends = True
                if value.kind() == "object":
                    holders.append(value)
                places.append(reader.evidence(path, value))
        if sends and "JSON.stringify" in body:
            for holder in holders:
                keys += [key for key in _keys(holder) if key not in keys]
        else:
            places = [place for place in places if place.path != path]
    operations = tuple(
        one
        for one in OPERATIONS
        if any(one in text for path in modules for text, _, _ in javascript.strings(reader.text(path)))
    )
    return tuple(keys), tuple(places), operations or OPERATIONS


def _keys(holder: SgNode) -> Iterator[str]:
    for one in holder.children():
        if one.kind() == "pair":
            key = one.field("key")
            if key is not None:
                yield key.text().strip("'\"")
        elif one.kind() == "shorthand_property_identifier":
            yield one.text()
        elif one.kind() == "spread_element":
            for inner in one.find_all(kind="object"):
                yield from _keys(inner)


def _detection(reader: _Reader, modules: list[str]) -> Iterator[Evidence]:
    for path in modules:
        for call, line in javascript.calls(reader.text(path), "whenDefined", "get"):
            function = call.field("function")
            if function is not None and re.search(r"\bcustomElements\.(whenDefined|get)$", function.text()):
                yield reader.at(path, line)


def _gate(reader: _Reader, modules: list[str]) -> Iterator[Evidence]:
    """Conditions on somebody being signed in that decide what is rendered."""
    for path in modules:
        top = tsx.root(reader.text(path))
        for kind in ("ternary_expression", "if_statement", "binary_expression"):
            for node in top.find_all(kind=kind):
                condition = node.field("condition") or (node.field("left") if kind == "binary_expression" else None)
                sign = node.field("operator")
                if kind == "binary_expression" and (sign is None or sign.text() != "&&"):
                    continue
                renders = any(True for _ in tsx.elements(node)) or (kind == "if_statement" and "return" in node.text())
                if condition is not None and renders and _SIGNED_IN.search(condition.text()):
                    yield reader.evidence(path, node)


def _scripts(reader: _Reader) -> Iterator[tuple[Evidence, str]]:
    """Elements that load chatkit.js, each with how: ``beforeInteractive in head``, another strategy, ``raw``."""
    for path, body in javascript.containing(reader.tree, reader.root, b"deployments/chatkit/chatkit.js"):
        script = tsx.imported_as(body, "next/script", "default")
        heads = [html.head for html in tsx.html_elements(body) if html.head is not None]
        heads += [one for _, one in tsx.elements(tsx.root(body), "Head")]
        for node, element in tsx.elements(tsx.root(body)):
            given = tsx.attributes(body, node)
            source = given.get("src", "")
            if source != SCRIPT and _constant(reader, path, source) != SCRIPT:
                continue
            where = "head" if any(_inside(element, head) for head in heads) else "body"
            how = given.get("strategy", "afterInteractive") if element.name == script else "raw"
            yield reader.at(path, element.line), f"{how} in {where}"


def _constant(reader: _Reader, path: str, name: str) -> str | None:
    return _named(reader, path, name, _DEPTH) if re.fullmatch(r"[A-Za-z_]\w*", name) else None


def _inside(inner: tsx.Element, outer: tsx.Element) -> bool:
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _proxy(reader: _Reader, url: str) -> Proxy | None:
    """The route handler that answers POST at a path of the site."""
    path = urlsplit(url).path.rstrip("/")
    for folder in ("app", "src/app"):
        for suffix in ("ts", "js", "tsx"):
            file = join(reader.root, folder, path.lstrip("/"), f"route.{suffix}")
            if reader.tree.has(file):
                return _route(reader, file)
    return None


def _route(reader: _Reader, file: str) -> Proxy | None:
    modules = reader.reached(file)
    top = tsx.root(reader.text(file))
    post = next((node for node in top.find_all(kind="function_declaration") if _name(node) == "POST"), None)
    post = post or next((node for node in top.find_all(kind="variable_declarator") if _name(node) == "POST"), None)
    if post is None:
        return None
    reads: list[Evidence] = []
    authorizes: list[Evidence] = []
    refuses: list[Evidence] = []
    target, target_place = None, None
    for path in modules:
        body = reader.text(path)
        for _, line in javascript.calls(body, "cookies", "auth", "getSession", "getServerSession", "getToken", "currentUser"):
            reads.append(reader.at(path, line))
        for text, line, _ in javascript.strings(body):
            if text.lower() == "authorization":
                authorizes.append(reader.at(path, line))
        for node in tsx.root(body).find_all(kind="property_identifier"):
            if node.text().lower() == "authorization":
                authorizes.append(reader.evidence(path, node))
        for call, line in javascript.calls(body, "fetch"):
            given = javascript.arguments(call)
            found = _evaluate(reader, path, given[0]) if given else None
            if found:
                target, target_place = urlsplit(found).path or "/", reader.at(path, line)
    for node in tsx.root(reader.text(file)).find_all(kind="number"):
        if node.text() == "401":
            refuses.append(reader.evidence(file, node))
    return Proxy(reader.evidence(file, post), tuple(reads), tuple(authorizes), tuple(refuses), target, target_place)


def _name(node: SgNode) -> str:
    named = node.field("name")
    return named.text() if named is not None else ""
