"""Somebody who is signed in, as a browser and the site's endpoints know them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.settings import Login

HOURS = 8
MASK = "[credential]"


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of the site."""

    name: str
    value: str
    http_only: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Who visits. ``token`` is what a backend takes as proof, ``cookies`` and ``storage`` where the site keeps it.

    ``stands_in`` lets questions of the page for its session be answered in the place of a sign-in service that nobody runs;
    an answer of the site's own that names somebody is always left alone.
    """

    id: str
    name: str
    email: str
    token: str
    cookies: tuple[Cookie, ...] = ()
    storage: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    login: Login | None = None
    stands_in: bool = True

    def described(self) -> dict[str, object]:
        """The answer to a question for the session, under the names that sites use."""
        expires = time.time() + HOURS * 3600
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(expires))
        user: dict[str, object] = {
            "id": self.id,
            "sub": self.id,
            "name": self.name,
            "full_name": self.name,
            "username": self.name,
            "email": self.email,
            "emailVerified": True,
            "role": "user",
            "is_active": True,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
        }
        session = {"id": "session", "token": self.token, "userId": self.id, "expiresAt": stamp}
        return {
            **user,
            "user": user,
            "session": session,
            "data": {"user": user, "session": session},
            "token": self.token,
            "access_token": self.token,
            "accessToken": self.token,
            "expires": stamp,
            "expiresAt": int(expires * 1000),
            "authenticated": True,
            "isAuthenticated": True,
            "valid": True,
        }

    def is_in(self, text: str) -> bool:
        """Whether a text carries this person's proof of identity or id."""
        return self.token in text or any(len(one.value) > 3 and one.value in text for one in self.cookies) or self.id in text  # noqa: PLR2004 - a value, not a flag

    def masked(self, text: str, more: Iterable[str] = ()) -> str:
        """A text without what would let somebody be this person; ``more`` are values that a site gave them."""
        secrets = {self.token, *(one.value for one in self.cookies), *self.headers.values(), *more}
        for secret in sorted((one for one in secrets if len(one) > 8), key=len, reverse=True):  # noqa: PLR2004 - not a flag
            text = text.replace(secret, MASK)
        return text
