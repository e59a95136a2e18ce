"""What the dependency for the current user checks a token against: published keys, or a secret.

Names and calls in its own code and in what it calls say so; comments and docstrings do not.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.reading.python import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Definition, PythonModules

_KEYS = re.compile(r"jwks|jwk_set|pyjwk|get_signing_key|oauth2/v3/certs", re.IGNORECASE)
_SECRET = re.compile(r"\bHS(256|384|512)\b|secret", re.IGNORECASE)
_DEPTH = 5


def checked_against(modules: PythonModules, definition: Definition) -> Literal["keys", "secret"] | None:
    """Say what tokens are checked against; ``None`` where it is neither plainly."""
    found = "\n".join(_code(modules, definition, set(), _DEPTH))
    if _KEYS.search(found):
        return "keys"
    return "secret" if _SECRET.search(found) else None


def _code(modules: PythonModules, definition: Definition, seen: set[tuple[str, str]], depth: int) -> Iterator[str]:
    key = (definition.path, definition.name)
    if key in seen or depth < 0:
        return
    seen.add(key)
    yield from _words(definition.node)
    for node in ast.walk(definition.node):
        name = dotted(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
        inner = modules.resolve(definition.path, name) if name else None
        if inner is not None:
            yield from _code(modules, inner, seen, depth - 1)


def _words(node: ast.AST) -> Iterator[str]:
    """Names, arguments and short strings of a piece of code."""
    for one in ast.walk(node):
        match one:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.keyword(arg=str(word)):
                yield word
            case ast.Constant(value=str(word)) if not re.search(r"\s", word):
                yield word
            case _:
                pass
