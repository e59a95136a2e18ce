"""Small sites, and what is read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.client import read_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reading_sites import Read

    from chatkit_integrator.reading.client import ClientReading

PANEL = """import { ChatKit, useChatKit } from "@openai/chatkit-react";
export default function Panel() {
  const { control } = useChatKit({ api: { url: "/api/chatkit", domainKey: "local-dev" } });
  return <ChatKit control={control} />;
}
"""
NEXT = {
    "package.json": '{"dependencies": {"next": "16.0.0", "@openai/chatkit-react": "1.6.1"}}',
    "app/layout.tsx": "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
    "app/page.tsx": 'import Panel from "../components/panel";\nexport default function Page() { return <Panel />; }\n',
    "components/panel.tsx": PANEL,
}
VITE = {
    "package.json": '{"dependencies": {"vite": "7.0.0", "@openai/chatkit-react": "1.6.1"}}',
    "index.html": '<html><body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>\n',
    "src/main.tsx": 'import { createRoot } from "react-dom/client";\nimport App from "./App";\ncreateRoot(root).render(<App />);\n',
    "src/App.tsx": 'import Panel from "./panel";\nexport default function App() { return <Panel />; }\n',
    "src/panel.tsx": PANEL,
}
BOOK = {
    "package.json": '{"dependencies": {"@docusaurus/core": "3.9.0", "@openai/chatkit-react": "1.6.1"}}',
    "docusaurus.config.ts": "export default { title: 'Book' };\n",
    "src/theme/Root.tsx": 'import Panel from "@site/src/panel";\n'
    "export default function Root({ children }) { return <>{children}<Panel /></>; }\n",
    "src/panel.tsx": PANEL,
}
SITES = {"next": NEXT, "vite": VITE, "book": BOOK}


@pytest.fixture
def read() -> Read:
    """Read a small site with some files written anew, or left out (``None``)."""

    def reading(site: str = "next", files: Mapping[str, str | None] | None = None) -> ClientReading:
        texts = {**SITES[site], **(files or {})}
        found = read_client(Tree.of({path: text for path, text in texts.items() if text is not None}), None)
        assert found is not None
        return found

    return reading
