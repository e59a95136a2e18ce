"""A FastAPI program: its apps and routers, what they serve under which path, what runs when they start, who depends on what."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.guarding import VERIFIED
from chatkit_integrator.reading.flow.values import (
    Class,
    Function,
    Instance,
    Label,
    Method,
    Outside,
    Value,
    join,
    thing,
    with_labels,
)

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine
    from chatkit_integrator.reading.flow.values import FunctionNode

_VERBS = {"get", "post", "put", "patch", "delete", "options", "head", "websocket", "api_route", "route"}
_MODELS = ("pydantic.", "sqlmodel.")
_ROUNDS = 12


@dataclass(eq=False)
class Route:
    """A handler under the path that it was given."""

    path: str
    methods: tuple[str, ...]
    handler: Value
    place: Evidence


@dataclass(eq=False)
class Served:
    """An app or a router."""

    value: Value
    is_app: bool
    prefix: str
    place: Evidence
    importer: str
    routes: list[Route] = field(default_factory=list[Route])
    included: list[tuple[Served, str, Evidence]] = field(default_factory=list["tuple[Served, str, Evidence]"])
    starts: list[tuple[Value, Evidence]] = field(default_factory=list["tuple[Value, Evidence]"])
    middleware: list[tuple[Value, dict[str, Value], Evidence]] = field(
        default_factory=list["tuple[Value, dict[str, Value], Evidence]"]
    )


class Web:
    """The apps and routers that were made while the modules were walked."""

    def __init__(self) -> None:
        self.served: dict[int, Served] = {}
        self.state: dict[int, Value] = {}

    def of(self, value: Value | None) -> Served | None:
        """The app or router that a value is."""
        return self.served.get(id(value.fields)) if value is not None else None

    def apps(self) -> list[Served]:
        """Every app."""
        return [one for one in self.served.values() if one.is_app]

    def called(self, machine: Machine, made: Call) -> Value | None:
        """Answer what builds an app; ``None`` for everything else."""
        del machine
        if made.receiver is None:
            return self._made(made)
        if made.name == "$route":
            return self._routed(made)
        served = self.of(made.receiver)
        if served is None:
            return None
        match made.name:
            case _ if made.name in _VERBS and made.decorator is None:
                methods = _texts(made.words.get("methods")) or [made.name.upper()]
                return Value(
                    fields={"path": made.argument(0, "path") or Value(), "methods": _texts_value(methods)},
                    things=[Method("$route", made.receiver)],
                )
            case "add_api_route" | "add_route":
                path, handler = _text(made.argument(0, "path")), made.argument(1, "endpoint") or Value()
                served.routes.append(Route(path, tuple(_texts(made.words.get("methods")) or ["GET"]), handler, made.place))
            case "include_router" | "mount":
                inner = self.of(made.argument(0, "router") if made.name == "include_router" else made.argument(1, "app"))
                prefix = _text(made.words.get("prefix") if made.name == "include_router" else made.argument(0, "path"))
                if inner is not None and all(one is not inner for one, _, _ in served.included):
                    served.included.append((inner, prefix, made.place))
            case "middleware":
                return Value(things=[Method("$middleware", made.receiver)])
            case "$middleware":
                served.middleware.append((made.given[0], {}, made.place))
            case "add_middleware" if made.given:
                served.middleware.append((made.given[0], made.words, made.place))
            case "on_event" | "$start" | "$stop" | "add_event_handler":
                return self._at_start(served, made)
            case _:
                return None
        return made.given[0] if made.decorator is not None and made.given else Value()

    @staticmethod
    def _at_start(served: Served, made: Call) -> Value:
        starts = "startup" in _texts(made.argument(0, "event_type"))
        if made.name == "on_event":
            return Value(things=[Method("$start" if starts else "$stop", made.receiver or Value())])
        if made.name == "$start":
            served.starts.append((made.given[0], made.place))
        elif made.name == "add_event_handler" and starts and len(made.given) > 1:
            served.starts.append((made.given[1], made.place))
        return made.given[0]

    def _made(self, made: Call) -> Value | None:
        package, _, last = made.name.rpartition(".")
        if not package.startswith(("fastapi", "starlette")):
            return None
        if last in {"FastAPI", "Starlette"} or last == "APIRouter":
            value = Value(things=[Outside(f"{made.name}()")], fields={"state": Value()})
            prefix = _text(made.words.get("prefix"))
            served = Served(value, last != "APIRouter", prefix, made.place, made.importer)
            self.served[id(value.fields)] = served
            for name in ("lifespan", "on_startup"):
                given = made.words.get(name)
                if given is not None:
                    starts = list(given.fields.values()) if name == "on_startup" else [given]
                    served.starts += [(one, made.place) for one in starts]
            for one in made.words.get("middleware", Value()).fields.values():
                served.middleware.append((one.fields.get("0") or one.fields.get("cls") or Value(), one.fields, made.place))
            return value
        if package.startswith("fastapi.security"):
            kind = {"APIKeyCookie": "cookie", "APIKeyQuery": "query"}.get(last, "header")
            named = [_text(made.words.get("name"))] if last.startswith("APIKey") else ["authorization"]
            return Value(labels={Label("scheme", kind, tuple(named), made.place)}, things=[Outside(f"{made.name}()")])
        return None

    def _routed(self, made: Call) -> Value | None:
        served = self.of(made.receiver)
        if served is not None and made.decorator is not None and made.given:
            path, methods = _text(made.decorator.fields.get("path")), _texts(made.decorator.fields.get("methods"))
            served.routes.append(Route(path, tuple(methods), made.given[0], made.place))
        return made.given[0] if made.given else None

    def reached(
        self, app: Served, prefix: str = "", lines: tuple[Evidence, ...] = (), depth: int = _ROUNDS
    ) -> list[tuple[Route, tuple[Evidence, ...]]]:
        """Every route of an app with its whole path, and the lines that include it."""
        found = [(Route(prefix + app.prefix + one.path, one.methods, one.handler, one.place), lines) for one in app.routes]
        for inner, own, place in app.included if depth else ():
            found += self.reached(inner, prefix + app.prefix + own, (*lines, place), depth - 1)
        return found

    def starting(self, app: Served, depth: int = _ROUNDS) -> list[tuple[Value, Evidence]]:
        """What runs when an app starts, that of its routers too."""
        found = list(app.starts)
        for inner, _, _ in app.included if depth else ():
            found += self.starting(inner, depth - 1)
        return found


def _text(value: Value | None) -> str:
    return next(iter(_texts(value)), "")


def _texts(value: Value | None) -> list[str]:
    if value is None:
        return []
    return [*value.texts(), *(text for one in value.fields.values() for text in one.texts())]


def _texts_value(texts: list[str]) -> Value:
    return Value(constants=set(texts))


def request(app: Served | None) -> Value:
    """The request object that a handler gets."""
    made = Value(labels={Label("request")}, things=[Outside("starlette.requests.Request()")])
    made.fields["state"] = Value()
    if app is not None:
        made.fields["app"] = app.value
    return made


def part(value: Value, name: str, place: Evidence) -> Value | None:
    """A part of a request."""
    if not any(one.kind == "request" and not one.path for one in value.labels):
        return None
    kind = {"headers": "header", "cookies": "cookie", "query_params": "query", "path_params": "query", "url": "query"}.get(name)
    if kind is not None:
        return Value(labels={Label(kind, place=place)})
    if name in {"session", "user", "auth"}:
        return Value(labels={Label("cookie", VERIFIED if name == "session" else "", ("session",), place)})
    return Value() if name not in {"json", "body", "form", "stream", "scope"} else None


def body(made: Call) -> Value | None:
    """What a request's methods give."""
    if made.receiver is None or not any(one.kind == "request" and not one.path for one in made.receiver.labels):
        return None
    if made.name in {"json", "body", "form", "stream"}:
        return Value(labels={Label("body", place=made.place)})
    return None


