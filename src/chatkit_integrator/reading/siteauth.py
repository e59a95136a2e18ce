"""How a site signs people in, as its own code shows: a session cookie, a library, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import jslook as javascript

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.tree import Tree

LIBRARIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("clerk", ("@clerk/nextjs", "@clerk/clerk-react")),
    ("better-auth", ("better-auth",)),
    ("next-auth", ("next-auth", "@auth/core", "@auth/nextjs")),
    ("supabase", ("@supabase/ssr", "@supabase/auth-helpers-nextjs", "@supabase/supabase-js")),
)
_SESSION_COOKIE = re.compile(r"token|session|auth|jwt|access|sid$", re.IGNORECASE)
_OTHER_COOKIE = re.compile(r"refresh|csrf|theme|locale|sidebar|consent|state|verifier|nonce", re.IGNORECASE)
_SIGN_IN = re.compile(r"^(log-?in|sign-?in|auth)$", re.IGNORECASE)
_STORED = re.compile(r"token|jwt|auth", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One way of signing in that is in use, and the line that shows it."""

    kind: str
    cookie: str | None
    http_only: bool | None
    place: Location


def find(tree: Tree, root: str, packages: Mapping[str, str]) -> tuple[SignIn, ...]:
    """Every way that the site's live code uses, the session cookies first."""
    return (*_cookies(tree, root), *_libraries(tree, root, packages), *_stored(tree, root))


def _cookies(tree: Tree, root: str) -> Iterator[SignIn]:
    seen: dict[str, Location] = {}
    counted: Counter[str] = Counter()
    http_only: dict[str, bool] = {}
    for path, body in javascript.containing(tree, root, b"cookies", b"Set-Cookie", b"set-cookie"):
        jars = frozenset(re.findall(r"(\w+)\s*=\s*(?:await\s+)?cookies\(\)", body))
        for call, line in javascript.calls(body, "set", "get"):
            function = call.field("function")
            if function is None or not _is_jar(function.text(), jars):
                continue
            given = javascript.arguments(call)
            if not given:
                continue
            name = javascript.string(given[0], body)
            if name is None and given[0].kind() == "identifier":
                name = javascript.imported_constant(tree, root, path, body, given[0].text())
            if name is None and given[0].kind() == "object":
                name = javascript.string(javascript.property_value(given[0], "name"), body)
            if name is None or not _SESSION_COOKIE.search(name) or _OTHER_COOKIE.search(name):
                continue
            counted[name] += 1
            seen.setdefault(name, Location(path, line))
            if function.text().endswith("set"):
                options = next((one for one in given if one.kind() == "object"), None)
                value = javascript.property_value(options, "httpOnly") if options is not None else None
                http_only[name] = (value is not None and value.text() == "true") or http_only.get(name, False)
                seen[name] = Location(path, line)
    for name, _ in counted.most_common():
        yield SignIn("jwt-cookie", name, http_only.get(name), seen[name])


def _is_jar(function: str, jars: frozenset[str]) -> bool:
    """Whether a method is called on a cookie jar."""
    holder = function.rsplit(".", 1)[0]
    return holder in jars or bool(re.search(r"cookie", holder, re.IGNORECASE))


def _libraries(tree: Tree, root: str, packages: Mapping[str, str]) -> Iterator[SignIn]:
    for kind, names in LIBRARIES:
        wanted = [name for name in names if name in packages]
        if not wanted:
            continue
        for path, body in javascript.containing(tree, root, *(name.encode() for name in wanted)):
            found = next(
                (
                    node
                    for node, module in _imports(body)
                    if any(module == one or module.startswith(f"{one}/") for one in wanted)
                ),
                None,
            )
            if found is not None:
                yield SignIn(kind, None, None, Location(path, found))
                break


def _imports(body: str) -> Iterator[tuple[int, str]]:
    from chatkit_integrator.syntax import tsx  # noqa: PLC0415 - one call

    for node, module in tsx.imports(body):
        yield node.range().start.line + 1, module


def _stored(tree: Tree, root: str) -> Iterator[SignIn]:
    for path, body in javascript.containing(tree, root, b"localStorage"):
        for call, line in javascript.calls(body, "getItem", "setItem"):
            given = javascript.arguments(call)
            name = javascript.string(given[0], body) if given else None
            function = call.field("function")
            if name and function is not None and "localStorage" in function.text() and _STORED.search(name):
                yield SignIn("localstorage", None, None, Location(path, line))
                return


def sign_in_path(tree: Tree, app_dir: str | None, pages_dir: str | None) -> str | None:
    """The path of the page where people sign in."""
    found: list[str] = []
    for folder in (app_dir, pages_dir):
        if folder is None:
            continue
        for path in tree.under(folder, ".tsx", ".jsx", ".ts", ".js"):
            inside = path.removeprefix(folder + "/")
            route = dirname(inside) if inside.split("/")[-1].split(".")[0] in {"page", "index"} else inside.rsplit(".", 1)[0]
            if folder == app_dir and inside.split("/")[-1].split(".")[0] != "page":
                continue
            parts = [part for part in route.split("/") if part and not part.startswith("(") and not part.startswith("[")]
            if parts and _SIGN_IN.match(parts[-1]) and parts[0] not in {"api", "admin"}:
                found.append("/" + "/".join(parts))
    return min(found, key=lambda one: (one.count("/"), len(one), one), default=None)
