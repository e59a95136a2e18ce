"""Every item tells a person who never heard of it what it is about; the reports are made of that."""

from __future__ import annotations

import pytest

from chatkit_integrator.checks import CHECKLIST
from chatkit_integrator.toolkit.reporting import catalogue


@pytest.mark.parametrize("item", [one.id for one in CHECKLIST])
def test_an_item_says_why_it_matters_and_how_it_is_decided(item: str) -> None:
    about = catalogue()[item]
    assert len(about.why) > 40
    assert about.why.endswith(".")
    assert "pass" in about.decides.lower()
    assert about.remedy.endswith(".")
