"""What a repository says to this program in ``chatkit-integrator.toml``, or under ``[tool.chatkit-integrator]``.

The dataclasses are the format: a table is a class, a key is a field, and a key that is no field is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the reader validates by these annotations
from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - the same
from typing import Any, Literal, TypeAlias, get_args

AuthKind: TypeAlias = Literal["hs256", "jwks-rs256", "jwks-eddsa", "header", "query", "cookie", "login", "none"]
Why: TypeAlias = Literal["accepted-risk", "false-positive", "fixed-elsewhere", "not-applicable-here", "test-data"]
REASONS: tuple[str, ...] = get_args(Why)
"""Why a fail may be set aside; the list is closed, so that reports can be compared."""


@dataclass(frozen=True, slots=True)
class Auth:
    """How a test user of the proofs proves who they are; ``{user}`` in a claim stands for the user's id.

    ``secret_env`` is the environment variable from which the backend takes the secret that signs a token (``hs256``),
    ``claims`` is what the token says. ``header`` is the name under which it travels: of the header that carries the user's id
    (``header``) or the token, of the parameter with the id (``query``), of the cookie with the token (``cookie``).

    With ``login`` each signs in at the backend itself: ``path`` gets a POST of ``fields``, as JSON or, with ``form``, as a
    form, after one to ``register`` where that is given. ``{name}`` and ``{email}`` in a field are the user's, new each time.
    ``token`` is where the answer has the token, such as ``data.access_token``; cookies of the answer are kept in any case.
    """

    kind: AuthKind
    secret_env: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict[str, Any])
    header: str | None = None
    path: str | None = None
    register: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    form: bool = False
    token: str = "access_token"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Context:
    """What the frontend sends along: ``metadata`` of a request, where ``{nonce}`` stands for a text that is looked for."""

    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Login:
    """The form that signs a test user in to the site.

    ``path`` is its page, ``fields`` what goes into which field (by label or name), ``submit`` the name of its button, without
    which Enter is pressed.
    """

    path: str
    fields: Mapping[str, str]
    submit: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a proof of the site cannot find out: how to sign in, the addresses that show the chat, more variables."""

    login: Login | None = None
    pages: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Prove:
    """What a proof cannot find out by itself; what is left out is inferred.

    ``start`` is the command of the backend, without host and port; ``cwd`` its folder and ``python`` its interpreter, both
    relative to the repository; ``endpoint`` the path that ChatKit posts to. ``setup`` are commands to run before the start,
    ``sql`` statements to run once for each test user. ``env`` adds variables; ``{recorder}`` in one stands for the address of
    the stand-in that answers for other services.
    """

    start: str | None = None
    cwd: str | None = None
    python: str | None = None
    endpoint: str | None = None
    setup: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    auth: Auth | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    context: Context | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A fail that is set aside: it stays in every report, with the reason, and does not count.

    ``path`` (a pattern such as ``backend/**``) keeps it to fails that are shown there; after ``until`` it no longer holds.
    """

    item: str
    reason: Why
    because: str
    path: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it. ``source`` is the file that it was read from; ``None`` where there is none, and nothing is set."""

    source: str | None = None
    backend: str | None = None
    frontend: str | None = None
    baseline: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    suppress: tuple[Suppression, ...] = ()
    prove: Prove | None = None
