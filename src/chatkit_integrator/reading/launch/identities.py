"""What in a request may say who is asking: headers, cookies and parameters that the code looks at, how tokens are signed."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.python import dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Module, PythonModules

_SOMEBODY = re.compile(
    r"user|uid\b|\bsub\b|account|owner|identity|member|customer|auth|session|token|jwt|e-?mail", re.IGNORECASE
)
_COOKIE_IN_TEXT = re.compile(r"""["']([\w.-]*(?:token|session|auth|jwt)[\w.-]*)=["']""", re.IGNORECASE)
_PLAIN = re.compile(r"token|auth|session|jwt|secret|key", re.IGNORECASE)
_KEYS = re.compile(r"jwks|PyJWKClient|well-known", re.IGNORECASE)
_SECRET = re.compile(r"jwt\.decode|jose|PyJWT|HS256", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identities:
    """Names are as the request has them; ``claims`` are those that the code takes out of a token."""

    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    has_keys: bool = False
    has_secret: bool = False


def read_identities(modules: PythonModules, home: str) -> Identities:
    """Everything that names somebody, in any live module."""
    headers: list[str] = []
    cookies: list[str] = []
    query: list[str] = []
    claims: list[str] = []
    audiences: list[str] = []
    issuers: list[str] = []
    keys = secret = False
    kept = {"header": headers, "cookie": cookies, "query": query, "claim": claims, "audience": audiences, "issuer": issuers}
    for module in live(modules, home):
        keys |= bool(_KEYS.search(module.text))
        secret |= bool(_SECRET.search(module.text))
        cookies += _COOKIE_IN_TEXT.findall(module.text)
        for kind, name in _asked(module):
            kept[kind].append(name)
    return Identities(
        headers=tuple(one for one in dict.fromkeys(headers) if _SOMEBODY.search(one) and one.lower() != "authorization"),
        cookies=tuple(one for one in dict.fromkeys(cookies) if _SOMEBODY.search(one)),
        query=tuple(one for one in dict.fromkeys(query) if _SOMEBODY.search(one)),
        claims=tuple(one for one in dict.fromkeys(claims) if _SOMEBODY.search(one) or one.lower().endswith("id")),
        audiences=tuple(dict.fromkeys(audiences)),
        issuers=tuple(dict.fromkeys(issuers)),
        has_keys=keys,
        has_secret=secret,
    )


def is_plain(name: str) -> bool:
    """Whether a header or parameter of that name carries an id rather than a token."""
    return not _PLAIN.search(name)


def _asked(module: Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[first, *_]):
                yield from _of(dotted(value) or "", literal(first))
            case ast.Subscript(value=value, slice=index):
                yield from _of(dotted(value) or "", literal(index))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _parameters(node)
            case ast.Call(func=function) if (dotted(function) or "").endswith("jwt.decode"):
                for kind in ("audience", "issuer"):
                    value = _constant(module, keyword(node, kind))
                    if value:
                        yield kind, value
            case _:
                pass


def _constant(module: Module, node: ast.expr | None) -> str | None:
    """A text that is written out, or the name of one at the top of the module."""
    if not isinstance(node, ast.Name):
        return literal(node)
    for one in module.tree.body:
        match one:
            case ast.Assign(targets=[ast.Name(id=node.id)], value=value):
                return literal(value)
            case _:
                pass
    return None


def _of(holder: str, name: str | None) -> Iterator[tuple[str, str]]:
    last = holder.rpartition(".")[2]
    kinds = {"headers": "header", "cookies": "cookie", "query_params": "query"}
    if name is None:
        return
    if last in kinds:
        yield kinds[last], name
    elif last in {"payload", "claims", "decoded", "token_data", "data"}:
        yield "claim", name


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    """``x_user_id: str = Header()``, ``Annotated[str, Cookie()]`` and ``APIKeyHeader``'s kin."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    plain = [*node.args.posonlyargs, *node.args.args]
    defaults = dict(zip([one.arg for one in plain[len(plain) - len(node.args.defaults) :]], node.args.defaults, strict=True))
    defaults |= {one.arg: value for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value}
    for one in arguments:
        among = [*ast.walk(one.annotation or ast.Pass()), *ast.walk(defaults.get(one.arg, ast.Pass()))]
        for call in (found for found in among if isinstance(found, ast.Call)):
            kind = (dotted(call.func) or "").rpartition(".")[2].lower()
            if kind in {"header", "cookie", "query"}:
                name = literal(keyword(call, "alias")) or (one.arg.replace("_", "-") if kind == "header" else one.arg)
                yield kind, name
