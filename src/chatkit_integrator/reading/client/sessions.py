"""The session of a site: the cookies that hold it, as far as the site sets them, and the lines that read it on the server.

A cookie that scripts write is readable by scripts. Where the site sets a session's cookie itself, one of a name that nobody
sets is not taken for the session.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import binding
from chatkit_integrator.reading.client.code import is_reached
from chatkit_integrator.reading.scripts import Scripts
from chatkit_integrator.reading.signin.jwt_cookie import cookies
from chatkit_integrator.reading.signin.shared import is_of_a_library, names_a_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Files
    from chatkit_integrator.reading.client.follow import Term
    from chatkit_integrator.reading.client.texts import Texts
    from chatkit_integrator.reading.signin.jwt_cookie import Seen

_SESSIONS = frozenset(
    {
        "auth", "getServerSession", "getSession", "getToken", "currentUser", "getUser", "getAuth", "getServerAuthSession",
        "getAccessToken", "getClaims", "validateRequest", "verifySession", "decrypt", "getIronSession",
    }
)  # fmt: skip
_COOKIE = re.compile(r"\bcookies\b|cookieStore", re.IGNORECASE)
_HEADER = re.compile(r"headers(?:\(\))?\)?\??\.get\(\s*['\"`]cookie['\"`]", re.IGNORECASE)
_METHODS = frozenset({"get", "getAll", "has", "set", "delete", "toString", "size"})


class Sessions:
    """The session's cookies of one site."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @cached_property
    def _set(self) -> tuple[Seen, ...]:
        """The cookies that the site's own code sets."""
        scripts = Scripts(self._files.tree, self._files.root)
        return tuple(one for script in scripts.containing(b"ookie") for one in cookies(scripts, script) if one.sets)

    @cached_property
    def http_only(self) -> tuple[Evidence, ...]:
        """The lines that set a session's cookie out of scripts' reach; none where scripts can read one that the site sets."""
        told = [one for one in self._set if names_a_session(one.name)]
        if not told or any(one.http_only is not True for one in told):
            return ()
        sources = [(self._files.source(one.place.path), one) for one in told]
        return tuple(dict.fromkeys(source.line(one.place.line) for source, one in sources if source is not None))

    def may_be(self, name: str) -> bool:
        """Whether a cookie of that name may hold a session that scripts cannot read."""
        if any(one.by_script and one.name == name for one in self._set) or self._is_written(name):
            return False
        own = {one.name for one in self._set if names_a_session(one.name) and not one.by_script}
        if not own or name in own or "{" in name or is_of_a_library(name):
            return True
        return any(one.name == name for one in self._set) if not names_a_session(name) else self._is_spoken_of(name)

    def _is_written(self, name: str) -> bool:
        """Whether the site's own scripts write a cookie of that name by other means than are read as such."""
        written = re.compile(rf"(?:document\.cookie\s*=|\bsetCookie\(|Cookies\.set\()[^;\n]*?{re.escape(name)}\b")
        marks = (b"document.cookie", b"Cookies.set", b"setCookie")
        sources = [self._files.source(path) for path in self._files.containing(*marks)]
        return any(one is not None and "next/headers" not in one.text and written.search(one.text) for one in sources)

    def _is_spoken_of(self, name: str) -> bool:
        """Whether a backend of the repository names the cookie, so that it may set it."""
        tree = self._files.tree
        marks = tuple(quote + name.encode() + quote for quote in (b'"', b"'"))
        for path in tree.under("", ".py"):
            content = tree.read(path)
            if content is not None and b"cookie" in content.data and any(mark in content.data for mark in marks):
                return True
        return False

    def read(self, texts: Texts, term: Term) -> Iterator[Evidence]:
        """The lines of a function that find out on the server who asks."""
        for call in term.node.find_all(kind="call_expression"):
            function = call.field("function")
            name = javascript.last_name(function)
            if name in _SESSIONS and not (name == "auth" and function is not None and function.kind() != "identifier"):
                if is_reached(call):
                    yield term.source.at(call)
            elif name == "get" and function is not None and is_reached(call):
                holder = function.field("object")
                given = javascript.arguments(call)
                if holder is not None and _is_jar(term, holder):
                    names = texts.of(term.source, given[0]) if given else ()
                    if all(self.may_be(one) for one in names):
                        yield term.source.at(call)
        yield from self.picked(texts, term)
        yield from self._by_property(texts, term)

    def picked(self, texts: Texts, term: Term) -> Iterator[Evidence]:
        """The lines that pick one cookie, by its name, out of the header that has them all."""
        for call in term.node.find_all(kind="call_expression") if _HEADER.search(term.node.text()) else ():
            if javascript.last_name(call.field("function")) == "startsWith" and is_reached(call):
                names = [one for given in javascript.arguments(call)[:1] for one in texts.of(term.source, given)]
                if names and all(one.endswith("=") and self.may_be(one.removesuffix("=")) for one in names):
                    yield term.source.at(call)

    def _by_property(self, texts: Texts, term: Term) -> Iterator[Evidence]:
        """``request.cookies.session`` and ``request.cookies["session"]``."""
        for kind in ("member_expression", "subscript_expression"):
            for node in term.node.find_all(kind=kind):
                holder = node.field("object")
                if holder is None or holder.kind() != "member_expression" or javascript.last_name(holder) != "cookies":
                    continue
                if kind == "member_expression":
                    names = (javascript.last_name(node),)
                else:
                    names = texts.of(term.source, node.field("index"))
                if not _METHODS.intersection(names) and all(self.may_be(one) for one in names) and is_reached(node):
                    yield term.source.at(node)


def _is_jar(term: Term, holder: SgNode) -> bool:
    """Whether something holds the cookies of the request."""
    if "headers" in holder.text():
        return False
    if _COOKIE.search(holder.text()):
        return True
    plain = javascript.plain(holder)
    meant = binding(term.source, plain.text(), plain) if plain.kind() == "identifier" else None
    value = javascript.plain(meant.value) if meant is not None and meant.value is not None else None
    return (
        value is not None and value.kind() == "call_expression" and javascript.last_name(value.field("function")) == "cookies"
    )
