"""What a ChatKit backend is made of, as reached from the running app: endpoint, server, store, and what flows between them.

Facts carry the lines that show them. A fact that was not found is absent; whether that is a failure is for a check to say.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading.endpoints import Function, Reach, Route, live, posts
from chatkit_integrator.reading.python import PythonModules, dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.python import Module

STORE_METHODS = (
    "load_thread", "save_thread", "load_thread_items", "save_attachment", "load_attachment", "delete_attachment",
    "load_threads", "add_thread_item", "save_item", "load_item", "delete_thread", "delete_thread_item",
)  # fmt: skip
_IDENTITY = re.compile(
    r"OAuth2\w*Bearer|HTTPBearer|HTTPAuthorizationCredentials|APIKeyHeader|APIKeyCookie|\bHeader\(|\bCookie\(|"
    r"\.headers\b|\.cookies\b|\.current_user\("
)
_HISTORY = re.compile(r"load_thread_items|previous_response_id|SQLiteSession|session=|checkpointer")
_OWN_ERROR = {"ErrorEvent", "CustomStreamError", "StreamError", "HTTPException", "JSONResponse", "AssistantMessageItem"}
_WARMING = re.compile(r"\.(connect|begin|execute|open|acquire|fetch\w*|run_sync)\(|create_pool\(")
_SQL = re.compile(r"\.(execute|scalars?|fetch\w*|stream|commit|exec|merge)\(")


@dataclass(frozen=True)
class Method:
    """A method of the store: its line, the lines that reach the database, and the lines that compare the owner."""

    place: Evidence
    reached: tuple[Evidence, ...]
    owner: tuple[Evidence, ...]
    writes: bool


@dataclass(frozen=True)
class ServerReading:
    """One backend integration."""

    server: Evidence
    endpoint: Evidence | None
    path: str | None
    mounted: tuple[Evidence, ...] = ()
    identity: tuple[Evidence, ...] = ()
    metadata: tuple[Evidence, ...] = ()
    metadata_keys: tuple[str, ...] = ()
    history: tuple[Evidence, ...] = ()
    context_in_prompt: tuple[Evidence, ...] = ()
    handles_errors: tuple[Evidence, ...] = ()
    warmed: tuple[Evidence, ...] = ()
    database: str = "none"
    database_place: Evidence | None = None
    store: Evidence | None = None
    respond: Evidence | None = None
    methods: dict[str, Method] = field(default_factory=dict[str, Method])


def seen(module: Module, line: int) -> Evidence:
    """A line of a module as evidence."""
    return Evidence(module.path, line, module.line(line)[:200])


def read_server(tree: Tree, root: str | None) -> ServerReading | None:
    """Read the backend below ``root``; ``None`` where no live class derives from ChatKit's server."""
    modules = PythonModules(tree)
    base = "" if root in {None, "", "."} else str(root)
    found = next(_classes(modules, base, "chatkit.server.ChatKitServer", b"ChatKitServer"), None)
    if found is None:
        return None
    module, server = found
    reach = Reach(modules)
    route = _route(modules, base, reach, server)
    respond = next(
        (one for one in server.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == "respond"), None
    )
    answering = reach.from_function(module, respond, server) if respond else []
    handling = reach.from_function(route.module, route.handler) if route else []
    store = next(_classes(modules, base, "chatkit.store.Store", b"Store"), None)
    metadata = tuple(_metadata(handling))
    kind, place = _database(modules, base)
    return ServerReading(
        server=seen(module, server.lineno),
        endpoint=seen(route.module, route.handler.lineno) if route else None,
        path=route.path if route else None,
        mounted=tuple(seen(inner, line) for path, line in (route.included if route else ()) if (inner := modules.module(path))),
        identity=_identity(modules, reach, route) if route else (),
        metadata=metadata,
        metadata_keys=_keys(handling),
        history=tuple(_lines(answering, _HISTORY)),
        context_in_prompt=tuple(_context(handling, answering)),
        handles_errors=tuple(_errors([*answering, *handling])),
        warmed=tuple(_warmed(modules, base, reach)),
        database=kind,
        database_place=place,
        store=seen(store[0], store[1].lineno) if store else None,
        respond=seen(module, respond.lineno) if respond else None,
        methods=_methods(modules, reach, *store) if store else {},
    )


def _classes(modules: PythonModules, root: str, wanted: str, mark: bytes) -> Iterator[tuple[Module, ast.ClassDef]]:
    for module in live(modules, root, mark):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    name = dotted(base.value if isinstance(base, ast.Subscript) else base)
                    if name and modules.origin(module.path, name) == wanted:
                        yield module, node


def _route(modules: PythonModules, root: str, reach: Reach, server: ast.ClassDef) -> Route | None:
    """The POST route whose handler calls ``process`` of a ChatKit server."""
    del server
    for route in posts(modules, root):
        for _, function in reach.from_function(route.module, route.handler):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "process":
                    return route
    return None


