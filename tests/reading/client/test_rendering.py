"""A widget counts where a page, a layout or an entry script leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.client import read_client

if TYPE_CHECKING:
    from reading_sites import Read

EMPTY = "export default function Page() { return null; }\n"
LAZY = 'const Panel = lazy(() => import("./panel"));\nexport default function App() { return <Panel />; }\n'


def page(body: str, imports: str = 'import Panel from "../components/panel";') -> str:
    return f"{imports}\nexport default function Page() {{ {body} }}\n"


def test_a_site_that_only_mentions_the_hook_has_no_widget() -> None:
    files = {"package.json": "{}", "src/a.ts": "// useChatKit({ api: {} })\nexport const text = 'useChatKit';\n"}
    assert read_client(Tree.of(files), None) is None


def test_a_local_hook_of_the_same_name_is_no_widget() -> None:
    hook = "export function useChatKit(options) { return options; }\nexport const x = useChatKit({ api: {} });\n"
    assert read_client(Tree.of({"package.json": "{}", "src/a.ts": hook}), None) is None


@pytest.mark.parametrize(
    ("site", "files"),
    [
        pytest.param("next", {"app/page.tsx": EMPTY}, id="nothing imports it"),
        pytest.param("next", {"app/page.tsx": page("return <p />;")}, id="it is imported and not used"),
        pytest.param("next", {"app/page.tsx": page("return <p>{/* <Panel /> */}</p>;")}, id="it stands in a comment"),
        pytest.param("next", {"app/page.tsx": page("return <p>{false && <Panel />}</p>;")}, id="behind false"),
        pytest.param("next", {"app/page.tsx": page("const own = true; return own ? <p /> : <Panel />;")}, id="a constant rules it out"),
        pytest.param(
            "next",
            {"app/page.tsx": EMPTY, "app/_parked/page.tsx": page("return <Panel />;", 'import Panel from "../../components/panel";')},
            id="in a private folder",
        ),
        pytest.param("next", {"app/page.tsx": "export type Shape = typeof import('../components/panel');\n"}, id="only its type"),
        pytest.param("next", {"app/page.test.tsx": page("return <Panel />;"), "app/page.tsx": EMPTY}, id="a test renders it"),
        pytest.param("vite", {"src/App.tsx": EMPTY}, id="the application leaves it out"),
        pytest.param("vite", {"index.html": '<script type="module" src="/src/other.tsx"></script>\n', "src/other.tsx": "run();\n"}, id="another script"),
        pytest.param("book", {"src/theme/Root.tsx": EMPTY}, id="the root of the book leaves it out"),
        pytest.param("book", {"src/theme/Root.tsx": None, "src/pages/_draft.tsx": page("return <Panel />;", 'import Panel from "../panel";')}, id="a partial"),
    ],
)  # fmt: skip
def test_nobody_gets_to_see(read: Read, site: str, files: dict[str, str | None]) -> None:
    assert read(site, files).rendered == ()


@pytest.mark.parametrize(
    ("site", "files", "entry"),
    [
        pytest.param("next", {}, "app/page.tsx", id="a page"),
        pytest.param(
            "next",
            {"app/page.tsx": EMPTY, "app/(chat)/talk/page.tsx": page("return <Panel />;", 'import Panel from "@/components/panel";')},
            "app/(chat)/talk/page.tsx",
            id="a route group and an alias",
        ),
        pytest.param("next", {"app/page.tsx": 'export { default } from "../components/panel";\n'}, "app/page.tsx", id="handed on as the page"),
        pytest.param(
            "next",
            {"components/index.ts": 'export { default as Panel } from "./panel";\n', "app/page.tsx": page("return <Panel />;", 'import { Panel } from "../components";')},
            "app/page.tsx",
            id="a barrel",
        ),
        pytest.param(
            "next",
            {"app/page.tsx": page("return <Panel />;", 'import dynamic from "next/dynamic";\nconst Panel = dynamic(() => import("../components/panel"), { ssr: false });')},
            "app/page.tsx",
            id="dynamic",
        ),
        pytest.param(
            "next",
            {"tsconfig.json": '{"compilerOptions": {"paths": {"#ui/*": ["./components/*"]}}}', "app/page.tsx": page("return <Panel />;", 'import Panel from "#ui/panel";')},
            "app/page.tsx",
            id="an alias of the project's own",
        ),
        pytest.param(
            "next",
            {"app/page.tsx": None, "app/layout.tsx": None, "pages/_app.tsx": 'import Panel from "../components/panel";\nexport default function App({ Component }) { return <><Component /><Panel /></>; }\n'},
            "pages/_app.tsx",
            id="the pages router",
        ),
        pytest.param("vite", {}, "src/main.tsx", id="the script of the document"),
        pytest.param("vite", {"src/App.tsx": LAZY}, "src/main.tsx", id="lazy"),
        pytest.param("book", {}, "src/theme/Root.tsx", id="a swizzled root"),
        pytest.param("book", {"src/theme/Root.tsx": None, "docs/intro.mdx": "import Panel from '@site/src/panel';\n\n<Panel />\n"}, "docs/intro.mdx", id="a document"),
        pytest.param(
            "book",
            {"src/theme/Root.tsx": "export default function Root({ children }) { return <><BrowserOnly>{() => { const Panel = require('../panel').default; return <Panel />; }}</BrowserOnly>{children}</>; }\n"},
            "src/theme/Root.tsx",
            id="in the browser only",
        ),
    ],
)  # fmt: skip
def test_people_get_to_see(read: Read, site: str, files: dict[str, str | None], entry: str) -> None:
    assert [one.path for one in read(site, files).rendered] == [entry]


def test_a_module_that_is_loaded_later_may_bring_the_hook(read: Read) -> None:
    later = """import { useEffect, useState } from "react";
