"""A session cookie of the project's own: set or read by name, on the server or by scripts.

Names and options are followed through constants and imports. What a script can set it can read: such a cookie is not
``httpOnly``. A cookie that is only read says nothing about that, so ``http_only`` is then ``None``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth, Made
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.signin import better_auth, clerk, next_auth, supabase, written
from chatkit_integrator.reading.signin.shared import SPEAKS_OF_ONE, SignIn, names_a_session, of_package
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts

_JAR = re.compile(r"cookie", re.IGNORECASE)
_JAR_IN_A_LIST = re.compile(r"cookie|store|jar", re.IGNORECASE)
_FROM_SCRIPTS = ("js-cookie", "universal-cookie", "react-cookie", "typescript-cookie")
_TOUCHED = re.compile(
    r"ookie(?:(?:(?<=-cookie)|(?<=-Cookie)|(?<=nookie)|(?<=from .cookie)|(?<=require\(.cookie))s?[\"'`/]|s-next"
    r"|(?:(?<=\bcookie)|(?<=\bCookie)|(?<=useCookie))s\s*[(<]|(?:(?<=etCookie)|(?<=hasCookie))\s*\("
    r"|(?<=\.cookie)\s*=|s[\s)!?.]*\[|s[\s)!?]*\.|\w*[\s()\]!?]*\.\s*(?:get|has|set|serialize)\b)"
)
"""What a source that sets or reads a cookie holds: a cheap look before parsing."""
_SEALS, _SIGNS = re.compile(r"encrypt|seal", re.IGNORECASE), re.compile(r"\bSignJWT\(|\bsign(?![iIuUoO]\w)\w*\(")
_OPENS = r"\b\w*(?:[dD]ecrypt|[uU]nseal)\w*\(\s*(?:await\s+)?"
_METHODS = frozenset({"get", "set", "has", "delete", "getAll", "remove", "toString", "length"})
_LIBRARIES = (*next_auth.PACKAGES, *better_auth.PACKAGES, *clerk.PACKAGES, *supabase.HELPERS)


@dataclass(frozen=True, slots=True)
class Seen:
    """A cookie at one place. ``sets`` is false where it is only read; ``made`` says how the site makes what is in it."""

    name: str
    place: Location
    sets: bool = False
    http_only: bool | None = None
    forwarded: bool = False
    by_script: bool = False
    made: Made | None = None


def detect(scripts: Scripts) -> SignIn | None:
    """Find the session cookie; all of them where nothing tells which it is."""
    seen: list[Seen] = []
    alone = False
    for script in scripts.containing(b"ookie", also=SPEAKS_OF_ONE):
        here = [one for one in cookies(scripts, script) if names_a_session(one.name)]
        seen += here
        if any(one.sets for one in here) and not _is_of_a_library(script):
            alone = True
    if not seen:
        return None
    counted = Counter(one.name for one in seen)
    forwarded = {one.name for one in seen if one.forwarded}
    names = sorted(forwarded or counted, key=lambda name: (-counted[name], name))
    auth = describe(seen, names[0] if len(names) == 1 else None)
    places = sorted((one for one in seen if one.name in names), key=lambda one: not one.sets)
    is_certain = any(one.forwarded or (one.sets and not one.by_script) for one in places)
    return SignIn(auth, tuple(one.place for one in places), tuple(names), alone, is_certain)


def chosen(scripts: Scripts, name: str) -> FrontendAuth:
    """The session cookie of a name that somebody gave."""
    return describe([one for script in scripts.containing(b"ookie") for one in cookies(scripts, script)], name)


def describe(seen: list[Seen], name: str | None) -> FrontendAuth:
    """What is known of a cookie from where it is set."""
    its_own = [one for one in seen if one.name == name]
    settings = {one.http_only for one in its_own if one.sets}
    ways = {one.made for one in its_own} if not any(one.forwarded for one in its_own) else set[Made | None]()
    made = "encrypted" if "encrypted" in ways else "signed" if "signed" in ways else None
    return FrontendAuth("jwt-cookie", name, settings.pop() if len(settings) == 1 else None, made=made)


def _is_of_a_library(script: Script) -> bool:
    return any(of_package(one.module, package) for one in javascript.imports(script.text) for package in _LIBRARIES)


def cookies(scripts: Scripts, script: Script) -> Iterator[Seen]:
    """Every cookie that a source sets or reads by name, whatever it is for."""
    if not _TOUCHED.search(script.text):
        return
    jars, from_scripts = _jars(script)
    for node in tsx.root(script.text).find_all(kind="call_expression"):
        function, given = node.field("function"), javascript.arguments(node)
        if function is None or not given:
            continue
        method = javascript.last_name(function)
        held = function.field("object") if function.kind() == "member_expression" else None
        if held is not None and method in {"get", "has", "set"} and _is_jar(held, jars):
            yield from _in_jar(scripts, script, node, is_readable=held.text() in from_scripts)
        elif held is None or method == "serialize":
            yield from _by_function(scripts, script, node, method)
    for one in written.cookies(scripts, script):
        place = Location(script.path, one.line)
        yield Seen(one.name, place, sets=True, http_only=one.http_only, by_script=one.by_script)
    yield from _by_property(scripts, script)


def _jars(script: Script) -> tuple[frozenset[str], frozenset[str]]:
    """Variables that hold the request's cookies, and those through which scripts of the page set them."""
    jars: set[str] = set()
    for node in tsx.root(script.text).find_all(kind="variable_declarator"):
        name, value = node.field("name"), node.field("value")
        if name is None or value is None or not re.search(r"\b(cookies|useCookies)\(|\bnew Cookies\b", value.text()):
            continue
        if name.kind() == "identifier" and javascript.last_name(javascript.plain(value).field("function")) == "cookies":
            jars.add(name.text())
        elif name.kind() == "array_pattern":
            jars |= {one.text() for one in name.children() if one.kind() == "identifier" and _JAR_IN_A_LIST.search(one.text())}
    clients = {name for one in javascript.imports(script.text) if one.module in _FROM_SCRIPTS for name in one.names}
    return frozenset(jars | clients), frozenset(clients)


