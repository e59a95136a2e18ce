"""A site without a package: HTML documents with scripts in them, or beside them."""

from __future__ import annotations

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.client import ClientReading, read_client

SOURCE = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
SETS = """const chat = document.getElementById("chat");
customElements.whenDefined("openai-chatkit").then(() => {
  chat.setOptions({ api: { url: "/chatkit", domainKey: "local-dev", fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, "X-User-ID": who } }) } });
});
"""


def document(script: str, markup: str = '<openai-chatkit id="chat"></openai-chatkit>') -> str:
    return f"<html><head><script src='{SOURCE}'></script></head>\n<body>{markup}\n{script}</body></html>\n"


def read(files: dict[str, str]) -> ClientReading | None:
    return read_client(Tree.of(files), "site")


def test_a_document_that_only_talks_about_the_element_has_no_widget() -> None:
    assert read({"site/docs/guide.html": document(f"<script>{SETS}</script>")}) is None


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"site/index.html": document(f"<script>\n{SETS}</script>")}, id="a script in the document"),
        pytest.param(
            {"site/chat.html": document("<script src='app.js'></script>"), "site/app.js": SETS}, id="a script beside it"
        ),
    ],
)
def test_the_element_of_a_document_is_read_with_what_sets_its_options(files: dict[str, str]) -> None:
    found = read(files)
    assert found is not None
    assert (found.framework, found.url, [one.name for one in found.identity]) == ("html", "/chatkit", ["x-user-id"])
    assert found.rendered
    assert found.detection
    assert [one.how for one in found.loads] == ["html"]


def test_evidence_stands_on_the_line_of_the_document() -> None:
    text = document(f"<script>\n{SETS}</script>")
    found = read({"site/index.html": text})
    assert found is not None
    assert text.splitlines()[found.widget.line - 1].strip().startswith("chat.setOptions(")


def test_a_script_in_a_comment_does_nothing() -> None:
    found = read({"site/index.html": document(f"<!-- <script>{SETS}</script> -->")})
    assert found is not None
    assert found.address is None
