"""What a ChatKit backend is made of, as reached from the running app: endpoint, server, store, and what flows between them.

Facts carry the lines that show them. A fact that was not found is absent; whether that is a failure is for a check to say.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.reading import secrets, versions
from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.flow import Label, Machine, Value
from chatkit_integrator.reading.flow.values import Class, Function
from chatkit_integrator.reading.python import PythonModules
from chatkit_integrator.reading.server import answering, identifying, keeping, serving, starting, storing, web
from chatkit_integrator.reading.server.identifying import Identity
from chatkit_integrator.reading.server.keeping import Contract, Ids, Sessions
from chatkit_integrator.reading.server.library import SERVER, STORE, Known, instances_of, is_chatkits
from chatkit_integrator.reading.server.serving import Serving
from chatkit_integrator.reading.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event
    from chatkit_integrator.reading.server.answering import Answering
    from chatkit_integrator.reading.server.storing import Method
    from chatkit_integrator.reading.server.web import Cors


@dataclass(frozen=True)
class ServerReading:
    """One backend integration. ``context`` are the origins of what the ChatKit server is told about a request."""

    server: Evidence
    endpoint: Evidence | None
    path: str | None
    mounted: tuple[Evidence, ...] = ()
    context: frozenset[Label] = frozenset()
    handed: Evidence | None = None
    answering: Answering | None = None
    endpoint_handles: tuple[Evidence, ...] = ()
    warmed: tuple[Evidence, ...] = ()
    database: str = "none"
    store: Evidence | None = None
    methods: dict[str, Method] = field(default_factory=dict[str, "Method"])
    identity: Identity = field(default_factory=Identity)
    serving: Serving = field(default_factory=Serving)
    contract: Contract = field(default_factory=Contract)
    ids: Ids = field(default_factory=Ids)
    sessions: Sessions = field(default_factory=Sessions)
    completions: Evidence | None = None
    cors: tuple[Cors, ...] = ()
    versions: Versions = field(default_factory=Versions)
    secrets: tuple[Evidence, ...] = ()

    @property
    def respond(self) -> Evidence | None:
        """Where messages are answered."""
        return self.answering.respond if self.answering is not None else None

    @property
    def handles(self) -> tuple[Evidence, ...]:
        """The handlers that answer failures with something of the app's own."""
        return (*(self.answering.handles if self.answering is not None else ()), *self.endpoint_handles)

    @property
    def metadata(self) -> tuple[Label, ...]:
        """The parts of the body, beside what the protocol has, that are kept."""
        who = self.answering.who if self.answering is not None else frozenset[tuple[str, ...]]()
        own = [one for one in sorted(self.context, key=str) if answering.is_metadata(one) and one.path not in who]
        whole = any(one.kind == "body" and not one.path for one in self.context)
        return tuple(own) or (self.answering.metadata if whole and self.answering is not None else ())

    @property
    def owned_by(self) -> frozenset[str]:
        """The kinds of origins that the store finds rows by."""
        return frozenset(name for one in self.methods.values() for name in one.found_by)


@dataclass(frozen=True)
class _Reached:
    """A request that reaches a ChatKit server."""

    route: web.Route
    lines: tuple[Evidence, ...]
    handler: Function
    event: Event
    app: web.Served
    events: tuple[Event, ...]
    returned: Value


@dataclass(frozen=True, slots=True)
class _Speaks:
    """Whether a module has the words that one which hands requests to ChatKit has."""

    of_process: bool
    of_chatkit: bool

    @classmethod
    def of(cls, text: str) -> _Speaks:
        return cls("process" in text, "chatkit" in text)


