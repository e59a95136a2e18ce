"""What the recording stand-in for a model says: only what the request that it got holds, or allows.

Plain questions are answered from the history and the page context in the request, so an answer shows what arrived. Where a
schema is asked for, it is the smallest value of that schema, with what guards ask answered so that they let people pass.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

_NAME = re.compile(r"\bmy name is ([A-Z][\w'-]*)", re.IGNORECASE)
_ASKS_NAME = re.compile(r"\bwhat('s| is) my name\b|\bwho am i\b", re.IGNORECASE)
_CONTEXT = re.compile(r"<context>\s*(\{.*?\})\s*</context>", re.DOTALL)
_ROLES = {"human": "user", "ai": "assistant", "model": "assistant"}
_SPEAKERS = {"user", "assistant", "system", "developer"}
_ALARM = re.compile(
    r"violat|flag|trip|block|unsafe|harm|jailbreak|injection|malicious|off_?topic|abus|spam|error|fail", re.IGNORECASE
)


def _texts(message: dict[str, Any]) -> str:
    content: Any = message.get("content", message.get("parts", ""))
    if not isinstance(content, list):
        return str(content or "")
    parts = cast("list[Any]", content)
    return "\n".join(str(cast("dict[str, Any]", part).get("text", "")) for part in parts if isinstance(part, dict))


def said(request: dict[str, Any]) -> list[tuple[str, str]]:
    """The conversation in a request, of any of the APIs, as (role, text), oldest first."""
    given: Any = request.get("input", request.get("messages", request.get("contents", [])))
    if isinstance(given, dict):
        given = cast("dict[str, Any]", given).get("messages", [])
    if not isinstance(given, list):
        return [("user", str(given))]
    messages = [cast("dict[str, Any]", one) for one in cast("list[Any]", given) if isinstance(one, dict)]
    roles = [_ROLES.get(role, role) for role in (str(one.get("role") or one.get("type") or "") for one in messages)]
    return [(role, _texts(one)) for role, one in zip(roles, messages, strict=True) if role in _SPEAKERS]


def answer(request: dict[str, Any]) -> str:
    """What the stand-in says: it knows only what the request holds."""
    turns = said(request)
    people = [text for role, text in turns if role == "user" and not _CONTEXT.search(text)]
    newest = people[-1] if people else ""
    page = _page(turns)
    if _ASKS_NAME.search(newest):
        named = next((found for text in reversed(people[:-1]) if (found := _NAME.search(text))), None)
        told = f"Your name is {named.group(1)}, you told me before." if named else "You have not told me your name."
    elif named := _NAME.search(newest):
        told = f"Hello {named.group(1)}, nice to meet you."
    else:
        told = f"You said: {newest[:200]}"
    return f"{told} You are looking at “{page}”." if page else told


def _page(turns: list[tuple[str, str]]) -> str:
    for _, text in reversed(turns):
        found = _CONTEXT.search(text)
        if found:
            try:
                return str(json.loads(found.group(1)).get("page", {}).get("title", ""))
            except json.JSONDecodeError:
                return ""
    return ""


def schema_of(request: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that an answer has to fit, of either API; ``None`` where plain text will do."""
    form = _part(_part(request, "text"), "format") or _part(request, "response_format")
    if form.get("type") != "json_schema":
        return None
    return _part(_part(form, "json_schema") or form, "schema")


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", value.get(name) or {})


def smallest(schema: dict[str, Any], root: dict[str, Any] | None = None, name: str = "") -> object:
    """The smallest value that fits a schema; a boolean is true unless its name is that of an alarm."""
    root = schema if root is None else root
    inner = _inner(schema, root)
    if inner is not None:
        return smallest(inner, root, name)
    given = [schema[one] for one in ("const", "default") if one in schema] + list(schema.get("enum") or [])
    return given[0] if given else _of_type(schema, root, name)


def _inner(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any] | None:
    """What a reference or a choice of schemas stands for."""
    if "$ref" in schema:
        found: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        return cast("dict[str, Any]", found)
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    return cast("dict[str, Any]", choices[0]) if choices else None


def _of_type(schema: dict[str, Any], root: dict[str, Any], name: str) -> object:
    kinds: Any = schema.get("type", "string")
    match str(cast("list[str]", kinds)[0] if isinstance(kinds, list) else kinds):
        case "object":
            properties = cast("dict[str, dict[str, Any]]", schema.get("properties") or {})
            wanted = cast("list[str]", schema.get("required", []))
            return {key: smallest(properties[key], root, key) for key in wanted if key in properties}
        case "array":
            items = cast("dict[str, Any]", schema.get("items") or {})
            return [smallest(items, root) for _ in range(int(schema.get("minItems", 0)))]
        case "boolean":
            return _ALARM.search(name) is None
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "null":
            return None
        case _:
            return "recorded".ljust(int(schema.get("minLength", 0)), ".")