export default function Panel() {
  const [kit, setKit] = useState(null);
  useEffect(() => { import("@openai/chatkit-react").then(setKit); }, []);
  return kit ? <Inner ChatKit={kit.ChatKit} useChatKit={kit.useChatKit} /> : null;
}
function Inner({ ChatKit, useChatKit }) {
  const { control } = useChatKit({ api: { url: "/late", domainKey: "x" } });
  return <ChatKit control={control} />;
}
"""
    found = read("next", {"components/panel.tsx": later})
    assert found.url == "/late"
    assert [one.path for one in found.rendered] == ["app/page.tsx"]


def test_a_whole_module_may_be_imported(read: Read) -> None:
    whole = """import * as kit from "@openai/chatkit-react";
export default function Panel() {
  const { control } = kit.useChatKit({ api: { url: "/whole" } });
  return <kit.ChatKit control={control} />;
}
"""
    found = read("next", {"components/panel.tsx": whole})
    assert (found.url, [one.path for one in found.rendered]) == ("/whole", ["app/page.tsx"])


def test_a_package_of_the_workspace_is_read_as_part_of_the_site_that_uses_it() -> None:
    files = {
        "packages/ui/package.json": '{"name": "@acme/ui", "dependencies": {"@openai/chatkit-react": "1.6.1"}}',
        "packages/ui/src/index.ts": 'export { Panel } from "./panel";\n',
        "packages/ui/src/panel.tsx": 'import { ChatKit, useChatKit } from "@openai/chatkit-react";\n'
        'export function Panel() { const kit = useChatKit({ api: { url: "/ui" } }); return <ChatKit control={kit.control} />; }\n',
        "apps/web/package.json": '{"dependencies": {"next": "16.0.0", "@acme/ui": "workspace:*"}}',
        "apps/web/app/page.tsx": 'import { Panel } from "@acme/ui";\nexport default function Page() { return <Panel />; }\n',
    }
    found = read_client(Tree.of(files), None)
    assert found is not None
    assert (found.framework, found.url, [one.path for one in found.rendered]) == ("next", "/ui", ["apps/web/app/page.tsx"])


def test_a_manifest_that_does_not_parse_stops_nothing(read: Read) -> None:
    assert read("next", {"package.json": '{"dependencies": {'}).url == "/api/chatkit"


def test_the_element_may_stand_in_another_module_than_the_hook(read: Read) -> None:
    provider = """import { createContext, useContext } from "react";
