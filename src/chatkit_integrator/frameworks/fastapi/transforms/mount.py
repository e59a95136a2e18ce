"""The router, included in the app: tagged, behind the routes that are there, before a mount that would swallow it.

``include_router`` also joins the router's own lifespan to whatever start-up the app has, so nothing of that is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.errors import SyntaxRefusedError
from chatkit_integrator.frameworks.fastapi.importing import PACKAGE, router_import
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused, Transform
from chatkit_integrator.syntax import python

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from chatkit_integrator.model.profile import Backend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome
    from chatkit_integrator.syntax.python import Source, Statement


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Include the router where the app is made."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    path, variable, function = _place(backend)
    text = tree.text(path)
    alias = "chatkit_router"
    prefix = profile.contract.endpoint.removesuffix("/chatkit")
    source = python.read(text, path)
    if _is_included(source):
        return AlreadyThere(f"{path} includes the router of {PACKAGE}")
    if alias in python.names(source):
        alias = f"{PACKAGE}_router"
    line = f'{variable}.include_router({alias}, prefix="{prefix}")' if prefix else f"{variable}.include_router({alias})"
    statement = router_import(backend, path, alias)
    try:
        edited = _edit(source, path, variable, function, line, statement, late=_is_late(backend, path))
    except SyntaxRefusedError as error:
        return Refused(str(error), f"{statement}\n\n{line}")
    return Edited((tree.edit(path, edited),), f"Include the chat's router in {path}, as {profile.contract.endpoint}")


def _place(backend: Backend) -> tuple[str, str, tuple[str, ...]]:
    """The file, the variable and the function (by its path of names) that the app is made in."""
    factory = backend.app.factory
    if factory is None:
        return backend.app.path, backend.app.symbol, ()
    return factory.path, factory.variable, tuple(factory.name.split("."))


def _is_late(backend: Backend, path: str) -> bool:
    """Whether our package imports from the very module that mounts it, so that it has to be imported after."""
    return backend.auth.dependency is not None and backend.auth.dependency.path == path


def _is_included(source: Source) -> bool:
    import libcst as cst  # noqa: PLC0415 - heavy

    ours: set[str] = set()
    for one in python.imports(source):
        if isinstance(one.node, cst.ImportFrom) and not isinstance(one.node.names, cst.ImportStar):
            module = python.code(one.node.module) if one.node.module else ""
            if module.split(".")[-1] == PACKAGE:
                ours.update(alias.evaluated_alias or alias.evaluated_name for alias in one.node.names)
    return any(
        _called(one, "include_router") is not None and any(name in python.code(one.node) for name in ours)
        for one in source.statements
    )


def _called(statement: Statement, method: str) -> str | None:
    """The object whose method a statement calls."""
    import libcst as cst  # noqa: PLC0415 - heavy

    node = statement.node
    call = node.value if isinstance(node, cst.Expr) else None
    if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.func.attr.value == method:
        return python.code(call.func.value)
    return None


def _edit(source: Source, path: str, variable: str, function: tuple[str, ...], line: str, statement: str, *, late: bool) -> str:
    block = list(source.at(*function)) if function else list(source.at())
    made = [one for one in block if _binds(one.node, variable)]
    if not made:
        raise SyntaxRefusedError(f"{path}: where {variable} is made was not found; include the router by hand.")
    anchor, before = _anchor(block, variable, made)
    if late or (not function and _has_late_import(source, anchor, before)):
        lines = [f"{statement}  # noqa: E402" if late else statement, line]
        if before:
            return python.insert_before(source, anchor, lines)
        return python.insert_after(source, anchor, ["", *lines] if late else lines)
    edited = python.insert_before(source, anchor, [line]) if before else python.insert_after(source, anchor, [line])
    return python.add_import(python.read(edited, path), statement, before=_import_limit(source, made[0], function))


def _import_limit(source: Source, made: Statement, function: tuple[str, ...]) -> int:
    if function:
        outer = [one for one in source.at() if one.start <= made.start]
        return outer[-1].start if outer else made.start
    return made.start


def _anchor(block: list[Statement], variable: str, made: list[Statement]) -> tuple[Statement, bool]:
    """The statement to go behind (or, with ``True``, before)."""
    start = made[0].start
    later = [one for one in block if one.start > start]
    swallowing = next((one for one in later if _swallows(one, variable)), None)
    wrapped = next((one for one in made[1:]), None)
    stop = min((one.start for one in (swallowing, wrapped) if one is not None), default=None)
    within = [one for one in later if stop is None or one.start < stop]
    included = [one for one in within if _called(one, "include_router") == variable and _is_outermost(one, made[0], within)]
    if included:
        return included[-1], False
    if swallowing is not None and swallowing.start == stop:
        return swallowing, True
    if wrapped is not None and wrapped.start == stop:
        return wrapped, True
    configured = [one for one in within if _called(one, "add_middleware") == variable and _is_outermost(one, made[0], within)]
    return (configured or made)[-1], False


def _is_outermost(one: Statement, made: Statement, within: list[Statement]) -> bool:
    """Whether a statement is in no ``if`` or ``for`` that the making of the app is not in too."""
    import libcst as cst  # noqa: PLC0415 - heavy

    inside = [
        other
        for other in within
        if isinstance(other.node, cst.BaseCompoundStatement) and other.start < one.start and one.end <= other.end
    ]
    return all(other.start < made.start for other in inside)


def _binds(node: object, variable: str) -> bool:
    import libcst as cst  # noqa: PLC0415 - heavy

    if isinstance(node, cst.Assign):
        return any(python.code(target.target) == variable for target in node.targets)
    return isinstance(node, cst.AnnAssign) and node.value is not None and python.code(node.target) == variable


def _swallows(statement: Statement, variable: str) -> bool:
    """``app.mount("/", …)``: whatever is added after it is never reached."""
    import libcst as cst  # noqa: PLC0415 - heavy

    if _called(statement, "mount") != variable:
        return False
    call = statement.node.value if isinstance(statement.node, cst.Expr) else None
    for argument in _arguments(call):
        value = argument.value
        if isinstance(value, cst.SimpleString):
            return value.evaluated_value in {"/", ""}
    return False


def _arguments(call: cst.BaseExpression | None) -> Iterator[cst.Arg]:
    import libcst as cst  # noqa: PLC0415 - heavy

    if isinstance(call, cst.Call):
        yield from (one for one in call.args if one.keyword is None or one.keyword.value == "path")


def _has_late_import(source: Source, anchor: Statement, before: bool) -> bool:
    """Whether the statement just above imports what it includes: routers imported at the bottom."""
    earlier = [one for one in source.at() if one.start < anchor.start or (not before and one.start == anchor.start)]
    imports = {one.start for one in python.imports(source)}
    return len(earlier) > 1 and earlier[-2].start in imports and _called(earlier[-1], "include_router") is not None


TRANSFORM = Transform(
    id="fastapi.mount",
    summary="Include the chat's router in the app",
    checks=("CK01", "CK09"),
    plan=plan,
    needs=("identity", "auth.dependency", "agent"),
)
