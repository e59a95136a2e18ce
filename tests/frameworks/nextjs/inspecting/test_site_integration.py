from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.unit import Location

if TYPE_CHECKING:
    from looking import Look

CDN = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/page.tsx", "// import { ChatKit } from '@openai/chatkit-react'\n/* <openai-chatkit /> */ export default 1"),
        ("README.md", f'<script src="{CDN}"></script> and @openai/chatkit-react'),
        ("app/chat.test.tsx", "import { ChatKit } from '@openai/chatkit-react'"),
        ("__tests__/chat.tsx", "import { ChatKit } from '@openai/chatkit-react'"),
        ("docs/sample.tsx", "import { ChatKit } from '@openai/chatkit-react'"),
        (".claude/skills/chat.tsx", "import { ChatKit } from '@openai/chatkit-react'"),
        ("node_modules/x/index.js", "require('@openai/chatkit')"),
        ("types/chatkit.d.ts", "import '@openai/chatkit'"),
        ("next.config.mjs", "export default { csp: 'script-src https://cdn.platform.openai.com' }"),
        ("components/chatkit.tsx", "import { ChatKit } from './our-own-chatkit'\nexport class ChatKitServer {}"),
    ],
)
def test_what_is_no_live_use_is_no_integration(look: Look, path: str, text: str) -> None:
    assert look({path: text}).site.integration == ()


@pytest.mark.parametrize(
    "text",
    [
        "\nimport { ChatKit, useChatKit } from '@openai/chatkit-react'",
        "\nexport * from '@openai/chatkit-react'",
        "\nconst Chat = dynamic(() => import('@openai/chatkit-react').then((m) => m.ChatKit))",
        "\nconst { ChatKit } = require('@openai/chatkit-react')",
        "\nimport type { OpenAIChatKit } from '@openai/chatkit'",
        "\nexport const el = <openai-chatkit ref={r}></openai-chatkit>",
        "\ndocument.createElement('openai-chatkit')",
        f"\nexport const s = <Script src='{CDN}' />",
    ],
)
def test_every_live_use_is_an_integration_and_its_line_the_evidence(look: Look, text: str) -> None:
    found = look({"src/components/Widget.tsx": text})
    assert found.site.integration == (Location("src/components/Widget.tsx", 2),)
    assert found.evidence["integration"] == found.site.integration


def test_a_component_of_the_same_workspace_that_the_site_is_made_of_counts(look: Look) -> None:
    files = {
        "pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']",
        "packages/chat/package.json": '{"name": "@acme/chat"}',
        "packages/chat/src/index.tsx": "import '@openai/chatkit-react'",
        "packages/other/package.json": '{"name": "@acme/other"}',
        "packages/other/src/index.tsx": "import '@openai/chatkit-react'",
    }
    site = look(files, root="apps/web", dependencies={"@acme/chat": "workspace:*"}).site
    assert [one.path for one in site.integration] == ["packages/chat/src/index.tsx"]


def test_another_program_below_the_site_s_folder_does_not_count(look: Look) -> None:
    files = {"workers/search/package.json": "{}", "workers/search/index.ts": "import '@openai/chatkit'"}
    assert look(files).site.integration == ()
