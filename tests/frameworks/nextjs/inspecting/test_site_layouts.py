from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import Layout
from chatkit_integrator.model.unit import Location

if TYPE_CHECKING:
    from looking import Look

PASSING = "export default function RootLayout({ children }) { return children }"
PAGE = "export default function Page() { return null }"
DOCUMENT = """import { Head, Html, Main, NextScript } from "next/document";
export default function Document() {
  return <Html>%s<body><Main /><NextScript /></body></Html>;
}
"""


def html(head: str) -> str:
    return f"export default function L({{ children }}) {{ return <html>{head}<body>{{children}}</body></html> }}"


def test_without_any_layout_there_is_none(look: Look) -> None:
    site = look({"app/page.tsx": PAGE}).site
    assert (site.router, site.app_dir, site.layout, site.layouts) == ("app", "app", None, ())


def test_html_in_comments_and_strings_is_none(look: Look) -> None:
    text = 'export default function L({ children }) { /* <html><head> */ const s = "<html>"; return children }'
    assert look({"app/layout.tsx": text}).site.layout is None


def test_a_layout_below_a_root_layout_is_not_another(look: Look, layout: str) -> None:
    site = look({"app/layout.tsx": layout, "app/shop/layout.tsx": layout}).site
    assert [one.path for one in site.layouts] == ["app/layout.tsx"]


@pytest.mark.parametrize(
    "parked", ["app/_old/layout.tsx", "app/@modal/layout.tsx", "app/layout-old.tsx", "components/layout.tsx"]
)
def test_what_is_no_layout_of_a_route_is_left_out(look: Look, layout: str, parked: str) -> None:
    site = look({"app/(a)/layout.tsx": layout, parked: layout}).site
    assert [one.path for one in site.layouts] == ["app/(a)/layout.tsx"]


@pytest.mark.parametrize(
    ("head", "has_head"),
    [
        ("", False),
        ("<head />", True),
        ("<head></head>", True),
        ("<head><title>x</title></head>", True),
        ("{/* <head> */}", False),
    ],
)
def test_a_head_of_any_form_is_one(look: Look, head: str, has_head: bool) -> None:
    assert look({"app/layout.tsx": html(head)}).site.layout == Layout("app/layout.tsx", has_head=has_head)


def test_the_line_of_html_is_the_evidence(look: Look, layout: str) -> None:
    assert look({"app/layout.tsx": layout}).evidence["layout"] == (Location("app/layout.tsx", 3),)


def test_html_held_in_a_constant_or_wrapped_by_a_provider_is_found(look: Look) -> None:
    held = (
        "export default function L({children}) { const c = <html><body>{children}</body></html>; return on ? <P>{c}</P> : c }"
    )
    assert look({"app/layout.tsx": held}).site.layout == Layout("app/layout.tsx", has_head=False)


@pytest.mark.parametrize("folder", ["[locale]", "(site)", "(site)/[lang]"])
def test_the_only_root_layout_may_lie_deeper(look: Look, layout: str, folder: str) -> None:
    found = look({"src/app/layout.tsx": PASSING, f"src/app/{folder}/layout.tsx": layout})
    assert (found.site.layout, found.site.app_dir) == (Layout(f"src/app/{folder}/layout.tsx", has_head=False), "src/app")
    assert "layout" not in found.questions


def test_html_that_the_layout_leaves_to_a_component_is_there(look: Look, layout: str) -> None:
    files = {"app/layout.tsx": 'import { Shell } from "../components/shell"\n' + PASSING, "components/shell.tsx": layout}
    assert look(files).site.layout == Layout("components/shell.tsx", has_head=False)


def test_several_root_layouts_are_asked_about_and_all_of_them_suggested(look: Look, layout: str) -> None:
    files = {"app/(shop)/layout.tsx": layout, "app/(marketing)/layout.tsx": layout, "app/(shop)/page.tsx": PAGE}
    found = look(files)
    paths = ("app/(shop)/layout.tsx", "app/(marketing)/layout.tsx")
    assert tuple(one.path for one in found.site.layouts) == paths, "the one of / comes first"
    question = found.questions["layout"]
    assert (question.choices, question.suggested) == (("all", *paths), "all")
    assert set(question.blocks) == {"nextjs.script", "nextjs.mount"}


def test_the_answer_which_layout_is_applied(look: Look, layout: str) -> None:
    files = {"app/(shop)/layout.tsx": layout, "app/(marketing)/layout.tsx": layout}
    found = look(files, answers={"layout": "app/(shop)/layout.tsx"})
    assert [one.path for one in found.site.layouts] == ["app/(shop)/layout.tsx"]
    assert found.site.layout == found.site.layouts[0]
    assert not found.questions
    assert len(look(files, answers={"layout": "all"}).site.layouts) == 2


def test_an_answer_that_is_no_layout_is_refused_with_the_choices(look: Look, layout: str) -> None:
    files = {"app/(shop)/layout.tsx": layout, "app/(marketing)/layout.tsx": layout}
    with pytest.raises(UnknownAnswerError, match=r"all, app/\(marketing\)/layout\.tsx, app/\(shop\)/layout\.tsx"):
        look(files, answers={"layout": "app/layout.tsx"})


@pytest.mark.parametrize(("head", "has_head"), [("<Head />", True), ("<Head><meta /></Head>", True), ("", False)])
def test_the_document_is_the_layout_of_the_pages_router(look: Look, head: str, has_head: bool) -> None:
    site = look({"src/pages/_document.tsx": DOCUMENT % head, "src/pages/_app.tsx": PAGE}).site
    assert (site.router, site.app_dir, site.layouts) == ("pages", None, ())
    assert site.layout == Layout("src/pages/_document.tsx", has_head=has_head)


def test_without_a_document_the_app_component_is_it(look: Look) -> None:
    assert look({"pages/_app.jsx": PAGE}).site.layout == Layout("pages/_app.jsx", has_head=False)


def test_an_app_folder_of_route_handlers_beside_pages_is_the_pages_router(look: Look) -> None:
    files = {"src/app/api/auth/[...nextauth]/route.ts": "export const GET = 1", "src/pages/_document.tsx": DOCUMENT % ""}
    assert look(files).site.router == "pages"


def test_pages_for_an_api_beside_an_app_that_renders_is_the_app_router(look: Look, layout: str) -> None:
    site = look({"app/layout.tsx": layout, "pages/api/auth/[...nextauth].ts": PAGE}).site
    assert (site.router, site.app_dir) == ("app", "app")


def test_a_site_without_routes_has_no_router(look: Look) -> None:
    assert look({"lib/x.ts": ""}).site.router is None
