"""Write what is generated: the references of the skills, and the server's surface that its test compares. ``poe generate``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from surface import surface

from chatkit_integrator.toolkit.references import references

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write each file where it belongs."""
    for name, text in references().items():
        path = ROOT / "skills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shown = json.dumps(asyncio.run(surface()), indent=2, ensure_ascii=False)
    (ROOT / "tests/kit/surface.json").write_text(f"{shown}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