def arguments(machine: Machine, function: Function, asked: Value, path: str) -> dict[str, Value]:
    """What FastAPI gives to a handler or a dependency, by parameter."""
    node: FunctionNode = function.node
    known = node.args
    names = [*known.posonlyargs, *known.args]
    defaults: list[ast.expr | None] = [None] * (len(names) - len(known.defaults)) + list(known.defaults)
    given = [*zip(names, defaults, strict=True), *zip(known.kwonlyargs, known.kw_defaults, strict=True)]
    if function.bound is not None and given:
        given = given[1:]
    return {one.arg: _argument(machine, function, one, default, asked, path) for one, default in given}


def _argument(
    machine: Machine, function: Function, one: ast.arg, default: ast.expr | None, asked: Value, path: str
) -> Value:  # fmt: skip
    from chatkit_integrator.reading.flow import expressions  # noqa: PLC0415 - that package is large
    from chatkit_integrator.reading.flow.machine import Frame  # noqa: PLC0415

    frame = Frame(function.env)
    place = machine.place(function.module, one)
    annotation = expressions.evaluate(machine, one.annotation, frame) if one.annotation is not None else Value()
    marks = [expressions.evaluate(machine, default, frame)] if default is not None else []
    kind = annotation
    if any(inner.last == "Annotated" for inner in annotation.outside()):
        marks += [inner for key, inner in annotation.fields.items() if key != "0"]
        kind = annotation.fields.get("0", Value())
    for mark in marks:
        for name in (inner.last for inner in mark.outside() if inner.name.startswith("fastapi.")):
            found = _marked(machine, name, mark, kind, one.arg, place, asked, path)
            if found is not None:
                return found
    hints = {inner.last.removesuffix("()") for inner in kind.outside()}
    if hints & {"Request", "HTTPConnection", "WebSocket"}:
        return asked
    if hints & {"Response", "BackgroundTasks", "SecurityScopes"}:
        return Value()
    classes = [inner for inner in kind.things if isinstance(inner, Class)]
    if any(base.name.startswith(_MODELS) for inner in classes for base in machine.ancestors(inner)) or "dict" in hints:
        return Value(labels={Label("body", place=place)}, things=[Instance(inner) for inner in classes])
    if default is not None and not marks[0].outside() and f"{{{one.arg}" not in path and marks[0].things:
        return marks[0]
    return Value(labels={Label("query", path=(one.arg,), place=place)})