def _is_jar(held: SgNode, jars: frozenset[str]) -> bool:
    held = javascript.plain(held)
    if held.kind() == "call_expression":
        return javascript.last_name(held.field("function")) in {"cookies", "Cookies"}
    if held.kind() == "member_expression":
        return javascript.last_name(held) == "cookies"
    return held.text() in jars or (held.kind() == "identifier" and bool(_JAR.search(held.text())))


def _in_jar(scripts: Scripts, script: Script, call: SgNode, *, is_readable: bool) -> Iterator[Seen]:
    given = javascript.arguments(call)
    method = javascript.last_name(call.field("function"))
    options = given[2] if len(given) > 2 else None  # noqa: PLR2004 - name, value, options
    value = given[1] if len(given) > 1 else None
    name: SgNode | None = given[0]
    if javascript.plain(given[0]).kind() == "object":
        options = given[0]
        name, value = (javascript.property_value(given[0], key) for key in ("name", "value"))
    place = Location(script.path, javascript.line(call))
    for one in scripts.texts(script, name):
        if method != "set":
            yield Seen(one, place, forwarded=_is_forwarded(script, call), made=_opened(script, call))
        elif value is not None and javascript.string(value) != "":
            http_only = False if is_readable else _http_only(scripts, script, options)
            made = _made(script, value)
            yield Seen(one, place, sets=True, http_only=http_only, by_script=is_readable, made=made)


def _by_function(scripts: Scripts, script: Script, call: SgNode, name: str) -> Iterator[Seen]:
    """``setCookie(…)`` of cookies-next and nookies, ``serialize(…)`` of cookie."""
    origin = next((one.module for one in javascript.imports(script.text) if name in one.names), None)
    if name == "serialize" and origin is None:
        origin = "cookie"
    given = javascript.arguments(call)
    if origin == "nookies":
        given = given[1:]
    if origin not in {"nookies", "cookie", "cookies-next", "cookies-next/server", "cookies-next/client"} or not given:
        return
    place = Location(script.path, javascript.line(call))
    for one in scripts.texts(script, given[0]):
        if name in {"setCookie", "serialize"} and len(given) > 1 and javascript.string(given[1]) != "":
            options = given[2] if len(given) > 2 else None  # noqa: PLR2004 - name, value, options
            http_only, made = _http_only(scripts, script, options), _made(script, given[1])
            yield Seen(one, place, sets=True, http_only=http_only, made=made)
        elif name in {"getCookie", "hasCookie"}:
            yield Seen(one, place, forwarded=_is_forwarded(script, call), made=_opened(script, call))


