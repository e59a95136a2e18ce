"""What a ChatKit frontend is made of, as reached from the pages that people see: widget, fetch, script, proxy, gate.

The widget counts only where some layout or page renders it; the proxy only where the widget's own URL leads to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.site import Site, evaluate, named_value, property_of
from chatkit_integrator.syntax import jsonc, tsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Evidence

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


def read_client(tree: Tree, root: str | None) -> ClientReading | None:
    """Read the frontend below ``root``; ``None`` where no live source uses ChatKit."""
    reader = Site(tree, root or "")
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
    api = property_of(options, "api")
    url_node = property_of(api, "url")
    url = evaluate(reader, path, url_node) if url_node is not None else None
    modules = reader.reached(path)
    upward = _rendering(reader, path)
    between = [one for chain in upward for one in chain.modules[:-1]]
    around = list(dict.fromkeys([*modules, *(inner for one in between for inner in reader.reached(one))]))
    fetch_node = property_of(api, "fetch")
    error = property_of(options, "onError")
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
        hosted=property_of(api, "getClientSecret") is not None,
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


def _widget(reader: Site) -> tuple[str, SgNode] | None:
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


def _rendering(reader: Site, path: str) -> list[_Chain]:
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


def _authorization(reader: Site, modules: list[str]) -> Iterator[Evidence]:
    for path in modules:
        if path.startswith(join(reader.root, "app/api")):
            continue
        for text, line, _ in javascript.strings(reader.text(path)):
            if text.lower() == "authorization":
                yield reader.at(path, line)
        for node in tsx.root(reader.text(path)).find_all(kind="property_identifier"):
            if node.text().lower() == "authorization":
                yield reader.evidence(path, node)


def _metadata(reader: Site, modules: list[str]) -> tuple[tuple[str, ...], tuple[Evidence, ...], tuple[str, ...]]:
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
            value = property_of(node, "metadata")
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


def _detection(reader: Site, modules: list[str]) -> Iterator[Evidence]:
    for path in modules:
        for call, line in javascript.calls(reader.text(path), "whenDefined", "get"):
            function = call.field("function")
            if function is not None and re.search(r"\bcustomElements\.(whenDefined|get)$", function.text()):
                yield reader.at(path, line)


def _gate(reader: Site, modules: list[str]) -> Iterator[Evidence]:
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


def _scripts(reader: Site) -> Iterator[tuple[Evidence, str]]:
    """Elements that load chatkit.js, each with how: ``beforeInteractive in head``, another strategy, ``raw``."""
    for path, body in javascript.containing(reader.tree, reader.root, b"deployments/chatkit/chatkit.js"):
        script = tsx.imported_as(body, "next/script", "default")
        heads = [html.head for html in tsx.html_elements(body) if html.head is not None]
        heads += [one for _, one in tsx.elements(tsx.root(body), "Head")]
        for node, element in tsx.elements(tsx.root(body)):
            given = tsx.attributes(node)
            source = given.get("src", "")
            if source != SCRIPT and _constant(reader, path, source) != SCRIPT:
                continue
            where = "head" if any(_inside(element, head) for head in heads) else "body"
            how = given.get("strategy", "afterInteractive") if element.name == script else "raw"
            yield reader.at(path, element.line), f"{how} in {where}"


def _constant(reader: Site, path: str, name: str) -> str | None:
    return named_value(reader, path, name, _DEPTH) if re.fullmatch(r"[A-Za-z_]\w*", name) else None


def _inside(inner: tsx.Element, outer: tsx.Element) -> bool:
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _proxy(reader: Site, url: str) -> Proxy | None:
    """The route handler that answers POST at a path of the site."""
    path = urlsplit(url).path.rstrip("/")
    for folder in ("app", "src/app"):
        for suffix in ("ts", "js", "tsx"):
            file = join(reader.root, folder, path.lstrip("/"), f"route.{suffix}")
            if reader.tree.has(file):
                return _route(reader, file)
    return None


def _route(reader: Site, file: str) -> Proxy | None:
    modules = reader.reached(file)
    top = tsx.root(reader.text(file))
    post = next((node for node in top.find_all(kind="function_declaration") if _name(node) == "POST"), None)
    post = post or next((node for node in top.find_all(kind="variable_declarator") if _name(node) == "POST"), None)
    if post is None:
        return None
    reads: list[Evidence] = []
    authorizes: list[Evidence] = []
    target, target_place = _target(reader, _running(reader, file, modules, post))
    if target is None:
        target, target_place = _target(reader, [(path, tsx.root(reader.text(path))) for path in modules])
    for path in modules:
        body = reader.text(path)
        for _, line in javascript.calls(body, "cookies", "auth", "getSession", "getServerSession", "getToken", "currentUser"):
            reads.append(reader.at(path, line))
        for text, line, _ in javascript.strings(body):
            if text.lower() == "authorization":
                authorizes.append(reader.at(path, line))
        named = tsx.root(body).find_all(kind="property_identifier")
        authorizes.extend(reader.evidence(path, node) for node in named if node.text().lower() == "authorization")
    numbers = tsx.root(reader.text(file)).find_all(kind="number")
    refuses = [reader.evidence(file, node) for node in numbers if node.text() == "401"]
    return Proxy(reader.evidence(file, post), tuple(reads), tuple(authorizes), tuple(refuses), target, target_place)


def _running(reader: Site, file: str, modules: Iterable[str], start: SgNode) -> list[tuple[str, SgNode]]:
    """The functions of these modules that a handler calls, or hands on, and it first."""
    functions = {
        _name(node): (path, node)
        for path in modules
        for kind in ("function_declaration", "variable_declarator")
        for node in tsx.root(reader.text(path)).find_all(kind=kind)
    }
    found, names = [(file, start)], {_name(start)}
    for _, node in found:
        for call in node.find_all(kind="call_expression"):
            for one in (call.field("function"), *javascript.arguments(call)):
                name = one.text() if one is not None and one.kind() == "identifier" else ""
                if name in functions and name not in names:
                    names.add(name)
                    found.append(functions[name])
    return found


def _target(reader: Site, nodes: Iterable[tuple[str, SgNode]]) -> tuple[str, Evidence] | tuple[None, None]:
    """The path that the last request of these nodes goes to."""
    target: tuple[str, Evidence] | tuple[None, None] = None, None
    for path, node in nodes:
        for call in node.find_all(kind="call_expression"):
            given = javascript.arguments(call) if javascript.last_name(call.field("function")) == "fetch" else []
            found = evaluate(reader, path, given[0]) if given else None
            if found:
                target = urlsplit(found).path or "/", reader.at(path, javascript.line(call))
    return target


def _name(node: SgNode) -> str:
    named = node.field("name")
    return named.text() if named is not None else ""