import { useChatKit } from "@openai/chatkit-react";
const Kit = createContext(null);
export function Provider({ children }) {
  const kit = useChatKit({ api: { url: "/apart" } });
  return <Kit.Provider value={kit}>{children}</Kit.Provider>;
}
export const useKit = () => useContext(Kit);
"""
    shown = """import { ChatKit } from "@openai/chatkit-react";
import { useKit } from "./provider";
export default function Panel() { const { control } = useKit(); return <ChatKit control={control} />; }
"""
    layout = 'import { Provider } from "../components/provider";\nexport default function Layout({ children }) { return <html><body><Provider>{children}</Provider></body></html>; }\n'
    files = {"components/provider.tsx": provider, "components/panel.tsx": shown, "app/layout.tsx": layout}
    found = read("next", files)
    assert (found.url, found.element.path, [one.path for one in found.rendered]) == (
        "/apart",
        "components/panel.tsx",
        ["app/page.tsx"],
    )


def test_an_element_whose_hook_nobody_calls_shows_nothing(read: Read) -> None:
    hook = 'import { useChatKit } from "@openai/chatkit-react";\nexport function Unused() { return useChatKit({ api: { url: "/x" } }); }\n'
    shown = 'import { ChatKit } from "@openai/chatkit-react";\nexport default function Panel({ control }) { return <ChatKit control={control} />; }\n'
    assert read("next", {"components/unused.tsx": hook, "components/panel.tsx": shown}).rendered == ()


def test_a_hook_without_an_element_shows_nothing(read: Read) -> None:
    alone = 'import { useChatKit } from "@openai/chatkit-react";\nexport default function Panel() { useChatKit({ api: { url: "/x" } }); return <p />; }\n'
    assert read("next", {"components/panel.tsx": alone}).rendered == ()


def test_the_twin_that_nobody_renders_is_not_read(read: Read) -> None:
    twin = """import { ChatKit, useChatKit } from "@openai/chatkit-react";
export function Better() {
  const { control } = useChatKit({ api: { url: "/better", domainKey: "x", fetch: (url, init) => fetch(url, { ...init, headers: { Authorization: "t" } }) } });
  return <ChatKit control={control} />;
}
"""
    found = read("next", {"components/a-better-panel.tsx": twin})
    assert (found.widget.path, found.url, found.headers) == ("components/panel.tsx", "/api/chatkit", ())


def test_a_widget_of_the_layout_comes_before_one_of_a_page(read: Read) -> None:
    widget = 'import { ChatKit, useChatKit } from "@openai/chatkit-react";\nexport function Floating() {\n  const kit = useChatKit({ api: { url: "/floating" } });\n  return <ChatKit control={kit.control} />;\n}\n'
    layout = 'import { Floating } from "../components/z-floating";\nexport default function Layout({ children }) { return <html><body>{children}<Floating /></body></html>; }\n'
    assert read("next", {"components/z-floating.tsx": widget, "app/layout.tsx": layout}).url == "/floating"


def test_an_element_of_its_own_is_a_widget_with_what_sets_its_options(read: Read) -> None:
    raw = """import { useEffect, useRef } from "react";
export default function Panel() {
  const ref = useRef(null);
  useEffect(() => { customElements.whenDefined("openai-chatkit").then(() => ref.current.setOptions({ api: { url: "/raw" } })); }, []);
  return <openai-chatkit ref={ref} />;
}
"""
    found = read("next", {"components/panel.tsx": raw})
    assert (found.url, len(found.rendered), len(found.detection)) == ("/raw", 1, 1)
