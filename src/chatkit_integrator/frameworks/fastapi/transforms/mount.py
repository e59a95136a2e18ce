"""The router, included in the app: tagged, behind the routes that are there, before whatever would swallow its path.

It goes where it runs whenever the app is made: in no ``if`` or ``for`` that the making of the app is not in too.
``include_router`` also joins the router's own lifespan to whatever start-up the app has, so nothing of that is touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.frameworks.fastapi.importing import PACKAGE, router_import
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.reading import floors
from chatkit_integrator.reading.manifests import declared
from chatkit_integrator.syntax import python
from chatkit_integrator.syntax.text import line_end

if TYPE_CHECKING:
    import libcst as cst

    from chatkit_integrator.model.profile import Backend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome
    from chatkit_integrator.syntax.python import Source, Statement

_NAMES = ("chatkit_router", f"{PACKAGE}_router")
_ANY_PATH = re.compile(r"([^{}]*)\{\w+:path\}")


@dataclass(frozen=True, slots=True)
class _App:
    """The app in its module: its variable, the function that makes it (by its path of names), the chat's path in it.

    ``needs`` is a name of the same module that our package imports, so that ours can only be imported behind it.
    """

    source: Source
    variable: str
    function: tuple[str, ...]
    endpoint: str
    needs: str | None

    @property
    def block(self) -> list[Statement]:
        return list(self.source.at(*self.function))

    def refused(self, why: str) -> SyntaxRefusedError:
        return SyntaxRefusedError(f"{self.source.path}: {why}; include the router by hand.")


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Include the router where the app is made."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    endpoint = profile.contract.endpoint
    app = _app(tree, backend, endpoint)
    path = app.source.path
    if _is_included(app.source):
        return AlreadyThere(f"{path} includes the router of {PACKAGE}")
    taken = python.names(app.source)
    alias = next((name for name in _NAMES if name not in taken), _NAMES[0])
    prefix = endpoint.removesuffix("/chatkit")
    arguments = f'{alias}, prefix="{prefix}"' if prefix else alias
    line = f"{app.variable}.include_router({arguments})"
    statement = router_import(backend, path, alias)
    try:
        edited = _edit(app, line, statement)
    except SyntaxRefusedError as error:
        return Refused(str(error), f"{statement}\n\n{line}")
    return Edited((tree.edit(path, edited),), f"Include the chat's router in {path}, as {endpoint}", _cold(tree, backend))


def _cold(tree: Tree, backend: Backend) -> tuple[FollowUp, ...]:
    """Say where the start-up of ours is not run."""
    old = floors.held_below((text for _, text in declared(tree, backend.dependencies.manifests)), "fastapi", floors.WARMS)
    told = (
        f"{old} is older than FastAPI {floors.WARMS}, which runs a router's start-up: the first chat opens the database. To "
        "have it opened before, let your app's own lifespan yield inside of `async with router.lifespan_context(app):`, with "
        f"router from {PACKAGE}."
    )
    return (FollowUp(told),) if old else ()


def _app(tree: Tree, backend: Backend, endpoint: str) -> _App:
    factory, dependency = backend.app.factory, backend.auth.dependency
    path = factory.path if factory else backend.app.path
    needs = dependency.name.split(".")[0] if dependency is not None and dependency.path == path else None
    source = python.read(tree.text(path), path)
    if factory is None:
        return _App(source, backend.app.symbol, (), endpoint, needs)
    return _App(source, factory.variable, tuple(factory.name.split(".")), endpoint, needs)


def _is_included(source: Source) -> bool:
    """Whether the module makes use of what it imports from our package, however it hands it to the app."""
    import libcst as cst  # noqa: PLC0415 - heavy

    ours: set[str] = set()
    for one in python.imports(source):
        if isinstance(one.node, cst.ImportFrom) and not isinstance(one.node.names, cst.ImportStar):
            module = python.code(one.node.module) if one.node.module else ""
            for alias in one.node.names:
                if PACKAGE in {module.split(".")[-1], alias.evaluated_name}:
                    ours.add(alias.evaluated_alias or alias.evaluated_name)
    return any(_uses(one.node, ours) for one in source.statements if not isinstance(one.node, (cst.Import, cst.ImportFrom)))


def _uses(node: cst.CSTNode, wanted: set[str]) -> bool:
    import libcst as cst  # noqa: PLC0415 - heavy

    if isinstance(node, cst.Name):
        return node.value in wanted
    if isinstance(node, (cst.Attribute, cst.Arg)):
        return _uses(node.value, wanted)
    return not isinstance(node, (cst.Import, cst.ImportFrom)) and any(_uses(child, wanted) for child in node.children)


def _edit(app: _App, line: str, statement: str) -> str:
    made = _made(app)
    place = _place(app, made)
    if app.needs is not None:
        lines = [statement, line] if app.function else [f"{statement}  # noqa: E402", "", line]
        defined = _needed(app, made, place)
        if defined is not None:
            return python.insert_after(app.source, defined, [*_gap(app, defined), *lines])
        if place.is_before:
            return python.insert_before(app.source, place.anchor, [*lines, *_gap(app, place.anchor)])
        return python.insert_after(app.source, place.anchor, ["", *lines])
    late = None if app.function or place.is_before else _late_import(app.source, place.anchor)
    if late is not None:
        return python.insert_after(
            app.source, place.anchor, [f"{statement}  # noqa: E402" if "# noqa" in late else statement, line]
        )
    if place.is_before:
        edited = python.insert_before(app.source, place.anchor, [line, *_gap(app, place.anchor)])
    else:
        edited = python.insert_after(app.source, place.anchor, [line])
    return python.add_import(python.read(edited, app.source.path), statement, before=_import_limit(app, made))


def _made(app: _App) -> Statement:
    """The statement that makes the app: where branches make it in different ways, all of them together."""
    given = [one for one in app.block if _given(one, app.variable) is not None]
    if not given:
        raise app.refused(f"where {app.variable} is made was not found")
    first, others = given[0], given[1:]
    anew = [one for one in others if not _wraps(app, one)]
    return next((one for one in app.source.around(first) if any(_holds(one, way) for way in anew)), first)


def _given(statement: Statement, variable: str) -> cst.BaseExpression | None:
    """What a statement sets a variable to."""
    import libcst as cst  # noqa: PLC0415 - heavy

    node = statement.node
    if isinstance(node, cst.Assign):
        return node.value if any(python.code(one.target) == variable for one in node.targets) else None
    return node.value if isinstance(node, cst.AnnAssign) and python.code(node.target) == variable else None


def _wraps(app: _App, statement: Statement) -> bool:
    value = _given(statement, app.variable)
    return value is not None and re.search(rf"(?<![\w.]){re.escape(app.variable)}(?!\w)", python.code(value)) is not None


def _holds(outer: Statement, inner: Statement) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


@dataclass(frozen=True, slots=True)
class _Place:
    """Behind ``anchor``, or before it; ``stop`` is the statement that it must not come behind."""

    anchor: Statement
    is_before: bool
    stop: Statement | None


def _place(app: _App, made: Statement) -> _Place:
    ends = [one for one in app.block if one.start > made.start and (_swallows(app, one) or _wraps(app, one))]
    if any(_holds(made, one) for one in ends):
        raise app.refused(f"{app.variable} is made and wrapped or mounted on in one branch of several")
    later = [one for one in app.block if one.start >= made.end]
    again = [one for one in later if _given(one, app.variable) is not None]
    stop = min((_outermost(app, one, made) for one in (*ends, *again)), key=lambda one: one.start, default=None)
    always = [one for one in later if (stop is None or one.end <= stop.start) and _outermost(app, one, made) is one]
    included = [one for one in always if _called(one, "include_router") == app.variable]
    if not included and stop is not None:
        return _Place(stop, is_before=True, stop=stop)
    configured = [one for one in always if _called(one, "add_middleware") == app.variable]
    return _Place((included or configured or [made])[-1], is_before=False, stop=stop)


def _outermost(app: _App, inner: Statement, made: Statement) -> Statement:
    """The ``if``, ``for`` or the like that a statement is in and the making of the app is not; itself where there is none."""
    return next((one for one in app.source.around(inner) if not _holds(one, made)), inner)


def _needed(app: _App, made: Statement, place: _Place) -> Statement | None:
    """Where the name that our package imports is made, if that is later than the place found."""
    module = list(app.source.at())
    found = next((one for one in reversed(module) if app.needs in python.bound(one)), None)
    if found is None:
        return None
    found = next(iter(app.source.around(found)), found)
    if app.function:
        if any(one.end <= found.start and _calls(one, app.function[0]) for one in module):
            raise app.refused(f"{app.needs}, which the chat needs, is made after {app.function[0]}() is called")
        return None
    if found.end <= place.anchor.start:
        return None
    if app.source.around(made) or (place.stop is not None and place.stop.start < found.end):
        raise app.refused(f"{app.needs}, which the chat needs, is made after the place where the router has to be included")
    return found


def _calls(statement: Statement, function: str) -> bool:
    import libcst as cst  # noqa: PLC0415 - heavy

    is_simple = isinstance(statement.node, cst.BaseSmallStatement)
    return is_simple and re.search(rf"(?<![\w.]){function}\s*\(", python.code(statement.node)) is not None


def _called(statement: Statement, method: str) -> str | None:
    """The object whose method a statement calls."""
    import libcst as cst  # noqa: PLC0415 - heavy

    match statement.node:
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name)))) if name == method:
            return python.code(owner)
        case _:
            return None


def _swallows(app: _App, statement: Statement) -> bool:
    """Whether what is added after a statement is never reached at the chat's path: a mount, or a route for any path."""
    import libcst as cst  # noqa: PLC0415 - heavy

    if _called(statement, "mount") == app.variable and isinstance(statement.node, cst.Expr):
        path = _path(statement.node.value)
        return path is not None and app.endpoint.startswith(f"{path.rstrip('/')}/")
    for one in statement.node.decorators if isinstance(statement.node, cst.FunctionDef) else ():
        named, path = python.code(one.decorator).partition("(")[0], _path(one.decorator)
        any_path = _ANY_PATH.fullmatch(path) if path is not None else None
        if any_path and app.endpoint.startswith(any_path[1]) and named.rpartition(".")[0] == app.variable:
            return named.endswith(".post") or "POST" in python.code(one.decorator)
    return False


