"""What every detector of a sign-in system answers with, and what several of them ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import Location
from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chatkit_integrator.model.profile import FrontendAuth
    from chatkit_integrator.reading.scripts import Script, Scripts

_SESSION = re.compile(r"token|session|jwt|auth|bearer|access|(^|[_.-])sid$", re.IGNORECASE)
SPEAKS_OF_ONE = re.compile(rb"token|session[^S]|jwt|auth|bearer|access|sid\b|cookie_|_cookie|_name|_key", re.IGNORECASE)
"""What the bytes of a file hold that names a session, or takes the name from elsewhere: a cheap look before parsing."""
_SOMETHING_ELSE = re.compile(
    r"refresh|csrf|xsrf|theme|locale|lang|sidebar|consent|state|verifier|nonce|challenge|pkce|callback|redirect|return"
    r"|reset|invit|verif|method|mode|expir|push|fcm|device|draft|guest|encrypt|provider|chat[-_]?session"
    r"|google|github|gitlab|facebook|discord|slack|spotify|dropbox|stripe",
    re.IGNORECASE,
)
_OF_A_LIBRARY = re.compile(
    r"^(__Secure-|__Host-)?(next-auth|authjs|better-auth)\.|^sb-|^__(session|client)|supabase|clerk", re.IGNORECASE
)

_COOKIES = {
    "better-auth": r"(__Secure-)?better-auth\.session_token",
    "next-auth": r"(__Secure-)?(next-auth|authjs)\.session-token",
    "clerk": r"__session",
    "supabase": r"sb-.+-auth-token",
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """One way of signing in that live code uses, and the lines that show it.

    ``cookies`` are the names of all session cookies found, several where nothing tells which of them it is. ``alone`` says
    whether it is used in code that has nothing to do with another sign-in system. A cookie that the server does not set is not
    ``is_certain``: it may be a mere sign that somebody is signed in. ``facts`` are lines that show more of it.
    """

    auth: FrontendAuth
    places: tuple[Location, ...]
    cookies: tuple[str, ...] = ()
    alone: bool = True
    is_certain: bool = True
    facts: Mapping[str, tuple[Location, ...]] = field(default_factory=dict[str, "tuple[Location, ...]"])


def names_a_session(name: str) -> bool:
    """Whether a cookie or storage key of that name holds who is signed in, and is the project's own."""
    return bool(_SESSION.search(name)) and not _SOMETHING_ELSE.search(name) and not _OF_A_LIBRARY.search(name)


def is_of_a_library(name: str) -> bool:
    """Whether a cookie of that name is a sign-in library's own."""
    return bool(_OF_A_LIBRARY.search(name))


def is_the_cookie_of(library: str, name: str) -> bool:
    """Whether a cookie of that name is the one that holds the session of that library."""
    return re.fullmatch(_COOKIES.get(library, ""), name) is not None


def of_package(module: str, package: str) -> bool:
    """Whether an import is of a package or of a part of it."""
    return module == package or module.startswith(f"{package}/")


def uses(
    scripts: Scripts, *packages: str, unless: tuple[str, ...] = (), when: Callable[[Script], bool] | None = None
) -> Iterator[Location]:
    """Imports of packages that the manifest declares; ``unless`` are modules that prove nothing."""
    declared = [one for one in packages if one in scripts.declared]
    if not declared:
        return
    for script in scripts.containing(*(one.encode() for one in declared)):
        for one in javascript.imports(script.text):
            wanted = any(of_package(one.module, package) for package in declared)
            if wanted and one.module not in unless and (when is None or when(script)):
                yield Location(script.path, one.line)
                break
