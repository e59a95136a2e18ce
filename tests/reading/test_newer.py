"""Python that is newer than the Python we run on is read all the same."""

from __future__ import annotations

import ast

import pytest

from chatkit_integrator.reading.newer import older


def test_what_is_no_python_is_not_read() -> None:
    assert older("def broken(:\n") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("try:\n    a = 1\nexcept KeyError, ValueError:\n    found = 2\n", 4),
        ("try:\n    a = 1\nexcept KeyError, ValueError:\n    type T = int\nfound = 1\n", 5),
        ("type Name = str\n\nfound = 1\n", 3),
        ("def first[T](items: list[T]) -> T:\n    return items[0]\nfound = 1\n", 3),
        ('names = []\nshown = f"{first([f"{n}" for n in names])}"\nfound = 1\n', 3),
        ("type Name = Literal[\n    'a',\n]\n\nfound = 1\n", 5),
        ("def first[\n    T,\n](items: list[T]) -> T:\n    return items[0]\nfound = 1\n", 5),
        ('if found:\n    f"""\n{first([f"{n}" for n in names])}\n""" "b"\nlost = 1\n', 1),
        ('shown = f"""\n{first([f"{n}" for n in names])}\n""" "b"\nfound = 1\n', 4),
        ('query = t"""\n{name}\n"""\nfound = 1\n', 4),
    ],
    ids=[
        "except without parentheses",
        "something newer inside it",
        "type alias",
        "type parameters",
        "nested quotes",
        "type alias over lines",
        "type parameters over lines",
        "a statement over lines",
        "joined strings over lines",
        "t-string",
    ],
)
def test_newer_syntax_is_read_with_its_lines_where_they_are(text: str, line: int) -> None:
    read = older(text)
    assert read is not None
    places = [node.lineno for node in ast.walk(ast.parse(read)) if isinstance(node, ast.Name) and node.id == "found"]
    assert places == [line]


def test_a_handler_keeps_all_its_errors() -> None:
    read = older("try:\n    a = 1\nexcept KeyError, ValueError:\n    b = 2\n")
    assert read is not None
    assert "except (KeyError, ValueError):" in read
