"""Every code block of the skills: parsed, and type-checked against the newest packages; ``test_skill_runs.py`` runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blocks import blocks, files, skills, write
from chatkit.types import ChatKitReq, ErrorEvent
from packaging.requirements import Requirement
from pydantic import TypeAdapter

from chatkit_integrator.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = (
    "next@16",
    "react@19",
    "react-dom@19",
    "@openai/chatkit-react@latest",
    "better-auth@1",
    "pg",
    "@types/pg",
    "typescript@5",
    "@types/react@19",
    "@types/node",
)
TSCONFIG = {
    "compilerOptions": {
        "target": "ES2022",
        "lib": ["dom", "dom.iterable", "esnext"],
        "strict": True,
        "noUncheckedIndexedAccess": True,
        "noUnusedLocals": True,
        "noEmit": True,
        "skipLibCheck": True,
        "esModuleInterop": True,
        "module": "esnext",
        "moduleResolution": "bundler",
        "isolatedModules": True,
        "jsx": "react-jsx",
        "paths": {"@/*": ["./*"]},
    },
    "include": ["next-env.d.ts", "**/*.ts", "**/*.tsx"],
    "exclude": ["node_modules"],
}
NEXT_TYPES = '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n'
CHECKED = {"python", "ts", "tsx", "css", "toml", "json", "sh"}
ALL = [block for skill in skills() for block in blocks(skill)]


def shown(language: str, name: str = "") -> list[str]:
    return [block.text for block in ALL if block.language == language and block.name.startswith(name)]


def test_there_is_no_block_that_nothing_checks() -> None:
    for block in ALL:
        assert block.language in CHECKED, block
        assert block.name or block.language == "sh", block


def test_no_file_is_shown_twice_in_a_skill() -> None:
    for skill in skills():
        named = [block.name for block in blocks(skill) if block.language not in {"json", "sh"}]
        assert len(named) == len(set(named)), skill


def test_requests_and_events_are_what_the_sdk_reads() -> None:
    reads: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)
    for text in shown("json", "request"):
        assert json.loads(text).get("metadata", {}) == reads.validate_json(text).metadata
    for text in shown("json", "event"):
        assert ErrorEvent.model_validate_json(text).allow_retry is True
    assert len(shown("json")) == len(shown("json", "request")) + len(shown("json", "event"))


def test_the_packages_that_are_declared_are_those_that_run_here() -> None:
    [text] = shown("toml")
    for line in tomllib.loads(text)["project"]["dependencies"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(version(wanted.name)), line


def test_shell_blocks_parse_and_their_commands_exist() -> None:
    known = {name for name, _ in COMMANDS}
    for text in shown("sh"):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        assert set(re.findall(r"^chatkit-integrator (\w+)", text, re.MULTILINE)) <= known
    assert sum("chatkit-integrator" in text for text in shown("sh")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("skill", [one for one in skills() if files(one, "python")])
def test_python_is_strictly_typed(skill: str, tmp_path: Path) -> None:
    write(tmp_path, files(skill, "python"))
    # The templates' own exception: what the SDK leaves without types.
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "reportMissingTypeStubs": False}
    write(tmp_path, {"pyrightconfig.json": json.dumps(settings)})
    pyright = Path(sys.executable).with_name("pyright")
    done = subprocess.run([pyright, "--pythonpath", sys.executable], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("skill", [one for one in skills() if files(one, "ts", "tsx")])
def test_typescript_is_strictly_typed(skill: str, tmp_path: Path, npm: Callable[..., Path]) -> None:
    write(tmp_path, files(skill, "ts", "tsx", "css"))
    write(tmp_path, {"tsconfig.json": json.dumps(TSCONFIG), "next-env.d.ts": NEXT_TYPES})
    (tmp_path / "node_modules").symlink_to(npm(*SITE))
    command = ["node", "node_modules/typescript/bin/tsc", "--project", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_style_sheets_parse(tmp_path: Path, npm: Callable[..., Path]) -> None:
    (tmp_path / "node_modules").symlink_to(npm(*SITE))
    for text in shown("css"):
        script = "require('postcss').parse(require('fs').readFileSync(0, 'utf8')).nodes.length || process.exit(3)"
        subprocess.run(["node", "-e", script], cwd=tmp_path, input=text, text=True, check=True)
