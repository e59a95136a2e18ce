"""The two servers that the agent may use beside ours: the tools it names are those that their newest versions offer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from blocks import ROOT
from mcp import Client, StdioServerParameters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

SERVERS = {
    # The version that the names were read from, and the names.
    "next-devtools-mcp": ("0.4.0", {"browser_eval", "nextjs_call", "nextjs_docs", "nextjs_index"}),
    "@upstash/context7-mcp": ("4.1.1", {"query-docs", "resolve-library-id"}),
}


@pytest.mark.parametrize("package", SERVERS)
async def test_it_offers_what_the_agent_names(package: str, npm: Callable[..., Path]) -> None:
    home = npm(*(f"{name}@latest" for name in SERVERS)) / package
    version, names = SERVERS[package]
    entry = home / "dist/index.js"
    async with Client(StdioServerParameters(command="node", args=[str(entry)], env=dict(os.environ))) as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
    told = (ROOT / "prompts/chatkit-integration-agent.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" in told} <= offered
    if json.loads((home / "package.json").read_text(encoding="utf-8"))["version"] == version:
        assert offered == names