def _by_property(scripts: Scripts, script: Script) -> Iterator[Seen]:
    """``req.cookies.token``."""
    top = tsx.root(script.text)
    for node in top.find_all(kind="member_expression"):
        held, name = node.field("object"), javascript.last_name(node)
        if (
            held is not None
            and name not in _METHODS
            and held.kind() == "member_expression"
            and javascript.last_name(held) == "cookies"
        ):
            yield Seen(name, Location(script.path, javascript.line(node)), forwarded=_is_forwarded(script, node))
    for node in top.find_all(kind="subscript_expression"):
        held = node.field("object")
        if held is not None and held.kind() == "member_expression" and javascript.last_name(held) == "cookies":
            for name in scripts.texts(script, node.field("index")):
                yield Seen(name, Location(script.path, javascript.line(node)), forwarded=_is_forwarded(script, node))


def _http_only(scripts: Scripts, script: Script, options: SgNode | None) -> bool | None:
    """What the options say; without any, and without that one, a cookie is readable by scripts."""
    if options is None:
        return False
    found = scripts.object(script, options)
    if found is None:
        return None
    script, node = found
    value: bool | None = False
    for one in node.children():
        if one.kind() == "spread_element":
            inner = next((part for part in one.children() if part.is_named()), None)
            value = _http_only(scripts, script, inner) or value if inner is not None else value
    written = javascript.property_value(node, "httpOnly")
    if written is not None:
        value = {"true": True, "false": False}.get(javascript.plain(written).text())
    return value


def _made(script: Script, value: SgNode) -> Made | None:
    """How the site makes what a cookie is set to, by what it or what makes it is called; ``None``: elsewhere."""
    value = javascript.plain(value)
    is_name = value.kind() in {"identifier", "shorthand_property_identifier"}
    makers = [
        held.text()
        for node in (tsx.root(script.text).find_all(kind="variable_declarator") if is_name else ())
        if (held := node.field("value")) is not None and (name := node.field("name")) is not None
        if re.search(rf"\b{re.escape(value.text())}\b", name.text())
    ]
    texts = makers or [value.text()]
    if any(_SEALS.search(one) for one in texts):
        return "encrypted"
    return "signed" if any(_SIGNS.search(one) for one in texts) else None


def _opened(script: Script, node: SgNode) -> Made | None:
    """``encrypted`` where what was read is decrypted in the same file."""
    outer: SgNode | None = node
    while outer is not None and outer.kind() not in {"variable_declarator", "statement_block", "program"}:
        if outer.kind() == "call_expression" and re.match(_OPENS, outer.text()):
            return "encrypted"
        outer = outer.parent()
    named = outer.field("name") if outer is not None and outer.kind() == "variable_declarator" else None
    if named is not None and re.search(rf"{_OPENS}{re.escape(named.text())}\b", script.text):
        return "encrypted"
    return None


def _is_forwarded(script: Script, node: SgNode) -> bool:
    """Whether what was read is put behind ``Bearer`` in the same file."""
    outer: SgNode | None = node
    while outer is not None and outer.kind() not in {"variable_declarator", "template_string", "statement_block", "program"}:
        outer = outer.parent()
    if outer is None:
        return False
    if outer.kind() == "template_string":
        return outer.text().startswith("`Bearer ")
    named = outer.field("name") if outer.kind() == "variable_declarator" else None
    if named is None or named.kind() != "identifier":
        return False
    name = re.escape(named.text())
    return bool(re.search(rf"Bearer\s+(\$\{{[^}}]*\b{name}\b|['\"]\s*\+\s*\(?\s*{name}\b)", script.text))
