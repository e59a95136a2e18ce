"""How a site knows its user, as its own live code shows: one module for each way, all of the same shape.

Independent of the framework that the site is built with. Each ``detect(scripts)`` gives what it found, with the lines that show
it, or ``None``; which of several counts is for a framework's inspection, and for a person, to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.reading.signin import better_auth, clerk, jwt_cookie, localstorage, next_auth, others, supabase
from chatkit_integrator.reading.signin.shared import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.reading.scripts import Scripts

__all__ = ["SignIn", "find"]

DETECTORS: tuple[Callable[[Scripts], SignIn | None], ...] = (
    jwt_cookie.detect,
    better_auth.detect,
    next_auth.detect,
    clerk.detect,
    supabase.detect,
    others.detect,
    localstorage.detect,
)


def find(scripts: Scripts) -> tuple[SignIn, ...]:
    """Every way that a person may choose between, the one that can be integrated first.

    A library's own handling of a cookie is no way of its own, and tokens in the browser's storage count only where nothing else
    is certain.
    """
    found = [one for detect in DETECTORS for one in (detect(scripts),) if one is not None]
    libraries = [one for one in found if one.auth.kind not in {"jwt-cookie", "localstorage"}]
    cookies = [one for one in found if one.auth.kind == "jwt-cookie" and (one.alone or not libraries)]
    is_certain = bool(libraries) or any(one.is_certain for one in cookies)
    stored = [one for one in found if one.auth.kind == "localstorage" and not is_certain]
    return (*cookies, *libraries, *stored)
