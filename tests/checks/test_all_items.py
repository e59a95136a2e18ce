"""What we integrate passes every item; what the evidence points at is the line that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from judging import Repository

ITEMS = [f"CK{number:02d}" for number in range(1, 16)]


@pytest.mark.parametrize("item", ITEMS)
def test_what_we_integrate_passes(integrated: Repository, item: str) -> None:
    assert integrated.word(item) == "pass", integrated.verdict(item)
