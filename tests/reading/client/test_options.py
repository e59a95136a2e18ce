"""Options are found where they are written, however they come to the widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reading_sites import Read

HEAD = 'import { ChatKit, useChatKit } from "@openai/chatkit-react";\n'
SHOWN = "return <ChatKit control={control} />;"
OTHER = 'const API = { url: "/found", domainKey: "key" };\n'


def panel(inside: str, before: str = "") -> str:
    return f"{HEAD}{before}\nexport default function Panel() {{\n  {inside}\n  {SHOWN}\n}}\n"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"components/panel.tsx": panel("const { control } = useChatKit({ api: API });", OTHER)}, id="a constant"),
        pytest.param({"components/panel.tsx": panel("const { control } = useChatKit({ ...BASE, theme: 'dark' });", f"{OTHER}const BASE = {{ api: API }};")}, id="spread"),
        pytest.param({"components/panel.tsx": panel("const { control } = useChatKit({ api: { ...API, fetch } });", OTHER)}, id="spread inside"),
        pytest.param({"components/panel.tsx": panel("const options = useMemo(() => ({ api: API }), []);\n  const { control } = useChatKit(options);", OTHER)}, id="remembered"),
        pytest.param({"components/panel.tsx": panel("const { control } = useChatKit(options());", f"{OTHER}function options() {{ return {{ api: API }}; }}")}, id="a function"),
        pytest.param(
            {"components/panel.tsx": panel("const { control } = useChatKit(OPTIONS);", 'import { OPTIONS } from "../lib/config";'), "lib/config.ts": 'export const OPTIONS = { api: { url: "/found" } };\n'},
            id="another module",
        ),
        pytest.param(
            {"components/panel.tsx": panel("const { control } = useOurs({ api: API });", f'{OTHER}import {{ useOurs }} from "../hooks/ours";'), "hooks/ours.ts": 'import { useChatKit } from "@openai/chatkit-react";\nexport function useOurs(options) { return useChatKit({ theme: "dark", ...options }); }\n'},
            id="a hook around the hook",
        ),
        pytest.param(
            {"components/panel.tsx": f"{HEAD}export default function Panel({{ api }}) {{ const {{ control }} = useChatKit({{ api }}); {SHOWN} }}\n", "app/page.tsx": 'import Panel from "../components/panel";\nexport default function Page() { return <Panel api={{ url: "/found" }} />; }\n'},
            id="a prop",
        ),
        pytest.param(
            {"components/panel.tsx": panel("const { api } = useChat();\n  const { control } = useChatKit({ api });", 'import { useChat } from "./context";'), "components/context.tsx": 'import { createContext, useContext } from "react";\nconst Chat = createContext(null);\nexport function Provider({ children }) { return <Chat.Provider value={{ api: { url: "/found" } }}>{children}</Chat.Provider>; }\nexport function useChat() { return useContext(Chat); }\n'},
            id="a context",
        ),
    ],
)  # fmt: skip
def test_the_address_is_found_in(read: Read, files: dict[str, str | None]) -> None:
    assert read("next", files).url == "/found"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ('"http://localhost:8000/chatkit"', "http://localhost:8000/chatkit"),
        ("`${process.env.NEXT_PUBLIC_API}/chatkit`", "{NEXT_PUBLIC_API}/chatkit"),
        ('`${process.env.NEXT_PUBLIC_API ?? "http://localhost:8000"}/chatkit`', "http://localhost:8000/chatkit"),
        ('process.env.NEXT_PUBLIC_URL || "/api/chatkit"', "/api/chatkit"),
        ('BASE + "/chatkit"', "https://api.example.com/chatkit"),
        ('new URL("/chatkit", BASE).toString()', "https://api.example.com/chatkit"),
        ("`${window.location.origin}/api/chatkit`", "/api/chatkit"),
        ('`/api/chatkit${thread ? `?thread=${thread}` : ""}`', "/api/chatkit"),
    ],
)
def test_an_address_is_worked_out(read: Read, written: str, address: str) -> None:
    before = 'const BASE = "https://api.example.com";'
    found = read(
        "next", {"components/panel.tsx": panel(f"const {{ control }} = useChatKit({{ api: {{ url: {written} }} }});", before)}
    )
    assert found.url == address


def test_what_only_the_environment_knows_is_read_from_its_example(read: Read) -> None:
    panel_ = panel("const { control } = useChatKit({ api: { url: process.env.NEXT_PUBLIC_CHAT } });")
    without = read("next", {"components/panel.tsx": panel_}).address
    assert without is not None
    assert without.is_open
    given = read(
        "next", {"components/panel.tsx": panel_, ".env.example": "# the chat\nNEXT_PUBLIC_CHAT=http://localhost:8000/chatkit\n"}
    )
    assert given.url == "http://localhost:8000/chatkit"


def test_a_custom_field_of_a_book_is_read_from_its_configuration(read: Read) -> None:
    config = "export default { customFields: { backendUrl: process.env.BACKEND || 'http://localhost:9000' } };\n"
    inside = "const { siteConfig } = useDocusaurusContext();\n  const { control } = useChatKit({ api: { url: `${siteConfig.customFields.backendUrl}/chatkit` } });"
    assert read("book", {"docusaurus.config.ts": config, "src/panel.tsx": panel(inside)}).url == "http://localhost:9000/chatkit"


@pytest.mark.parametrize(
    ("written", "how", "placeholder", "guarded"),
    [
        pytest.param("domainKey: process.env.NEXT_PUBLIC_KEY", "configured", None, False, id="configured"),
        pytest.param("domainKey: process.env.NEXT_PUBLIC_KEY ?? 'local-dev'", "configured", "local-dev", False, id="with a placeholder"),
        pytest.param(
            "domainKey: process.env.NODE_ENV === 'production' ? process.env.NEXT_PUBLIC_KEY : 'local-dev'", "configured", "local-dev", True, id="a placeholder for development"
        ),
        pytest.param("domainKey: 'domain_pk_0123456789abcdef0123456789abcdef'", "written", None, False, id="written into the code"),
        pytest.param("domainKey: 'local-dev'", "written", "local-dev", False, id="nothing but a placeholder"),
        pytest.param("domainKey: ''", "absent", None, False, id="empty"),
        pytest.param("theme: 1", "absent", None, False, id="left out"),
        pytest.param("domainKey: given.key", "unread", None, False, id="from somewhere"),
    ],
)  # fmt: skip
def test_the_domain_key_is(read: Read, written: str, how: str, placeholder: str | None, *, guarded: bool) -> None:
    key = read(
        "next", {"components/panel.tsx": panel(f"const {{ control }} = useChatKit({{ api: {{ url: '/x', {written} }} }});")}
    ).domain_key
    assert (key.how, key.placeholder, key.guarded) == (how, placeholder, guarded)


def test_a_secret_of_a_hosted_workflow_is_noticed(read: Read) -> None:
    hosted = panel("const { control } = useChatKit({ api: { async getClientSecret() { return 'x'; } } });")
    found = read("next", {"components/panel.tsx": hosted})
    assert found.hosted is not None
    assert found.address is None
