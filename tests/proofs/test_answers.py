"""What the stand-in for a model says: what the request holds, and what a schema allows."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit_integrator.proofs.answers import answer, schema_of, smallest

CONTEXT = '<context>\n{"page": {"title": "Tea"}}\n</context>'


def asked(*texts: str) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": text}]} for text in texts]}


def test_a_name_that_was_never_sent_is_not_known() -> None:
    assert answer(asked("What is my name?")) == "You have not told me your name."


def test_a_name_is_known_only_from_an_earlier_turn() -> None:
    assert answer(asked("My name is Ada", "What is my name?")) == "Your name is Ada, you told me before."


def test_the_page_is_named_only_where_its_context_arrived() -> None:
    assert "Tea" in answer(asked(CONTEXT, "Hello"))
    assert "Tea" not in answer(asked("Hello"))


def test_both_apis_say_what_was_asked() -> None:
    assert answer({"messages": [{"role": "user", "content": "Hello"}]}) == answer({"input": "Hello"}) == "You said: Hello"


def test_plain_text_has_no_schema() -> None:
    assert schema_of({"input": "Hello", "text": {"format": {"type": "text"}}}) is None


@pytest.mark.parametrize(
    "request_",
    [
        {"text": {"format": {"type": "json_schema", "schema": {"type": "null"}}}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "null"}}}},
    ],
    ids=["responses", "chat completions"],
)
def test_a_schema_is_found_in_both_apis(request_: dict[str, Any]) -> None:
    assert schema_of(request_) == {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "minLength": 10}, "recorded.."),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": ["null", "string"]}, None),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": "x"}, "x"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": "array", "items": {"type": "number"}, "minItems": 2}, [0, 0]),
        ({"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a"]}, {"a": 0}),
        ({"$ref": "#/$defs/Inner", "$defs": {"Inner": {"type": "number"}}}, 0),
    ],
    ids=str,
)
def test_an_answer_is_the_smallest_value_of_its_schema(schema: dict[str, Any], value: object) -> None:
    assert smallest(schema) == value


@pytest.mark.parametrize(("name", "passes"), [("is_safe", True), ("relevant", True), ("jailbreak", False), ("flagged", False)])
def test_what_a_guard_asks_is_answered_so_that_people_pass(name: str, passes: bool) -> None:
    schema = {"type": "object", "properties": {name: {"type": "boolean"}}, "required": [name]}
    assert smallest(schema) == {name: passes}
