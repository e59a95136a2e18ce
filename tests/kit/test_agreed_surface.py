"""The tools and prompts as clients see them, word for word: a change shows in a diff of ``surface.json`` (``poe generate``)."""

from __future__ import annotations

import json
from pathlib import Path

from surface import surface

SNAPSHOT = Path(__file__).with_name("surface.json")


async def test_the_surface_is_what_was_agreed() -> None:
    assert await surface() == json.loads(SNAPSHOT.read_text(encoding="utf-8")), "if it is meant: `poe generate`"


async def test_it_is_listed_in_the_same_order_each_time() -> None:
    first, second = await surface(), await surface()
    assert json.dumps(first) == json.dumps(second)
    assert len(first["tools"]) <= 8
