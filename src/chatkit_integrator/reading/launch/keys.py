"""The names under which a backend looks for context of a request, so that each can be sent with a word of its own."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.python import dotted, literal

if TYPE_CHECKING:
    from chatkit_integrator.reading.python import PythonModules

_HOLDER = re.compile(
    r"meta|context|ctx|user_?info|page|body|payload|request_json|params|info|profile|envelope|data$", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z][\w-]{1,39}")
_PROTOCOL = frozenset({
    "type", "params", "input", "content", "text", "thread_id", "item_id", "metadata", "attachments", "inference_options", "id",
    "quoted_text", "limit", "order", "after", "action", "result", "kind", "item_ids", "sub", "exp", "iat", "role", "model",
    "access_token", "token", "created_at", "status", "title", "name",
})  # fmt: skip
_ALWAYS = ("userInfo", "pageContext", "user", "page", "context")
_MOST = 60


def read_keys(modules: PythonModules, home: str) -> tuple[str, ...]:
    """Keys that are taken out of anything that may be a request's context, in modules that serve the chat."""
    found: dict[str, None] = dict.fromkeys(_ALWAYS)
    for module in live(modules, home):
        if not any(mark in module.text.lower() for mark in ("chatkit", "metadata")):
            continue
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[first, *_]) if _holds(value):
                    name = literal(first)
                case ast.Subscript(value=value, slice=index) if _holds(value):
                    name = literal(index)
                case _:
                    continue
            if name and _NAME.fullmatch(name) and name not in _PROTOCOL:
                found[name] = None
    found["name"] = None
    return tuple(found)[:_MOST]


def _holds(value: ast.expr) -> bool:
    inner = value.func if isinstance(value, ast.Call) else value
    return bool(_HOLDER.search((dotted(inner) or "").rpartition(".")[2]))
