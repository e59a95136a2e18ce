"""What a ChatKit frontend is made of, as reached from the pages that people see: widget, fetch, script, proxy, gate.

The widget counts only where some page or layout leads to it, its fetch only as its options name it, the proxy only where its
own URL leads there. Facts carry the lines that show them; whether a fact that was not found is a failure is for a check to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client import detecting, options, proxies, secrets, serving
from chatkit_integrator.reading.client.bodies import Written
from chatkit_integrator.reading.client.entries import Site, manifest
from chatkit_integrator.reading.client.files import Files, documents
from chatkit_integrator.reading.client.follow import Follow
from chatkit_integrator.reading.client.gating import Gate, Gating
from chatkit_integrator.reading.client.loading import Loaded, covers, loaded
from chatkit_integrator.reading.client.operations import ADD, CREATE
from chatkit_integrator.reading.client.reaching import Reaching
from chatkit_integrator.reading.client.requests import Requesting
from chatkit_integrator.reading.client.sessions import Sessions
from chatkit_integrator.reading.client.texts import Texts, nearest
from chatkit_integrator.reading.client.widget import MARKS, Widget, widgets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.options import DomainKey
    from chatkit_integrator.reading.client.proxies import Proxy
    from chatkit_integrator.reading.client.requests import Header, Requests
    from chatkit_integrator.reading.client.texts import Address

__all__ = ["OPERATIONS", "ClientReading", "Written", "read_client"]

OPERATIONS = (CREATE, ADD)
_IDENTITY = re.compile(
    r"authorization|cookie|token|session|user|account|auth|identity|api-?key|role|tenant|owner|client-id|member"
)
_STANDARD = re.compile(
    r"^(?:content-type|accept(?:-\w+)?|cache-control|x-requested-with|(?:x-)?chatkit-[\w-]+|access-control-[\w-]+|ngrok-[\w-]+|x-csrf[\w-]*)$"
)


@dataclass(frozen=True)
class ClientReading:
    """One frontend integration.

    ``headers`` and ``written`` are what the widget's own fetch adds. ``gate`` is of the ways that lead to the widget, ``bare``
    are the entries that show it without the script. ``http_only`` are the lines of a Next.js site that set its session's
    cookie out of scripts' reach.
    """

    framework: str
    router: str | None
    widget: Evidence
    element: Evidence
    rendered: tuple[Evidence, ...]
    address: Address | None
    addresses: tuple[Address, ...]
    own_fetch: Evidence | None
    headers: tuple[Header, ...]
    written: tuple[Written, ...]
    credentials: Evidence | None
    detection: tuple[Evidence, ...]
    gate: Gate
    on_error: Evidence | None
    loads: tuple[Loaded, ...]
    bare: tuple[Evidence, ...]
    proxy: Proxy | None
    domain_key: DomainKey
    hosted: Evidence | None
    secrets: tuple[Evidence, ...]
    fetch_unread: bool = False
    options_unread: bool = False
    fetch_refuses: tuple[Evidence, ...] = ()
    http_only: tuple[Evidence, ...] = ()

    @property
    def is_next(self) -> bool:
        """Whether the site is made with Next.js."""
        return self.framework == "next"

    @property
    def identity(self) -> tuple[Header, ...]:
        """The headers of the widget's fetch that say who asks."""
        return tuple(one for one in self.headers if _IDENTITY.search(one.name))

    @property
    def context_headers(self) -> tuple[Header, ...]:
        """The headers of the widget's fetch that say something else of the app's own."""
        return tuple(one for one in self.headers if not _IDENTITY.search(one.name) and not _STANDARD.match(one.name))

    @property
    def context_query(self) -> tuple[str, ...]:
        """What the widget's address says beside who asks."""
        named = parse_qs(self.address.query, keep_blank_values=True) if self.address is not None else {}
        return tuple(one for one in named if not _IDENTITY.search(one.lower()) and "thread" not in one.lower())

    @property
    def metadata_keys(self) -> tuple[str, ...]:
        """The keys that the widget's fetch writes into the body, and those inside them."""
        return tuple(dict.fromkeys(key for one in self.written for key in one.keys))

    @property
    def metadata(self) -> tuple[Evidence, ...]:
        """The lines that write them."""
        return tuple(dict.fromkeys(one.place for one in self.written))

    @property
    def url(self) -> str | None:
        """The address that the widget's requests go to, as far as it could be read."""
        return self.address.text if self.address is not None else None


def read_client(tree: Tree, root: str | None) -> ClientReading | None:
    """Read the frontend below ``root``; ``None`` where no live source uses ChatKit.

    Where several packages have a widget, the one whose widget people see is read.
    """
    found: list[tuple[_Site, Widget]] = []
    for folder in _folders(tree, "" if root in {None, "", "."} else str(root)):
        for one in (_Site(tree, folder), *_made_of(tree, folder)):
            found += [(one, widget) for widget in widgets(one.files, one.follow, one.reaching)[:1]]
    if not found:
        return None
    one, widget = min(found, key=lambda pair: not pair[1].chains)
    return one.read(widget)