def read_server(tree: Tree, root: str | None, called: str | None = None) -> ServerReading | None:
    """Read the backend below ``root``; ``None`` where no live class derives from ChatKit's server.

    ``called`` is the path that the site sends its requests to: it decides where several routes lead to ChatKit.
    ``TooLargeError`` where the code calls and loops too much to be followed.
    """
    modules = PythonModules(tree)
    base = "" if root in {None, "", "."} else str(root)
    if next(live(modules, base, b"ChatKitServer"), None) is None:
        return None
    known = Known()
    machine = Machine(modules, known)
    apps = starting.apps(machine, known.web, base)
    started = {id(app): starting.start(machine, known.web, app) for app in apps}
    found = [one for app in apps for one in _reached(machine, known.web, app, called)]
    reached = next((one for one in found if called and web.matches_path(one.route.path, called)), next(iter(found), None))
    server, made_of = _server(machine, base, reached)
    if made_of is None:
        return None
    context = _context(reached)
    store = server.fields.get("store") or _any_store(machine, base)
    kept = instances_of(machine, store, STORE)
    if kept and not store.fields:  # known by its type alone
        store = machine.make(kept[0].made_of)
    methods = storing.methods(machine, kept[0], store, context) if kept else {}
    known.order = methods["load_thread_items"].order if "load_thread_items" in methods else ""
    startup = started.get(id(reached.app), []) if reached else [event for events in started.values() for event in events]
    place = machine.place(made_of.module, made_of.node)
    answered = answering.read(machine, server, context)
    events = answered.events if answered is not None else ()
    stated = [event for one in methods.values() for event in one.events]
    return ServerReading(
        server=place,
        endpoint=machine.place(reached.handler.module, reached.handler.node) if reached else None,
        path=reached.route.path if reached else None,
        mounted=reached.lines if reached else (),
        context=frozenset(context.every() | server.every()) if reached else frozenset(),
        handed=reached.event.place if reached else None,
        answering=answered,
        endpoint_handles=tuple(answering.handled(machine, [reached.event], at_endpoint=True)) if reached else (),
        warmed=starting.warmed(methods, [*machine.at_import, *startup]),
        database=starting.database(tree, base, methods),
        store=machine.place(kept[0].made_of.module, kept[0].made_of.node) if kept else None,
        methods=methods,
        identity=identifying.read(reached.events if reached else (), context.every(), methods),
        serving=serving.read(reached.events, reached.returned) if reached else Serving(),
        contract=keeping.contract(machine, kept[0], methods, events) if kept else Contract(),
        ids=keeping.ids(machine, store, context) if kept else Ids(),
        sessions=keeping.sessions([*stated, *events] if any(one.asked for one in methods.values()) else []),
        completions=next((one.place for one in (*events, *machine.at_import) if one.kind == "completions"), None),
        cors=web.cors(reached.app) if reached else (),
        versions=versions.read(tree, made_of.module.path),
        secrets=secrets.read(modules, base),
    )


def _reached(machine: Machine, served: web.Web, app: web.Served, called: str | None) -> Iterator[_Reached]:
    """The POST routes whose handlers give requests to a ChatKit server: the first, and others up to the one that is called."""
    routes = [
        (route, lines, one)
        for route, lines in served.reached(app)
        if "POST" in route.methods
        for one in route.handler.things
        if isinstance(one, Function)
    ]
    found = False
    speaking: dict[str, _Speaks] = {}
    for route, lines, handler in sorted(routes, key=lambda one: _likely(one[0], one[2], speaking)):
        if found and (not called or "process" not in handler.module.text):
            return
        with machine.fresh() as events:
            request = web.request(app)
            starting.through_middleware(machine, app, request)
            words = web.arguments(machine, handler, request, route.path)
            returned = machine.follow(handler, words)
            for one in returned.instances():  # a response of the app's own runs when it is sent
                sending = machine.member(one.made_of, "__call__", returned)
                if sending is not None and any(base.last.endswith("Response") for base in machine.ancestors(one.made_of)):
                    machine.call(sending, [Value(), Value(), Value()])
        event = next((one for one in events if one.kind == "process"), None)
        if event is not None:
            found = True
            yield _Reached(route, lines, handler, event, app, tuple(events), returned)
            if called and web.matches_path(route.path, called):
                return


def _likely(route: web.Route, handler: Function, known: dict[str, _Speaks]) -> tuple[bool, bool, bool, bool]:
    """Where a route comes among those that may lead to ChatKit, the likeliest first: one that hands over itself."""
    if handler.module.path not in known:
        known[handler.module.path] = _Speaks.of(handler.module.text.lower())
    speaks = known[handler.module.path]
    start, end = handler.node.lineno, handler.node.end_lineno or handler.node.lineno
    itself = any(".process(" in handler.module.line(number) for number in range(start, end + 1))
    return (
        not itself,
        "chatkit" not in route.path.lower() and not speaks.of_process,
        not speaks.of_process,
        not speaks.of_chatkit,
    )


def _context(reached: _Reached | None) -> Value:
    if reached is None:
        return Value(labels={Label("context")})
    given = reached.event.words.get("context") or (reached.event.given[1] if len(reached.event.given) > 1 else None)
    return given or Value()


def _server(machine: Machine, base: str, reached: _Reached | None) -> tuple[Value, Class | None]:
    """The ChatKit server that requests reach; any of the repository where they reach none."""
    if reached is not None:
        found = instances_of(machine, reached.event.receiver, SERVER)
        if found:
            return reached.event.receiver, found[0].made_of
    for made_of in _classes(machine, base, SERVER, b"ChatKitServer"):
        return machine.make(made_of), made_of
    return Value(), None


def _any_store(machine: Machine, base: str) -> Value:
    return next((machine.make(one) for one in _classes(machine, base, STORE, b"Store")), Value())


def _classes(machine: Machine, base: str, wanted: str, mark: bytes) -> list[Class]:
    found: list[Class] = []
    for module in live(machine.modules, base, mark):
        env = machine.module(module.path)
        for node in module.tree.body:
            value = machine.of_module(env, node.name) if env is not None and isinstance(node, ast.ClassDef) else None
            things = value.things if value is not None else []
            classes = [one for one in things if isinstance(one, Class)]
            found += [one for one in classes if any(is_chatkits(base, wanted) for base in machine.ancestors(one))]
    return found
