"""What the server shows of itself."""

from __future__ import annotations

from typing import Any

from mcp import Client

from chatkit_integrator.mcp_server import INSTRUCTIONS, create_server


async def surface() -> dict[str, Any]:
    """The instructions, tools and prompts, as they go over the wire."""
    async with Client(create_server()) as client:
        tools, prompts = await client.list_tools(), await client.list_prompts()
    shown = {"mode": "json", "by_alias": True, "exclude_none": True}
    return {
        "instructions": INSTRUCTIONS,
        "tools": [one.model_dump(**shown) for one in tools.tools],
        "prompts": [one.model_dump(**shown) for one in prompts.prompts],
    }
