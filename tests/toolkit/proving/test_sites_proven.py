"""Small sites without a backend of theirs, proven as they are: one that people sign in to by its form, one of Docusaurus."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.demo.environment import install_site
from chatkit_integrator.proofs.site import ITEMS
from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove

if TYPE_CHECKING:
    from chatkit_integrator.toolkit import Proven

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

SITES = Path(__file__).parent / "sites"


def site(name: str, folder: Path) -> Path:
    root = folder / name
    shutil.copytree(SITES / name, root)
    install_site(root, lambda _: None)
    return root


def words(proven: Proven) -> dict[str, str]:
    return {one.id: f"{verdict_name(one.verdict)}: {one.verdict.reason}" for one in proven.results if one.id in ITEMS}


def test_who_only_the_site_s_own_form_lets_in_is_let_in_by_it(tmp_path: Path) -> None:
    root = site("members", tmp_path)

    proven = asyncio.run(prove(root, artifacts=tmp_path / "kept"))

    seen = words(proven)
    assert seen["CK05"] == "pass: Authorization arrives at the backend, set by the proxy"
    assert seen["CK08"] == "pass: signed out, there is no chat on /"
    assert seen["CK13"] == "pass: scripts cannot read ticket; the route reads it and sends authorization"
    assert {item for item, said in seen.items() if not said.startswith("pass")} == {"CK15"}  # no backend to serve the path
    shown = " ".join(one.excerpt for result in proven.results for one in getattr(result.verdict, "evidence", ()))
    assert "cookie: ticket=[credential]" in shown
    assert "stood in for" not in " ".join(proven.notes)
    assert (tmp_path / "kept/chat.png").stat().st_size > 1000
    (root / "chatkit-integrator.toml").unlink()
    unknown = words(asyncio.run(prove(root, select=["CK05", "CK08"])))
    assert "the browser ended up on /login" in unknown["CK05"]
    assert not any(said.startswith("pass") for said in unknown.values())


def test_a_site_of_docusaurus_is_built_served_and_seen(tmp_path: Path) -> None:
    root = site("handbook", tmp_path)

    proven = asyncio.run(prove(root, artifacts=tmp_path / "kept"))

    seen = words(proven)
    assert "the site: served by `@docusaurus/core serve`" in proven.notes
    assert seen["CK05"] == "pass: Authorization arrives at the backend, set by the page"
    assert seen["CK06"].startswith("pass: the body carries metadata.page_url, metadata.page_title")
    assert (
        seen["CK07"]
        == "pass: where the script fails, the page says “The chat could not be loaded. Reload the page to try again.”"
    )
    assert {item for item, said in seen.items() if said.startswith("not_applicable: the site is not Next.js")} == {
        "CK13", "CK14", "CK15",
    }  # fmt: skip
    assert {item for item, said in seen.items() if said.startswith("pass")} == {"CK05", "CK06", "CK07", "CK08", "CK17", "CK27"}
