"""What runs before the first request: apps, start-up work, middleware; and what that does to the store's database."""

from __future__ import annotations

import ast
import re
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error, OutsideRootError
from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.flow.values import Class, Function, Label, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Machine
    from chatkit_integrator.reading.server.storing import Method
    from chatkit_integrator.reading.server.web import Served, Web

_STARTED_AS = re.compile(r"\b(?P<module>[\w.]+|[\w/.-]+\.py):(?P<name>\w+)\b")
_TELLING = re.compile(r"(^|/)(Dockerfile[^/]*|Procfile|[^/]*\.(ya?ml|toml|sh|json|service)|Makefile|justfile)$")
_EXAMPLES = re.compile(r"(^|/)\.?env[^/]*(example|sample|template)[^/]*$")
_DEPLOYS = re.compile(
    r"(^|/)((docker-)?compose[^/]*\.ya?ml|Dockerfile[^/]*|[^/]*(deploy|values|k8s|helm|render|fly)[^/]*\.(ya?ml|toml))$"
)
_ADDRESS = re.compile(
    r"(?P<name>\w+)[\"']?\s*[:=]\s*[\"']?(?:\$\{\w+:-)?(?P<kind>sqlite|postgres(?:ql)?|mysql|mongodb)(?:\+\w+)?://"
)
_TOUCHES = {"open", "read", "insert", "update", "upsert", "delete", "schema"}
_SHOWN = 3


def apps(machine: Machine, web: Web, base: str) -> list[Served]:
    """Every app of the repository, the one that is started first, first."""
    names: list[str] = []
    for module in live(machine.modules, base, b"FastAPI"):
        env = machine.module(module.path)
        names.append(module.path)
        for node in module.tree.body if env is not None else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and env is not None and _makes_app(node):
                found = machine.of_module(env, node.name)
                if found is not None and not any(_within(one.place, module.path, node) for one in web.apps()):
                    with machine.fresh() as events:
                        machine.call(found)
                    machine.at_import += events
    told = _told(machine.modules.tree, base)
    return sorted(web.apps(), key=lambda one: (_rank(one, told), one.place.path.count("/"), one.place.path))


def _makes_app(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Call) and ast.unparse(one.func).endswith("FastAPI") for one in ast.walk(node))


def _within(place: Evidence, path: str, node: ast.stmt) -> bool:
    return place.path == path and node.lineno <= place.line <= (node.end_lineno or node.lineno)


def _rank(app: Served, told: set[str]) -> int:
    path = app.place.path.removesuffix(".py").replace("/", ".")
    if any(path == one or path.endswith(f".{one}") for one in told):
        return 0
    return 1 if basename(app.place.path) in {"main.py", "app.py", "server.py", "asgi.py", "api.py", "__init__.py"} else 2


def _told(tree: Tree, base: str) -> set[str]:
    """The modules that somebody starts, as files beside the code say."""
    found: set[str] = set()
    for path in tree.paths:
        inside = not base or path.startswith(f"{base}/") or dirname(path) in {"", dirname(base)}
        if inside and _TELLING.search(path) and "node_modules" not in path:
            text = _text(tree, path)
            if "uvicorn" in text or "gunicorn" in text or "fastapi" in text:
                found |= {one["module"].removesuffix(".py").replace("/", ".").lstrip(".") for one in _STARTED_AS.finditer(text)}
    return found


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.text(path)
    except (NotUtf8Error, OutsideRootError, FileNotFoundError):
        return ""


def start(machine: Machine, web: Web, app: Served) -> list[Event]:
    """Walk what runs when an app starts, up to where it is ready."""
    found: list[Event] = []
    for value, _ in web.starting(app):
        functions = [one for one in value.things if isinstance(one, Function)]
        with machine.fresh() as events:
            machine.starting = functions[0].node if functions else None
            given = [app.value] if functions and len(functions[0].node.args.args) > (functions[0].bound is not None) else []
            machine.call(value, given)
            machine.starting = None
        found += [one for one in events if one.phase != "over"]
    return found


def through_middleware(machine: Machine, app: Served, request: Value) -> None:
    """Walk the app's own middleware with a request: what it keeps on it is there for handlers."""
    for value, words, _ in app.middleware:
        for one in value.things:
            if isinstance(one, Function):
                machine.call(value, [request, Value()])
            elif isinstance(one, Class):
                made = machine.make(one, [Value()], words)
                dispatch = machine.member(one, "dispatch", made)
                plain = machine.member(one, "__call__", made)
                if dispatch is not None:
                    machine.call(dispatch, [request, Value()])
                elif plain is not None:
                    headers = Value(labels={Label("header")})
                    scope = Value(fields={"headers": headers, "state": request.fields["state"]})
                    machine.call(plain, [scope, Value(), Value()])


def databases(methods: dict[str, Method]) -> set[Label]:
    """The databases that a store asks."""
    labels = {label for one in methods.values() for event in one.events for label in event.receiver.every()}
    return {label for label in labels if label.kind == "db"}


def warmed(methods: dict[str, Method], startup: Iterable[Event]) -> tuple[Evidence, ...]:
    """What start-up does on the database that the store asks, before the first request."""
    asked = databases(methods)
    if any("unpooled" in one.path for one in asked):
        return ()
    if any(event.name == "connect" for one in methods.values() for event in one.events):
        return ()  # a connection for each call
    certain = {one for one in asked if "given" not in one.path}
    found: list[Evidence] = []
    for event in startup:
        if event.kind == "db" and event.name in _TOUCHES:
            labels = {one for one in event.receiver.every() if one.kind == "db"}
            if (labels & certain) or not certain:
                found.append(event.place)
    return tuple(dict.fromkeys(found))[:_SHOWN]


def database(tree: Tree, base: str, methods: dict[str, Method]) -> str:
    """The kind of database that the store asks: what is deployed, or shown as an example, counts before a default."""
    asked = sorted(databases(methods), key=lambda one: (one.name == "", "given" in one.path, one.name))
    if not asked:
        return "none"
    chosen = asked[0]
    names = {part.removeprefix("env:") for one in asked for part in one.path if part.startswith("env:")}
    deployed, examples = _addresses(tree, base, _DEPLOYS), _addresses(tree, base, _EXAMPLES)
    kind = next((kind for name, kind in (*deployed, *examples) if name in names), None) or chosen.name
    kind = kind or next((kind for _, kind in (*deployed, *examples)), None)
    return kind or "unknown"


def _addresses(tree: Tree, base: str, wanted: re.Pattern[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in tree.paths:
        inside = not base or path.startswith(f"{base}/") or dirname(path) in {"", dirname(base)}
        if inside and wanted.search(path):
            found += [
                (one["name"], "postgresql" if one["kind"].startswith("postgres") else one["kind"])
                for one in _ADDRESS.finditer(_text(tree, path))
            ]
    return found