def _source(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The code of a node by line, comments and docstrings left out."""
    for one in ast.walk(node):
        if isinstance(one, (ast.expr, ast.arg, ast.keyword)) and not isinstance(one, ast.Constant):
            text = ast.unparse(one)
            yield one.lineno, text


def _lines(functions: Iterable[tuple[Module, Function]], wanted: re.Pattern[str]) -> Iterator[Evidence]:
    shown: set[tuple[str, int]] = set()
    for module, function in functions:
        for line, text in _source(function):
            if wanted.search(text) and (module.path, line) not in shown and wanted.search(module.line(line)):
                shown.add((module.path, line))
                yield seen(module, line)


def _identity(modules: PythonModules, reach: Reach, route: Route) -> tuple[Evidence, ...]:
    """A header or cookie that reaches the handler's own calls through a parameter, or is read by the handler."""
    body = [node for statement in route.handler.body for node in ast.walk(statement)]
    used = {node.id for node in body if isinstance(node, ast.Name)}
    arguments = route.handler.args
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
    given = [*zip(arguments.args, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for argument, default in given:
        if argument.arg not in used:
            continue
        for node in (argument.annotation, default):
            for call in ast.walk(node) if node is not None else ():
                if isinstance(call, ast.Call):
                    shown = _from_dependency(modules, reach, route, call)
                    if shown:
                        return (seen(route.module, argument.lineno), *shown)
    own = [seen(route.module, line) for line, text in _source(route.handler) if re.search(r"\.(headers|cookies)\b", text)]
    return tuple(own[:2])


def _from_dependency(modules: PythonModules, reach: Reach, route: Route, call: ast.Call) -> tuple[Evidence, ...]:
    name = (dotted(call.func) or "").split(".")[-1]
    if name in {"Header", "Cookie"}:
        return (seen(route.module, call.lineno),)
    if name not in {"Depends", "Security"} or not call.args:
        return ()
    made = modules.resolve(route.module.path, dotted(call.args[0]) or "")
    module = modules.module(made.path) if made else None
    if made is None or module is None:
        return ()
    if not isinstance(made.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return (seen(module, made.line),) if _IDENTITY.search(ast.unparse(made.node)) else ()
    for inner, function in reach.from_function(module, made.node):
        for line, text in _source(function):
            if _IDENTITY.search(text):
                return (seen(inner, line),)
        for one in ast.walk(function):
            target = modules.resolve(inner.path, dotted(one) or "") if isinstance(one, (ast.Name, ast.Attribute)) else None
            holder = modules.module(target.path) if target else None
            if (
                target
                and holder
                and isinstance(target.node, (ast.Assign, ast.AnnAssign))
                and _IDENTITY.search(ast.unparse(target.node))
            ):
                return (seen(holder, target.line),)
    return ()


def _metadata(functions: Iterable[tuple[Module, Function]]) -> Iterator[Evidence]:
    for module, function in functions:
        for node in ast.walk(function):
            if _reads_key(node) == "metadata":
                yield seen(module, node.lineno)  # type: ignore[attr-defined]


def _reads_key(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return literal(node.args[0])
    if isinstance(node, ast.Subscript):
        return literal(node.slice)
    return None


def _keys(functions: Iterable[tuple[Module, Function]]) -> tuple[str, ...]:
    """Keys that are read in the functions that read the metadata."""
    found: list[str] = []
    for _, function in functions:
        keys = [key for node in ast.walk(function) if (key := _reads_key(node))]
        if "metadata" in keys:
            found += [key for key in keys if key != "metadata"]
    return tuple(dict.fromkeys(found))


def _context(handling: list[tuple[Module, Function]], answering: list[tuple[Module, Function]]) -> Iterator[Evidence]:
    """Lines on the way to the model that use what the metadata was kept in."""
    kept: set[str] = set()
    for _, function in handling:
        if any(_reads_key(node) == "metadata" for node in ast.walk(function)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    kept |= {
                        word.arg for word in node.keywords if word.arg and "user_id" not in word.arg and _reads(word.value)
                    }
                if isinstance(node, ast.Assign):
                    kept |= {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
    for module, function in answering:
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr in kept:
                yield seen(module, node.lineno)


def _reads(value: ast.expr) -> bool:
    return any(_reads_key(node) is not None for node in ast.walk(value)) or isinstance(value, ast.Name)


def _errors(functions: Iterable[tuple[Module, Function]]) -> Iterator[Evidence]:
    """Handlers of exceptions that answer with something of the app's own."""
    for module, function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler):
                names = {
                    (dotted(one) or "").split(".")[-1] for one in ast.walk(node) if isinstance(one, (ast.Name, ast.Attribute))
                }
                raises = any(isinstance(one, (ast.Raise, ast.Yield, ast.Return)) for one in ast.walk(node))
                if names & _OWN_ERROR or (raises and any(isinstance(one, ast.Call) for one in ast.walk(node))):
                    yield seen(module, node.lineno)


def _warmed(modules: PythonModules, root: str, reach: Reach) -> Iterator[Evidence]:
    """Work on the database in what runs when the app starts."""
    for module in live(modules, root):
        if "lifespan" not in module.text and "on_event" not in module.text:
            continue
        for node in ast.walk(module.tree):
            started: str | None = None
            if isinstance(node, ast.Call):
                started = dotted(keyword(node, "lifespan"))
            function = None
            made = modules.resolve(module.path, started) if started else None
            holder = modules.module(made.path) if made else None
            owner: ast.ClassDef | None = None
            if made is not None and isinstance(made.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                function = made.node
            elif started and "." in started:
                function, holder, owner = _bound_method(modules, module, started)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
                isinstance(one, ast.Call) and (dotted(one.func) or "").endswith("on_event") for one in node.decorator_list
            ):
                function, holder = node, module
            if function is not None and holder is not None:
                yield from _lines(reach.from_function(holder, function, owner), _WARMING)


def _bound_method(
    modules: PythonModules, module: Module, name: str
) -> tuple[Function | None, Module | None, ast.ClassDef | None]:
    head, _, method = name.partition(".")
    made = modules.resolve(module.path, head)
    value = made.node.value if made is not None and isinstance(made.node, (ast.Assign, ast.AnnAssign)) else None
    if made is None or not isinstance(value, ast.Call):
        return None, None, None
    owner = modules.resolve(made.path, dotted(value.func) or "")
    holder = modules.module(owner.path) if owner else None
    if owner is None or holder is None or not isinstance(owner.node, ast.ClassDef):
        return None, None, None
    for one in owner.node.body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == method:
            return one, holder, owner.node
    return None, None, None


def _database(modules: PythonModules, root: str) -> tuple[str, Evidence | None]:
    """What kind of database the addresses in the code name; an explicit default first."""
    hints: list[tuple[str, Evidence]] = []
    for module in live(modules, root):
        if not re.search(r"sqlite|postgres|asyncpg|psycopg|engine", module.text):
            continue
        for node in ast.walk(module.tree):
            text = literal(node)
            if text and re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", text):
                kind = "sqlite" if text.startswith("sqlite") else "postgresql"
                hints.append((kind, seen(module, node.lineno)))  # type: ignore[attr-defined]
    own = [hint for hint in hints if re.search(r"chatkit|chat", hint[1].path)]
    chosen = own or [hint for hint in hints if hint[0] == "postgresql"] or hints
    return chosen[0] if chosen else ("unknown", None)


def _methods(modules: PythonModules, reach: Reach, module: Module, store: ast.ClassDef) -> dict[str, Method]:
    del modules
    found: dict[str, Method] = {}
    for one in store.body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name in STORE_METHODS:
            functions = reach.from_function(module, one, store)
            found[one.name] = Method(
                seen(module, one.lineno),
                tuple(_lines(functions, _SQL)),
                tuple(_owner(one, functions)),
                one.name.startswith(("save", "add", "delete")),
            )
    return found


def _owner(method: Function, functions: list[tuple[Module, Function]]) -> Iterator[Evidence]:
    """Comparisons with, or statement parameters of, the user that the context names."""
    names = [argument.arg for argument in method.args.args]
    context = names[-1] if names else "context"
    for inner, function in functions:
        own = context if function is method else (function.args.args[-1].arg if function.args.args else context)
        for node in ast.walk(function):
            if isinstance(node, ast.Compare) and any(
                _is_user(one, {own, context, "context"}) for one in (node.left, *node.comparators)
            ):
                yield seen(inner, node.lineno)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"execute", "fetch", "fetchrow", "fetchval", "filter_by", "find", "find_one"}
            ):
                given = [*node.args[1:], *(word.value for word in node.keywords)]
                if any(_is_user(one, {own, context, "context"}) for value in given for one in ast.walk(value)):
                    yield seen(inner, node.lineno)


def _is_user(node: ast.AST, contexts: set[str]) -> bool:
    name = dotted(node)
    if name is None and isinstance(node, (ast.Subscript, ast.Call)):
        base = (
            node.value if isinstance(node, ast.Subscript) else node.func.value if isinstance(node.func, ast.Attribute) else None
        )
        key = _reads_key(node)
        return dotted(base) in contexts and bool(key and re.search(r"user|owner|sub|account", key))
    head, _, rest = (name or "").partition(".")
    return head in contexts and bool(re.search(r"user|owner|sub\b|account", rest))
