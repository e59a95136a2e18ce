"""What inspection establishes about a repository, and the contract that both sides of an integration are written to.

Every field is a fact read from the repository or an answer that somebody gave; ``None`` means "not there" where the type
allows it, never "not looked for".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.unit import Location


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module-level name in a Python file of the repository. ``name`` may be dotted (``settings.DATABASE_URL``)."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Factory:
    """The function that builds the app: where it is, and what the app is called inside it."""

    path: str
    name: str
    variable: str


@dataclass(frozen=True, slots=True)
class App:
    """The FastAPI object that the server runs."""

    path: str
    symbol: str
    shape: Literal["module", "factory"]
    factory: Factory | None = None


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Who installs the backend's packages, and every manifest that declares them, the deciding one first."""

    manager: Literal["uv", "poetry", "pdm", "hatch", "flit", "pipenv", "pip", "setuptools", "conda", "none"]
    path: str | None
    manifests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """The database the backend has.

    ``engine`` is its SQLAlchemy engine object where there is one at module level; ``url_env`` the environment variable that
    the engine's address is read from where it is made inside a function.
    """

    kind: Literal["postgresql", "sqlite", "mysql", "mongodb", "other"]
    library: str
    engine: Symbol | None
    is_async: bool
    url_env: str | None = None


@dataclass(frozen=True, slots=True)
class BackendAuth:
    """How the backend knows its user.

    ``dependency`` is the FastAPI dependency that gives the current user (``None``: there is none); ``user_id`` the
    expression on its result (``user``) that is the user's id: ``user.id``, ``user["sub"]``, ``user``. ``checks`` says what it
    checks tokens against, published keys or a secret, as far as that is plain to see.
    """

    kind: Literal["bearer", "cookie", "api_key", "session", "other", "none"]
    dependency: Symbol | None = None
    user_id: str | None = None
    cookie: str | None = None
    checks: Literal["keys", "secret"] | None = None


@dataclass(frozen=True, slots=True)
class RunContext:
    """What is called for a fresh run context of an agent's tools, and with which keyword arguments, as source text."""

    maker: Symbol
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent that the user already has: an object, or a function without arguments that makes one."""

    framework: Literal["openai-agents", "langgraph", "langchain", "openai", "other"]
    symbol: Symbol | None
    context: RunContext | None = None
    is_factory: bool = False


@dataclass(frozen=True, slots=True)
class EnvFile:
    """A file that a settings class reads by itself: its ``name``, and the line of the class that says so.

    ``is_loaded``: something puts it into the process's environment as well. ``refuses``: the class stops the application where
    the file has a name that it does not know.
    """

    name: str
    path: str
    line: int
    refuses: bool
    is_loaded: bool = False


@dataclass(frozen=True, slots=True)
class Backend:
    """A Python backend. ``root`` is the folder of the manifest; ``import_root`` the folder its imports start from.

    ``package_dir`` is the folder that the app's own module lies in, where ours goes; ``relative_imports`` says whether the
    app's module imports its neighbours relatively.
    """

    root: str
    framework: str
    app: App
    lifespan: Literal["none", "lifespan", "on_event"]
    api_prefix: str
    dependencies: Dependencies
    import_root: str
    package_dir: str
    relative_imports: bool = False
    database: Database | None = None
    settings: str = "none"
    auth: BackendAuth = field(default_factory=lambda: BackendAuth("none"))
    agent: Agent | None = None
    env_example: str | None = None
    env_file: EnvFile | None = None
    requires_python: str | None = None
    integration: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A file that renders ``<html>`` for some part of the site."""

    path: str
    has_head: bool


@dataclass(frozen=True, slots=True)
class AuthServer:
    """The sign-in server that the site itself runs.

    ``path`` is the module that makes it; ``name`` (``default``) and ``module`` are what the route ``served`` imports it by.
    ``keys_path`` is where it publishes the keys that its tokens are signed with (``None``: elsewhere, or not plain to see);
    ``signs`` whether it does so already (``None``: not plain to see).
    """

    path: str
    name: str
    module: str
    served: str
    keys_path: str | None
    signs: bool | None = False


Made: TypeAlias = Literal["encrypted", "signed"]


@dataclass(frozen=True, slots=True)
class FrontendAuth:
    """How the frontend knows its user: the session cookie by name, where people sign in, a server of its own.

    ``elsewhere`` says why a server that is made here is not certainly the one that people sign in with. ``made`` says how
    the site's own code makes what is in the cookie; ``None``: that is not seen, and it may be the backend's token.
    """

    kind: Literal["jwt-cookie", "better-auth", "next-auth", "clerk", "supabase", "localstorage", "other", "none"]
    cookie: str | None = None
    http_only: bool | None = None
    sign_in_path: str | None = None
    server: AuthServer | None = None
    elsewhere: str | None = None
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Middleware:
    """``middleware.ts`` or ``proxy.ts``: the request paths it matches, as written; empty means every path."""

    path: str
    matchers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frontend:
    """A JavaScript frontend. ``root`` is the folder of its package.json; ``app_dir`` the App Router's folder."""

    root: str
    framework: str
    router: Literal["app", "pages"] | None
    language: Literal["ts", "js"]
    layout: Layout | None
    layouts: tuple[Layout, ...]
    app_dir: str | None
    manifest: str
    package_manager: str | None
    workspace_root: str
    lockfiles: tuple[str, ...] = ()
    auth: FrontendAuth = field(default_factory=lambda: FrontendAuth("none"))
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    middleware: Middleware | None = None
    csp: Location | None = None
    rewrites: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    static_export: bool = False
    env_example: str | None = None
    integration: tuple[Location, ...] = ()


Identity: TypeAlias = Literal["bearer", "jwks", "signed", "guest"]


@dataclass(frozen=True, slots=True)
class Contract:
    """What both sides must agree on, settled once; the checks never see it.

    ``identity`` is how the proxy says who is speaking. ``bearer`` forwards the session cookie ``cookie`` as ``Authorization:
    Bearer`` to the project's own dependency, or, without a cookie, the token that the site's own sign-in server gives; where
    that dependency reads a cookie, the session is ``carried`` in one, as the browser sent it and without any other. ``jwks``
    has that server sign a token for the chat alone, which the backend checks against the keys published at ``keys_path``;
    ``signed`` has the route itself sign the person's id, with ``proxy_secret_env``. ``guest`` signs an anonymous id, with
    ``secret_env``. ``attachments`` says whether people may attach files.
    """

    endpoint: str = "/chatkit"
    proxy_path: str = "/api/chatkit"
    identity: Identity | None = None
    cookie: str | None = None
    carried: Literal["header", "cookie"] = "header"
    sign_in_path: str | None = None
    keys_path: str | None = None
    attachments: bool = False
    backend_url_env: str = "CHATKIT_BACKEND_URL"
    domain_key_env: str = "NEXT_PUBLIC_CHATKIT_DOMAIN_KEY"
    secret_env: str = "CHATKIT_GUEST_SECRET"  # noqa: S105 - the name of a variable, not a secret
    proxy_secret_env: str = "CHATKIT_PROXY_SECRET"  # noqa: S105 - the same
    keys_env: str = "CHATKIT_JWKS_URL"
    database_env: str = "CHATKIT_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Profile:
    """Both sides, the contract between them, and the answers given."""

    backend: Backend | None
    frontend: Frontend | None
    contract: Contract
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
