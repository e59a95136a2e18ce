"""Write the generated references of the skills: ``poe generate``."""

from __future__ import annotations

from pathlib import Path

from chatkit_integrator.toolkit.references import references

SKILLS = Path(__file__).parents[2] / "skills"


def main() -> None:
    """Write each of them where it belongs."""
    for path, text in references().items():
        (SKILLS / path).parent.mkdir(parents=True, exist_ok=True)
        (SKILLS / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
