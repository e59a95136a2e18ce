"""What the variables of a backend are set to, by the rules that their names follow."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.reading.launch import DatabaseUse, Launch
    from chatkit_integrator.reading.launch.variables import Variable

_DATABASE = re.compile(
    r"(DATABASE|POSTGRES(QL)?|PG|NEON|DB)_?(URL|URI|DSN)$|_DSN$|^DB_?CONN|CONNECTION_STRING$|_DATABASE_URI?$"
)
_SECRET = re.compile(r"SECRET|SIGNING_KEY|JWT_KEY|ENCRYPTION_KEY|^SESSION_KEY|PRIVATE_KEY")
_ISSUER = re.compile(r"(SSO|AUTH|JWKS|ISSUER|OIDC|IDP|KEYCLOAK|CLERK)\w*_(URL|URI|DOMAIN)$|JWKS|ISSUER|^(SSO|AUTH|OIDC)_URL$")
_MODEL = re.compile(r"(OPENAI|LLM|MODEL|GEMINI|GROQ|OPENROUTER|OLLAMA|AI)\w*_(BASE_?URL|API_BASE|ENDPOINT|BASE)$")
_SITE = re.compile(r"FRONTEND|ORIGIN|CORS|ALLOWED_HOSTS|WEB_URL|APP_URL|SITE_URL|CLIENT_URL")
_LIMIT = re.compile(r"RATE_LIMIT|PER_(MINUTE|HOUR|DAY|SECOND)|MAX_REQUESTS|QUOTA")
_OUTSIDE = re.compile(r"(REDIS|KAFKA|RABBIT|AMQP|MONGO|CELERY|DAPR|OTEL|SENTRY)")
_ADDRESS = re.compile(r"(_|^)(URL|URI|ENDPOINT)$")
_PARTS = re.compile(r"^(?:POSTGRES|PG|DB|DATABASE|SQL)_?(HOST|SERVER|PORT|USER|USERNAME|PASSWORD|PASS|DB|NAME|DATABASE)$")
_SYSTEMS = frozenset({
    "HOME", "PATH", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "TZ", "TMPDIR", "TEMP", "TERM", "HOSTNAME", "HOST", "PORT",
    "PYTHONPATH", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT",
})  # fmt: skip
_ALWAYS = {
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OTEL_SDK_DISABLED": "true",
    "DO_NOT_TRACK": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "HF_HUB_OFFLINE": "1",
    "UV_NO_SYNC": "1",
    "UV_OFFLINE": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Addresses:
    """Where the stand-ins are. ``database`` is host, port, user, password and name, ``None`` where there is none."""

    recorder: str
    database: tuple[str, int, str, str, str] | None
    drivers: tuple[str, ...] = ()

    @cached_property
    def secret(self) -> str:
        """The secret that every variable of that kind gets."""
        return secrets.token_hex(24)


def needs_database(launch: Launch) -> bool:
    """Whether some variable wants an address of a PostgreSQL."""
    return any(_is_postgres(one) for one in launch.variables) or any(_PARTS.match(one.name) for one in launch.variables)


def secret_names(launch: Launch) -> tuple[str, ...]:
    """The variables that tokens may be signed with."""
    return tuple(one.name for one in launch.variables if _SECRET.search(one.name))


def environment(launch: Launch, where: Addresses, own: Mapping[str, str]) -> dict[str, str]:
    """The values of everything that the backend reads; ``own`` are those that the repository's settings give."""
    found = dict(_ALWAYS)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        found[name] = f"{where.recorder}/v1"
    found |= {"OPENAI_API_KEY": "sk-recorded", "ANTHROPIC_BASE_URL": where.recorder, "ANTHROPIC_API_KEY": "recorded"}
    for one in launch.variables:
        if one.name in _SYSTEMS:
            continue
        value = _value(one, launch.database, where)
        if value is not None:
            found[one.name] = value
    return {**found, **{name: text.replace("{recorder}", where.recorder) for name, text in own.items()}}


def _is_postgres(one: Variable) -> bool:
    return bool(_DATABASE.search(one.name.upper())) and not _is_file(one)


def _is_file(one: Variable) -> bool:
    """A database that needs no server is left as it is."""
    return (one.default or one.example or "").startswith(("sqlite", "file:", "duckdb"))


def _value(one: Variable, use: DatabaseUse, where: Addresses) -> str | None:
    return next(_values(one, use, where), None)


def _values(one: Variable, use: DatabaseUse, where: Addresses) -> Iterator[str]:
    """What fits, the surest rule first; nothing where the code's own default is best."""
    name = one.name.upper()
    if _DATABASE.search(name):
        if _is_file(one):
            yield from _required(one, one.example or one.default or "")
        elif where.database is not None and (where.drivers or one.is_required):
            host, port, user, password, database = where.database
            yield f"{scheme(one, use, where.drivers)}://{user}:{password}@{host}:{port}/{database}"
        return
    if where.database is not None and (part := _PARTS.match(name)):
        yield _part(part.group(1), where.database)
    if _SECRET.search(name) and not name.endswith("_ID"):
        yield where.secret
    if _LIMIT.search(name) and (one.default or one.example or "0").isdigit():
        yield "100000"
    if "MCP" in name and _ADDRESS.search(name):
        yield f"{where.recorder}/mcp"
    if _MODEL.search(name):
        yield f"{where.recorder}/v1"
    if (is_site := bool(_SITE.search(name))) or _OUTSIDE.search(name):
        yield from _required(one, "http://localhost:3000" if is_site else "http://127.0.0.1:9")
        return
    if _ISSUER.search(name):
        yield f"{where.recorder}/jwks" if "JWKS" in name else where.recorder
    if name in {"QDRANT_URL", "LANGGRAPH_API_URL"} or name.endswith("_BASE_URL") or (_ADDRESS.search(name) and not one.default):
        yield where.recorder
    yield from ["recorded"] if "API_KEY" in name else _required(one, _plain(one))


def _part(name: str, address: tuple[str, int, str, str, str]) -> str:
    host, port, user, password, database = address
    parts = {"HOST": host, "SERVER": host, "PORT": str(port), "USER": user, "USERNAME": user}
    return {**parts, "PASSWORD": password, "PASS": password}.get(name, database)


def _required(one: Variable, value: str) -> Iterator[str]:
    if one.is_required and one.default is None:
        yield value


def _plain(one: Variable) -> str:
    """Something of the type."""
    kind = one.kind.lower()
    if "bool" in kind:
        return "true"
    if "int" in kind or "float" in kind:
        return "1"
    if "list" in kind or "set" in kind:
        return "[]"
    if "dict" in kind:
        return "{}"
    return "nobody@example.com" if "email" in one.name.lower() else one.example or "recorded"


def scheme(one: Variable, use: DatabaseUse, drivers: tuple[str, ...]) -> str:
    """The scheme of an address that the installed driver takes."""
    for given in (one.default or "", one.example or ""):
        if "+" in given.partition("://")[0]:
            return given.partition("://")[0]
    if use.rewrites or not use.has_sqlalchemy or "psycopg2" in drivers:
        return "postgresql+asyncpg" if use.is_async and not use.rewrites and "asyncpg" in drivers else "postgresql"
    if use.is_async and "asyncpg" in drivers:
        return "postgresql+asyncpg"
    return "postgresql+psycopg" if "psycopg" in drivers else "postgresql"
