"""The code blocks of the skills. A block that is a file names it after its language, as in ``python app/main.py``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKILLS = ROOT / "skills"
BUILDS_ON = {
    "better-auth-setup": ("fastapi-backend", "nextjs-16"),
    "nextjs-16": ("frontend-design",),
    "frontend-design": ("nextjs-16",),
}
"""Skills whose files a skill's own files expect beside them."""

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block: where it stands, its language, the file it is (or what it shows), its text."""

    skill: str
    document: str
    language: str
    name: str
    text: str


def blocks(skill: str) -> list[Block]:
    """All blocks of a skill, in SKILL.md and its references."""
    found: list[Block] = []
    for path in sorted((SKILLS / skill).rglob("*.md")):
        for info, text in _FENCE.findall(path.read_text(encoding="utf-8")):
            language, _, name = info.partition(" ")
            found.append(Block(skill, path.name, language, name, text))
    return found


def skills() -> list[str]:
    """The names of all skills."""
    return sorted(path.parent.name for path in SKILLS.glob("*/SKILL.md"))


def files(skill: str, *languages: str) -> dict[str, str]:
    """The files that a skill's blocks make, on top of those of the skills that it builds on."""
    made: dict[str, str] = {}
    for one in (*BUILDS_ON.get(skill, ()), skill):
        made |= {block.name: block.text for block in blocks(one) if block.language in languages and block.name}
    return made


def write(root: Path, texts: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