def _path(call: cst.BaseExpression) -> str | None:
    """The path that a call is given, where it is written out."""
    import libcst as cst  # noqa: PLC0415 - heavy

    for one in call.args if isinstance(call, cst.Call) else ():
        if (one.keyword is None or one.keyword.value == "path") and isinstance(one.value, cst.SimpleString):
            return str(one.value.evaluated_value)
    return None


def _gap(app: _App, neighbour: Statement) -> list[str]:
    """The blank lines between the router and what stands beside it."""
    import libcst as cst  # noqa: PLC0415 - heavy

    if isinstance(neighbour.node, (cst.FunctionDef, cst.ClassDef)):
        return [""] if app.function else ["", ""]
    return [""] if isinstance(neighbour.node, cst.BaseCompoundStatement) else []


def _late_import(source: Source, included: Statement) -> str | None:
    """The line right above an inclusion that imports what it includes: routers imported at the bottom."""
    above = [one for one in source.at() if one.start < included.start]
    if len(above) < 2 or _called(included, "include_router") is None or above[-1] not in python.imports(source):  # noqa: PLR2004
        return None
    return source.text[above[-1].start : line_end(source.text, above[-1].end - 1)]


def _import_limit(app: _App, made: Statement) -> int:
    if not app.function:
        return made.start
    outer = [one for one in app.source.at() if one.start <= made.start]
    return outer[-1].start if outer else made.start


TRANSFORM = Transform(
    id="fastapi.mount",
    summary="Include the chat's router in the app",
    checks=("CK01", "CK09"),
    plan=plan,
    needs=("identity", "auth.dependency", "agent", "agent.context"),
)
