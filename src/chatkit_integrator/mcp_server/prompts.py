"""The prompts: markdown files, one for the integration agent and one for each phase of its work.

They stand in ``prompts/`` of the repository and lie beside the package once it is built. One text serves a Claude Code subagent
(which reads the front matter), an MCP client, and an agent of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver.prompts import Prompt
from pydantic import Field

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

AGENT = "chatkit-integration-agent"
PHASES = ("gather-context", "build-backend", "build-frontend", "test-integration")
"""In the order in which they are worked through."""

_FENCE = "---\n"

RepoPath = Annotated[str, Field(description="Absolute path of the repository; the working directory if left out.")]
Wish = Annotated[str, Field(description="What the developer wants, in their words.")]


@dataclass(frozen=True, slots=True)
class PromptText:
    """One prompt: what it is called and for, and what a model is told."""

    name: str
    description: str
    text: str


def load_prompt(name: str) -> PromptText:
    """Load a prompt by its name, one of ``AGENT`` and ``PHASES``. ``FileNotFoundError`` for any other."""
    _, front, text = (_folder() / f"{name}.md").read_text(encoding="utf-8").split(_FENCE, 2)
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    return PromptText(name, fields["description"], text.strip())


def prompts() -> list[Prompt]:
    """Every prompt as the server offers it."""
    return [_prompt(load_prompt(name)) for name in (AGENT, *PHASES)]


def _folder() -> Traversable:
    built = files("chatkit_integrator") / "prompts"
    return built if built.is_dir() else files("chatkit_integrator") / ".." / ".." / "prompts"


def _prompt(loaded: PromptText) -> Prompt:
    def render(repo_path: RepoPath = "", request: Wish = "") -> str:
        told = (("Repository", repo_path), ("The developer's words, in quotes", f'"{request}"' if request else ""))
        return "\n\n".join([loaded.text, *(f"{label}: {value}" for label, value in told if value)])

    title = loaded.name.replace("-", " ").capitalize()
    return Prompt.from_function(render, name=loaded.name, title=title, description=loaded.description)
