"""Tokens that scripts keep in ``localStorage`` or ``sessionStorage``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.signin.shared import SPEAKS_OF_ONE, SignIn, names_a_session
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.scripts import Script, Scripts

_MARKS = (b"localStorage", b"sessionStorage", b"Storage(", b"persist")
_STORAGE = re.compile(r"(^|\.)(localStorage|sessionStorage)$")
_HOOK = re.compile(r"^use(Local|Session)?Storage(State)?$|^usePersist\w*$")


def detect(scripts: Scripts) -> SignIn | None:
    """Find tokens in the browser's storage."""
    scanned = scripts.containing(*_MARKS, also=SPEAKS_OF_ONE)
    places = tuple(place for script in scanned for place in _places(scripts, script))
    return SignIn(FrontendAuth("localstorage", http_only=False), places) if places else None


def _places(scripts: Scripts, script: Script) -> Iterator[Location]:
    for node, key in _keys(script):
        if any(names_a_session(name) for name in scripts.texts(script, key)):
            yield Location(script.path, javascript.line(node))
    for node in tsx.root(script.text).find_all(kind="member_expression"):
        held = node.field("object")
        name = javascript.last_name(node)
        is_key = name not in {"getItem", "setItem", "removeItem", "clear"} and names_a_session(name)
        if is_key and held is not None and _STORAGE.search(held.text()):
            yield Location(script.path, javascript.line(node))


def _keys(script: Script) -> Iterator[tuple[SgNode, SgNode]]:
    """Expressions that name an entry of the storage."""
    for node in tsx.root(script.text).find_all(kind="call_expression"):
        function, given = node.field("function"), javascript.arguments(node)
        if function is None or not given:
            continue
        name = javascript.last_name(function)
        held = function.field("object") if function.kind() == "member_expression" else None
        is_storage = held is not None and bool(_STORAGE.search(held.text()))
        if (name in {"getItem", "setItem"} and is_storage) or (held is None and _HOOK.search(name)):
            yield node, given[0]
        elif name == "persist" and len(given) > 1:
            key = javascript.property_value(given[-1], "name")
            if key is not None:
                yield node, key
    for node in tsx.root(script.text).find_all(kind="subscript_expression"):
        held, index = node.field("object"), node.field("index")
        if held is not None and index is not None and _STORAGE.search(held.text()):
            yield node, index