def _folders(tree: Tree, root: str) -> list[str]:
    """The package folders, below a root, of the sources that use ChatKit."""
    found: list[str] = []
    paths = [path for path, _ in javascript.containing(tree, root, *MARKS)]
    for path in (*paths, *documents(tree, root, *MARKS)):
        folder = dirname(path)
        while folder and folder != root and not tree.has(f"{folder}/package.json"):
            folder = dirname(folder)
        found.append(folder)
    return list(dict.fromkeys(found))


def _made_of(tree: Tree, folder: str) -> Iterator[_Site]:
    """The sites of the same repository that depend on the package in a folder."""
    name = manifest(tree, join(folder, "package.json")).get("name")
    for path in tree.named("package.json") if isinstance(name, str) and name else ():
        data = manifest(tree, path)
        declared = [data.get(section) for section in ("dependencies", "devDependencies")]
        if dirname(path) != folder and any(isinstance(one, dict) and name in one for one in declared):
            yield _Site(tree, dirname(path), {str(name): folder})


class _Site:
    """A site with what it takes to read it."""

    def __init__(self, tree: Tree, folder: str, others: Mapping[str, str] | None = None) -> None:
        self.files = Files(tree, folder, others)
        self.site = Site(self.files)
        self.follow = Follow(self.files)
        self.texts = Texts(self.follow)
        self.reaching = Reaching(self.site, self.follow)
        self.sessions = Sessions(self.files)

    def read(self, widget: Widget) -> ClientReading:
        """Every fact about one widget."""
        source = widget.source
        given = options.api(self.follow, source, widget.options)
        urls = [one for api in given for one in self.follow.properties(api.source, api.node, "url")]
        addresses = [found for one in urls for found in self.texts.addresses(one.source, one.node)]
        address = nearest(addresses)
        fetch = next((one for api in given for one in self.follow.properties(api.source, api.node, "fetch")), None)
        asked = self._requests(widget)
        loads = loaded(self.site, self.reaching, self.texts)
        bare = [chain.place for chain in widget.chains if not any(covers(self.site, one, chain.entry) for one in loads)]
        return ClientReading(
            framework=self.site.name,
            router=self._router(widget),
            widget=source.at(widget.node),
            element=widget.shown[0].place if widget.shown else source.at(widget.node),
            rendered=tuple(dict.fromkeys(chain.place for chain in widget.chains)),
            address=address,
            addresses=tuple(addresses),
            own_fetch=fetch.source.at(fetch.node) if fetch is not None else None,
            headers=asked.headers,
            written=asked.written,
            credentials=asked.credentials,
            detection=detecting.detection(self.site, self.follow, widget),
            gate=Gating(self.site, self.follow).of(list(widget.chains)),
            on_error=detecting.failure_shown(self.follow, widget),
            loads=loads,
            bare=tuple(dict.fromkeys(bare)),
            proxy=self._proxy(address),
            domain_key=options.domain_key(self.follow, self.texts, source, widget.node, widget.options),
            hosted=options.hosted(self.follow, source, widget.options),
            secrets=tuple(dict.fromkeys(secrets.exposed(self.files))),
            fetch_unread=fetch is not None and not asked.functions,
            options_unread=widget.options is not None and not given,
            fetch_refuses=asked.refuses,
            http_only=self.sessions.http_only if self.site.is_next else (),
        )

    def _router(self, widget: Widget) -> str | None:
        if not self.site.is_next:
            return None
        inside = [self.site.inside(chain.entry.path) for chain in widget.chains]
        return "pages" if any(re.match(r"(?:src/)?pages/", one) for one in inside) else "app" if inside else None

    def _requests(self, widget: Widget) -> Requests:
        functions = [
            function
            for api in options.api(self.follow, widget.source, widget.options)
            for one in self.follow.properties(api.source, api.node, "fetch")
            for function in (self.follow.functions(one.source, one.node) if one.kind != "method_definition" else [one])
        ]
        return Requesting(self.follow).read(list(dict.fromkeys(functions)))

    def _proxy(self, address: Address | None) -> Proxy | None:
        if address is None or not address.same_origin:
            return None
        path = address.path.rstrip("/") or "/"
        route = serving.route(self.site, path)
        if route is not None:
            return proxies.read(self.follow, self.texts, self.sessions, route, path)
        handed = serving.rewritten(self.site, self.follow, self.texts, path)
        if handed is None:
            return None
        return proxies.Proxy(handed.place, target=handed.path, target_place=handed.place, is_code=False)
