"""The plugin, the bundle and the registry entry, held to what reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blocks import ROOT
from jsonschema import ValidationError, validate
from mcp import Client, StdioServerParameters

if TYPE_CHECKING:
    from collections.abc import Callable

BUNDLES = "@anthropic-ai/mcpb@latest"
REGISTRY_ENTRY: dict[str, Any] = {
    # The parts of the registry's schema of 2025-12-11 that a package over stdio uses, compared with it on 2026-11-30.
    # Tighter than it: what it leaves open (further keys, other registries, versions that are no numbers) has no use here.
    "type": "object",
    "required": ["$schema", "name", "description", "version", "packages"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "minLength": 3, "maxLength": 200, "pattern": "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^\d+\.\d+\.\d+$"},
        "packages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["registryType", "identifier", "version", "transport"],
                "additionalProperties": False,
                "properties": {
                    "registryType": {"const": "pypi"},
                    "identifier": {"type": "string"},
                    "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                    "runtimeHint": {"const": "uvx"},
                    "packageArguments": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["type", "value"],
                            "additionalProperties": False,
                            "properties": {"type": {"const": "positional"}, "value": {"type": "string"}},
                        },
                    },
                    "transport": {
                        "type": "object",
                        "required": ["type"],
                        "additionalProperties": False,
                        "properties": {"type": {"const": "stdio"}},
                    },
                },
            },
        },
    },
}


def read(name: str) -> dict[str, Any]:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_all_of_them_are_of_one_version_and_one_description() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugin, bundle, entry = read(".claude-plugin/plugin.json"), read("manifest.json"), read("server.json")
    [package] = entry["packages"]
    assert {plugin["version"], bundle["version"], entry["version"], package["version"]} == {project["version"]}
    assert {plugin["description"], bundle["description"], entry["description"]} == {project["description"]}
    assert package["identifier"] == project["name"]
    assert plugin["name"] == bundle["name"] == "chatkit"


def test_the_registry_takes_the_entry_and_would_not_take_another() -> None:
    validate(read("server.json"), REGISTRY_ENTRY)
    others: list[dict[str, Any]] = [{"name": "chatkit"}, {"description": "x" * 101}, {"version": "latest"}, {"packages": []}]
    for broken in others:
        with pytest.raises(ValidationError):
            validate({**read("server.json"), **broken}, REGISTRY_ENTRY)


def test_every_way_in_starts_the_same_command() -> None:
    [plugin] = read(".claude-plugin/plugin.json")["mcpServers"].values()
    [project] = read(".mcp.json")["mcpServers"].values()
    assert plugin["alwaysLoad"] is project["alwaysLoad"] is True, "what has Claude Code wait for the server"
    bundle = read("manifest.json")["server"]["mcp_config"]
    entry = read("server.json")["packages"][0]
    assert [plugin["args"][-2:], project["args"][-2:], bundle["args"][-2:]] == [["chatkit-integrator", "serve"]] * 3
    assert [entry["identifier"], entry["packageArguments"][0]["value"]] == ["chatkit-integrator", "serve"]


@pytest.mark.slow
def test_claude_code_takes_the_plugin_and_the_marketplace(claude: Path, checkout: Path, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    for path in (checkout, checkout / ".claude-plugin/plugin.json"):
        command = [claude, "plugin", "validate", "--strict", "--profile", "directory", path]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "These checks found nothing to report" in done.stdout
        assert len(re.findall(r"skills: chatkit:", done.stdout)) == 6
        assert "agents: chatkit:chatkit-integration-agent" in done.stdout


@pytest.mark.slow
async def test_the_bundle_is_packed_small_and_serves_from_where_it_is_unpacked(
    npm: Callable[..., Path], checkout: Path, tmp_path: Path
) -> None:
    program, bundle, place = npm(BUNDLES) / ".bin" / "mcpb", tmp_path / "chatkit.mcpb", tmp_path / "unpacked"
    for arguments in (["validate", checkout / "manifest.json"], ["pack", checkout, bundle], ["unpack", bundle, place]):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    assert bundle.stat().st_size < 1_000_000
    assert not (place / "tests").exists()
    config = read("manifest.json")["server"]["mcp_config"]
    arguments = [one.replace("${__dirname}", str(place)) for one in config["args"]]
    command = str(Path(sys.executable).with_name(config["command"]))
    async with Client(StdioServerParameters(command=command, args=arguments, env=dict(os.environ))) as client:
        assert "inspect_repo" in {tool.name for tool in (await client.list_tools()).tools}
        assert len((await client.list_prompts()).prompts) == 5


@pytest.mark.slow
async def test_the_plugins_server_needs_no_network_once_it_was_built(checkout: Path, tmp_path: Path) -> None:
    [config] = read(".claude-plugin/plugin.json")["mcpServers"].values()
    places = {"${CLAUDE_PLUGIN_ROOT}": str(checkout), "${CLAUDE_PLUGIN_DATA}": str(tmp_path)}

    def put(text: str) -> str:
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    command = str(Path(sys.executable).with_name(config["command"]))
    arguments = [put(one) for one in config["args"]]
    online = {**os.environ, **{name: put(value) for name, value in config["env"].items()}}
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    for environment in (online, {**online, **nowhere}):
        async with Client(StdioServerParameters(command=command, args=arguments, env=environment)) as client:
            assert "inspect_repo" in {tool.name for tool in (await client.list_tools()).tools}
    assert (tmp_path / "venv").is_dir()
    assert not (checkout / ".venv").exists(), "a checkout's own environment is left alone"
