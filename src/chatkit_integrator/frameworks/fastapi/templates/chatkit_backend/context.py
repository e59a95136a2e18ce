"""Who is speaking, and what their browser said about the page they are on.

The user id has been verified. Everything else is the browser's word: it is cut to size and only ever shown to the model as
data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

MAX_TEXT = 2_000
MAX_ENTRIES = 20
MAX_DEPTH = 3


@dataclass(frozen=True)
class RequestContext:
    """One request: the verified user, and bounded copies of what its metadata carries."""

    user_id: str
    page: Mapping[str, object] = field(default_factory=dict[str, object])
    profile: Mapping[str, object] = field(default_factory=dict[str, object])
    preferences: Mapping[str, object] = field(default_factory=dict[str, object])
    selection: str = ""


def context_from(user_id: str, body: bytes) -> RequestContext:
    """Build the context of a request from its raw body; metadata of another shape counts as none.

    Raises `ValueError` where the body is no JSON.
    """
    payload: object = json.loads(body)
    metadata = _mapping(payload).get("metadata")
    found = _mapping(metadata)
    return RequestContext(
        user_id=user_id,
        page=_mapping(_bounded(found.get("pageContext"))),
        profile=_mapping(_bounded(found.get("userInfo"))),
        preferences=_mapping(_bounded(found.get("preferences"))),
        selection=str(_bounded(found.get("selection")) or ""),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        return {}
    return {str(key): one for key, one in cast("dict[object, object]", value).items()}


def _bounded(value: object, depth: int = MAX_DEPTH) -> object:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth and isinstance(value, list):
        return [_bounded(one, depth - 1) for one in cast("list[object]", value)[:MAX_ENTRIES]]
    if depth and isinstance(value, dict):
        return {key[:100]: _bounded(one, depth - 1) for key, one in list(_mapping(cast("object", value)).items())[:MAX_ENTRIES]}
    return None