def _marked(
    machine: Machine, name: str, mark: Value, kind: Value, argument: str, place: Evidence, asked: Value, path: str
) -> Value | None:
    match name.removesuffix("()"):
        case "Depends" | "Security":
            needed = mark.fields.get("0") or mark.fields.get("dependency") or kind
            return depended(machine, needed, place, asked, path)
        case "Header" | "Cookie" | "Query" | "Path" as said:
            alias = _text(mark.fields.get("alias")) or (argument.replace("_", "-") if said == "Header" else argument)
            return Value(labels={Label({"Path": "query"}.get(said, said.lower()), path=(alias.lower(),), place=place)})
        case "Body" | "Form" | "File":
            whole = mark.fields.get("embed") is None
            return Value(labels={Label("body", path=() if whole else (argument,), place=place)})
        case _:
            return None


def depended(machine: Machine, needed: Value, place: Evidence, asked: Value, path: str) -> Value:
    """What a dependency gives."""
    found: list[Value] = []
    for one in needed.things:
        match one:
            case Function():
                given = machine.follow(one, arguments(machine, one, asked, path))
                held = join(*given.fields.values()) if _is_generator(one) and given.fields else given
                lasts = {Label("session", "request", (), place)} if "session" in held.kinds() else set[Label]()
                found.append(with_labels(held, lasts) if lasts else held)
            case Class():
                start = machine.member(one, "__init__", thing(Instance(one)))
                functions = [inner for inner in start.things if isinstance(inner, Function)] if start is not None else []
                words = arguments(machine, functions[0], asked, path) if functions else {}
                found.append(machine.make(one, words=words))
            case Instance(made_of=made_of):
                method = machine.member(made_of, "__call__", needed)
                if method is not None:
                    found.append(depended(machine, method, place, asked, path))
            case _:
                pass
    schemes = [label for label in needed.labels if label.kind == "scheme"]
    found += [Value(labels={Label(label.name, path=label.path, place=label.place)}) for label in schemes]
    if found:
        return join(*found)
    package = next((one.name for one in needed.outside()), "")
    package = package or next((one.of.name for one in needed.things if isinstance(one, Method) and one.of), "")
    return Value(labels={Label("package", package, (), place)})


def _is_generator(function: Function) -> bool:
    return any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in ast.walk(function.node))


def matches_path(template: str, path: str) -> bool:
    """Whether a request's path is served by a route's."""
    return re.fullmatch(re.sub(r"\{[^}]*:path\}", ".*", re.sub(r"\{[^}:]*\}", "[^/]+", template)), path) is not None


@dataclass(frozen=True)
class Cors:
    """Who may call from another origin, and with what: ``None`` where that is not written in the code."""

    place: Evidence
    origins: frozenset[str] | None
    headers: frozenset[str] | None
    credentials: bool


def cors(app: Served) -> tuple[Cors, ...]:
    """The CORS middleware of an app."""
    found: list[Cors] = []
    for value, words, place in app.middleware:
        if any(one.last == "CORSMiddleware" for one in value.outside()):
            pattern = {f"~{text}" for text in _texts(words.get("allow_origin_regex"))}
            origins, headers = _listed(words.get("allow_origins")), _listed(words.get("allow_headers"))
            origins = origins | pattern if origins is not None else frozenset(pattern) or None
            credentials = words.get("allow_credentials")
            found.append(Cors(place, origins, headers, credentials is not None and True in credentials.constants))
    return tuple(found)


def _listed(value: Value | None) -> frozenset[str] | None:
    if value is None:
        return frozenset()
    texts = frozenset(_texts(value))
    return texts if texts or (not value.open and not value.labels) else None
