"""What stays behind in a repository can be read in one sitting."""

from __future__ import annotations

from importlib.resources import files

from chatkit_integrator.frameworks.fastapi.transforms.package import PLAIN

MOST = 900
LARGEST = 250


def test_the_backend_is_at_most_900_lines_whatever_it_finds_and_however_it_is_put_together() -> None:
    """Every line counts, empty ones too: the parts that all have, the longest of each that differs, and the revision."""
    templates = files("chatkit_integrator.frameworks.fastapi") / "templates"
    lines = {
        f"{folder}/{path.name}": path.read_text(encoding="utf-8").count("\n")
        for folder in ("chatkit_backend", "alembic")
        for path in (templates / folder).iterdir()
        if path.name.endswith(".py")
    }
    differing = {name: count for name, count in lines.items() if name.rpartition("/")[2].removesuffix(".py") not in PLAIN}
    longest: dict[str, int] = {}
    for name, count in differing.items():
        kind = name.rpartition("/")[2].removesuffix(".py").split("_", maxsplit=1)[0]
        longest[kind] = max(longest.get(kind, 0), count)

    assert set(longest) == {"agent", "chatkit", "database", "identity"}
    assert sum(lines[f"chatkit_backend/{name}.py"] for name in PLAIN) + sum(longest.values()) <= MOST
    assert max(lines.values()) <= LARGEST
