"""Does it still parse? By the name of the file, whatever the language."""

from __future__ import annotations

import pytest

from chatkit_integrator.engine.verifying import parses
from chatkit_integrator.errors import SyntaxRefusedError

GOOD = {
    "a.py": "def f(): ...\n",
    "a.pyi": "x: int\n",
    "a.ts": "const x: number = 1\n",
    "web/a.tsx": "export const A = () => <p>x</p>\n",
    "a.js": "const x = 1\r\n",
    "a.jsx": "const a = <p/>\n",
    "a.mjs": "export default {}\n",
    "pyproject.toml": "[a]\nb = 1\n",
    "package.json": '{"a": 1}\n',
    "tsconfig.jsonc": '{"a": 1, // why\n}\n',
}
BAD = {
    "a.py": "def f(:\n",
    "a.pyi": "x: = 1\n",
    "a.ts": "const x: = 1\n",
    "web/a.tsx": "export const A = () => <p>x</p\n",
    "a.js": "const = 1\n",
    "a.jsx": "const a = <p>\n",
    "a.mjs": "export default {\n",
    "pyproject.toml": "[a\nb = 1\n",
    "package.json": '{"a": 1\n',
    "tsconfig.jsonc": '{"a": }\n',
}


@pytest.mark.parametrize("path", sorted(BAD))
def test_what_does_not_parse_is_refused_by_name(path: str) -> None:
    with pytest.raises(SyntaxRefusedError, match=path.rpartition("/")[2]):
        parses(path, BAD[path])


@pytest.mark.parametrize("path", sorted(GOOD))
def test_what_parses_passes(path: str) -> None:
    parses(path, GOOD[path])


def test_what_is_in_no_language_we_know_passes() -> None:
    parses(".env.example", "A=(((\n")
    parses("notes.md", "{")
