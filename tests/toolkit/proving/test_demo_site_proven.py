"""The sample of the demo, integrated by this program, proven as a person would: everything that a browser can show is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.demo.environment import install_site
from chatkit_integrator.demo.run import copy_sample, integrate
from chatkit_integrator.model.verdict import Observed, Passed
from chatkit_integrator.proofs.site import ITEMS
from chatkit_integrator.toolkit.proving import prove

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


async def test_the_integrated_demo_is_proven_in_a_browser_before_its_own_backend(tmp_path: Path) -> None:
    root = copy_sample(tmp_path / "shop")
    said: list[str] = []
    integrate(root, said.append)
    install_site(root / "frontend", said.append)
    proven = await prove(root, artifacts=tmp_path / "kept")
    found = {one.id: one for one in proven.results if one.id in {*ITEMS, "CK10"}}
    assert found.keys() == {*ITEMS, "CK10"}
    for one in found.values():
        assert isinstance(one.verdict, Passed), (one.id, one.verdict.reason)
        assert one.verdict.proof == "behaviour"
        pictures = [seen.artifact for seen in one.verdict.evidence if isinstance(seen, Observed) and seen.what == "browser"]
        assert all(name is not None and (tmp_path / "kept" / name).stat().st_size > 1000 for name in pictures)
    assert "the page: a failing backend is told" in found["CK10"].verdict.reason
    assert "site: served by `next start`" in " ".join(proven.notes)
