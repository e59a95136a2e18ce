"""Which addresses show the widget, from the files that render it."""

from __future__ import annotations

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.toolkit.proving.site_pages import pages

NEXT = {
    "app/layout.tsx": "",
    "app/page.tsx": "",
    "app/(auth)/login/page.tsx": "",
    "app/(main)/dashboard/page.tsx": "",
    "app/books/[id]/page.tsx": "",
    "app/_parked/chat/page.tsx": "",
}


@pytest.mark.parametrize(
    ("rendered", "expected"),
    [
        (["app/(main)/dashboard/page.tsx"], ("/dashboard",)),
        pytest.param(["app/layout.tsx"], ("/", "/dashboard", "/login"), id="a layout is around all pages, sign-in last"),
        pytest.param(["app/(main)/layout.tsx"], ("/dashboard",), id="a layout of a group"),
        pytest.param(["app/books/[id]/page.tsx"], ("/",), id="a page with parameters has no address of its own"),
    ],
)
def test_addresses_of_the_app_router(rendered: list[str], expected: tuple[str, ...]) -> None:
    tree = Tree.of({f"web/{path}": text for path, text in NEXT.items()})
    assert pages(tree, "web", "nextjs", [f"web/{one}" for one in rendered]) == expected


def test_addresses_of_the_pages_router() -> None:
    tree = Tree.of({"pages/index.tsx": "", "pages/help/chat.tsx": "", "pages/api/chatkit.ts": ""})
    assert pages(tree, "", "nextjs", ["pages/help/chat.tsx"]) == ("/help/chat",)
    assert pages(tree, "", "nextjs", ["pages/index.tsx"]) == ("/",)


def test_addresses_of_a_router_in_the_browser_below_a_base() -> None:
    files = {
        "vite.config.ts": 'export default { base: "/shop/" }',
        "src/main.tsx": "",
        "src/App.tsx": '<Route path="/login" /><Route path="/assistant" /><Route path="/book/:id" />',
    }
    assert pages(Tree.of(files), "", "vite", ["src/main.tsx"]) == ("/shop/", "/shop/assistant")


def test_a_widget_that_nothing_renders_is_looked_for_where_names_speak_of_a_chat() -> None:
    tree = Tree.of({"app/page.tsx": "", "app/chat/page.tsx": "", "app/about/page.tsx": ""})
    assert pages(tree, "", "nextjs", []) == ("/chat", "/")
