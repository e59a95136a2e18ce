"""Better Auth: its package is declared and imported by live code. Its server is the site's own where a route of it serves it.

That route names the ``betterAuth({…})`` which people really sign in with, and how the site itself imports it. The server's JWT
plugin signs tokens and publishes its keys at ``/jwks`` below ``basePath``, ``/api/auth`` unless set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import AuthServer, FrontendAuth
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.signin.shared import SignIn, uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts

PACKAGES = ("better-auth",)
SERVERS = ("better-auth", "better-auth/minimal", "better-auth/auth")
PLUGINS = ("better-auth/plugins", "better-auth/plugins/jwt")
PLUGIN = "jwt"
_HANDLERS = ("toNextJsHandler", "toNodeHandler")
_BASE_PATH = "/api/auth"
_KEYS_PATH = "/jwks"
_DEPTH = 6
_NO_ELEMENTS = frozenset({"spread_element", "comment"})


@dataclass(frozen=True, slots=True)
class _Served:
    """A route that serves a server: how it imports it, and the call that makes it (``None``: not plain to see)."""

    place: Location
    module: str
    name: str
    call: tuple[Script, SgNode] | None

    @property
    def server(self) -> tuple[str, object]:
        """What tells one server from another."""
        return (self.module, self.name) if self.call is None else (self.call[0].path, javascript.line(self.call[1]))


def detect(scripts: Scripts) -> SignIn | None:
    """Find Better Auth in use."""
    places = tuple(uses(scripts, *PACKAGES))
    if not places:
        return None
    made = [(script, call) for script in scripts.containing(b"betterAuth") for call in calls(script.text)]
    if not made:
        return SignIn(FrontendAuth("better-auth"), places)
    served = list({one.server: one for one in _served(scripts)}.values())
    why = _unclear(scripts, made, served)
    if why is not None:
        return SignIn(FrontendAuth("better-auth", elsewhere=why), places)
    server, facts = _described(scripts, served[0], served[0].call or made[0])
    return SignIn(FrontendAuth("better-auth", server=server), places, facts=facts)


def calls(body: str) -> list[SgNode]:
    """The calls of ``betterAuth`` in a text, whatever it is called there."""
    name = local(body, SERVERS, "betterAuth")
    return [call for call, _ in javascript.calls(body, name)] if name else []


def local(body: str, modules: tuple[str, ...], name: str) -> str | None:
    """What a text calls something that it imports; ``None`` where it does not."""
    return next(
        (
            local
            for one in javascript.imports(body)
            if one.module in modules
            for local, what in one.names.items()
            if what == name
        ),
        None,
    )


def plugin(scripts: Scripts, script: Script, given: SgNode) -> tuple[Script, SgNode] | bool | None:
    """The call of the JWT plugin among what a server is given.

    ``False`` where it is not among them, ``None`` where that is not plain to see.
    """
    plugins = javascript.property_value(given, "plugins")
    if plugins is None:
        inner = [scripts.object(script, one) for one in _spread(given)]
        found = [plugin(scripts, *one) if one is not None else None for one in inner]
        return next((one for one in found if one is not False), False)
    calls = list(_calls(scripts, script, plugins, _DEPTH))
    for one in calls:
        if one is not None and javascript.last_name(one[1].field("function")) == local(one[0].text, PLUGINS, PLUGIN):
            return one
    return None if None in calls else False


def _calls(scripts: Scripts, script: Script, node: SgNode, depth: int) -> Iterator[tuple[Script, SgNode] | None]:
    """The calls that a list is made of, through constants and spreads; ``None`` for what is not known."""
    found = _constant(scripts, script, node)
    if found is None or found[1].kind() != "array" or depth <= 0:
        yield None
        return
    script, node = found
    for one in _spread(node):
        yield from _calls(scripts, script, one, depth - 1)
    for one in node.children():
        if one.is_named() and one.kind() not in _NO_ELEMENTS:
            element = _constant(scripts, script, one)
            yield element if element is not None and element[1].kind() == "call_expression" else None


def _constant(scripts: Scripts, script: Script, node: SgNode) -> tuple[Script, SgNode] | None:
    """An expression, or the one that a constant of its name is set to."""
    node = javascript.plain(node)
    if node.kind() != "identifier":
        return script, node
    found = scripts.definition(script, node.text())
    return (found[0], javascript.plain(found[1])) if found is not None else None


def _spread(node: SgNode) -> Iterator[SgNode]:
    """What is spread into an object or a list."""
    for one in node.children():
        if one.kind() == "spread_element":
            yield from (part for part in one.children() if part.is_named())


def _served(scripts: Scripts) -> Iterator[_Served]:
    """Every server that a route hands its requests to, as that route imports it."""
    for script in scripts.containing(*(one.encode() for one in _HANDLERS), b".handler("):
        for call, line in javascript.calls(script.text, *_HANDLERS, "handler"):
            function, given = call.field("function"), javascript.arguments(call)
            if javascript.last_name(function) == "handler":
                holder = function.field("object") if function is not None else None
            else:
                first = javascript.plain(given[0]) if given else None
                is_member = first is not None and first.kind() == "member_expression"
                holder = first.field("object") if first is not None and is_member else first
            name = holder.text() if holder is not None and holder.kind() == "identifier" else ""
            for one in javascript.imports(script.text):
                if name in one.names:
                    path = scripts.locate(script.path, one.module)
                    inner = scripts.script(path) if path else None
                    made = _made(scripts, inner, one.names[name], _DEPTH) if inner is not None else None
                    found = made or _in_package(scripts, one.module)
                    if found is not None or javascript.last_name(function) != "handler":
                        yield _Served(Location(script.path, line), one.module, one.names[name], found)


def _in_package(scripts: Scripts, module: str) -> tuple[Script, SgNode] | None:
    """The one server that a package of the workspace makes."""
    folder = scripts.package(module)
    inside = [script for script in scripts.containing(b"betterAuth") if folder and script.path.startswith(f"{folder}/")]
    made = [(script, call) for script in inside for call in calls(script.text)]
    return made[0] if len(made) == 1 else None


def _made(scripts: Scripts, script: Script, name: str, depth: int) -> tuple[Script, SgNode] | None:
    """Follow an export to the call of ``betterAuth`` that it is; ``None`` where it is something else."""
    exported = {outer: inner for inner, outer in javascript.specifiers(script.text)}
    held = exported.get(name, name)
    value = javascript.default_export(script.text) if held == "default" else javascript.constant(script.text, held)
    if value is not None and javascript.plain(value).kind() == "identifier":
        held = javascript.plain(value).text()
        value = javascript.constant(script.text, held)
    if value is not None:
        place = javascript.plain(value).range()
        return next(((script, call) for call in calls(script.text) if call.range() == place), None)
    for one in javascript.imports(script.text) if depth > 0 else ():
        outer = one.names.get(held) if one.names else held
        path = scripts.locate(script.path, one.module) if outer else None
        inner = scripts.script(path) if path else None
        found = _made(scripts, inner, outer, depth - 1) if inner is not None and outer else None
        if found is not None:
            return found
    return None


def _unclear(scripts: Scripts, made: list[tuple[Script, SgNode]], served: list[_Served]) -> str | None:
    """Why it is not certain which server people sign in with, or what it does; ``None`` where it is."""
    shown = ", ".join(f"{script.path}:{javascript.line(call)}" for script, call in made)
    if not served:
        return f"a betterAuth({{…}}) is at {shown}, but no route of the site that serves it was found"
    if len(served) > 1:
        return "several routes serve several servers: " + ", ".join(f"{one.place.path}:{one.place.line}" for one in served)
    [one] = served
    if one.call is None and (len(made) > 1 or scripts.locate(one.place.path, one.module) is not None):
        place = f"{one.place.path}:{one.place.line}"
        return f"{place} serves {one.name} of {one.module}, which is not plainly one betterAuth({{…}}) ({shown})"
    return None


def _described(
    scripts: Scripts, served: _Served, made: tuple[Script, SgNode]
) -> tuple[AuthServer, Mapping[str, tuple[Location, ...]]]:
    script, call = made
    given = javascript.arguments(call)
    options = scripts.object(script, given[0]) if given else None
    found = plugin(scripts, *options) if options is not None else None
    keys, at_the_keys = _keys(scripts, options, found if isinstance(found, tuple) else None)
    server = AuthServer(
        path=script.path,
        name=served.name,
        module=served.module,
        served=served.place.path,
        keys_path=keys,
        signs=None if found is None else found is not False,
    )
    facts = {
        "auth.server": (Location(script.path, javascript.line(call)),),
        "auth.handler": (served.place,),
        "auth.plugin": (Location(found[0].path, javascript.line(found[1])),) if isinstance(found, tuple) else (),
        "auth.keys_path": at_the_keys,
    }
    return server, {name: places for name, places in facts.items() if places}


def _keys(
    scripts: Scripts, options: tuple[Script, SgNode] | None, found: tuple[Script, SgNode] | None
) -> tuple[str | None, tuple[Location, ...]]:
    """The path of the published keys, and what sets it; no path where they are kept elsewhere or it is worked out later."""
    places: list[Location] = []
    base: str | None = _BASE_PATH
    path: str | None = _KEYS_PATH
    written = javascript.property_value(options[1], "basePath") if options is not None else None
    if options is None or written is not None:
        texts = scripts.texts(options[0], written) if options is not None else ()
        base = texts[0].rstrip("/") if len(texts) == 1 else None
        places += [Location(options[0].path, javascript.line(written))] if options and written else []
    inner = javascript.arguments(found[1]) if found is not None else []
    settings = scripts.object(found[0], inner[0]) if found is not None and inner else None
    if settings is not None:
        keys = javascript.property_value(settings[1], "jwks")
        held = scripts.object(settings[0], keys) if keys is not None else None
        named = javascript.property_value(held[1], "jwksPath") if held is not None else None
        if held is not None and javascript.property_value(held[1], "remoteUrl") is not None:
            path = None
        elif held is not None and named is not None:
            texts = scripts.texts(held[0], named)
            path = texts[0] if len(texts) == 1 else None
            places.append(Location(held[0].path, javascript.line(named)))
    elif inner:
        path = None
    return (base + path if base is not None and path is not None else None), tuple(places)
