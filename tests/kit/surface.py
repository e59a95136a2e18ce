"""What the server shows of itself."""

from __future__ import annotations

from typing import Any

from mcp import Client

from chatkit_integrator.mcp_server import INSTRUCTIONS, create_server


async def surface() -> dict[str, Any]:
    """The instructions, tools and prompts, as they go over the wire."""
    async with Client(create_server()) as client:
        tools, prompts = await client.list_tools(), await client.list_prompts()
    each = (*tools.tools, *prompts.prompts)
    shown = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in each]
    return {"instructions": INSTRUCTIONS, "tools": shown[: len(tools.tools)], "prompts": shown[len(tools.tools) :]}
