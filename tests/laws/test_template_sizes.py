"""What stays behind in a repository can be read in one sitting."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import pytest

from chatkit_integrator.frameworks.fastapi.transforms.package import PLAIN
from chatkit_integrator.frameworks.nextjs.installing import proxy_files, widget_files
from chatkit_integrator.model.profile import AuthServer, Contract, Frontend, FrontendAuth, Profile

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Identity

MOST = 900
LARGEST = 250
MOST_MORE = 220
ASKED_FOR = {"attachments", "files", "init_attachments", "chatkit_tables_and_files"}


@pytest.mark.parametrize("identity", ["identity", "identity_guest", "identity_signed", "identity_jwks"])
def test_the_backend_can_be_read_in_one_sitting_whatever_it_finds_and_however_it_is_put_together(identity: str) -> None:
    """Every line counts, empty ones too: the parts that all have, the longest of each that differs, and the revision."""
    templates = files("chatkit_integrator.frameworks.fastapi") / "templates"
    lines = {
        path.name.removesuffix(".py"): path.read_text(encoding="utf-8").count("\n")
        for folder in ("chatkit_backend", "alembic")
        for path in (templates / folder).iterdir()
        if path.name.endswith(".py")
    }
    longest: dict[str, int] = {}
    for name in set(lines) - {*PLAIN, *ASKED_FOR}:
        kind = name.split("_", maxsplit=1)[0]
        longest[kind] = max(longest.get(kind, 0), lines[name])
    assert set(longest) == {"agent", "chatkit", "database", "environment", "identity"}
    longest["identity"] = lines[identity]

    assert sum(lines[name] for name in PLAIN) + sum(longest.values()) <= MOST
    assert max(lines.values()) <= LARGEST
    assert sum(lines[name] for name in ASKED_FOR) - lines["chatkit_tables"] <= MOST_MORE, "its revision takes the other's place"


@pytest.mark.parametrize("language", ["ts", "js"])
@pytest.mark.parametrize(
    ("identity", "cookie", "carried"),
    [
        ("bearer", "session", "header"),
        ("bearer", "session", "cookie"),
        ("bearer", None, "header"),
        ("jwks", None, "header"),
        ("signed", None, "header"),
        ("guest", None, "header"),
    ],
)
def test_the_frontend_is_at_most_900_lines_however_people_sign_in(
    language: str, identity: Identity, cookie: str | None, carried: Literal["header", "cookie"]
) -> None:
    """Every line counts, empty ones and the style sheet too. Without a cookie a bearer's token is the sign-in library's."""
    server = AuthServer("lib/auth.ts", "auth", "@/lib/auth", "app/api/auth/[...all]/route.ts", keys_path="/api/auth/jwks")
    site = Frontend(
        root="",
        framework="nextjs",
        router="app",
        language="ts" if language == "ts" else "js",
        layout=None,
        layouts=(),
        app_dir="app",
        manifest="package.json",
        package_manager="npm",
        workspace_root="",
        auth=FrontendAuth("better-auth", server=None if cookie or identity == "guest" else server),
    )
    profile = Profile(backend=None, frontend=site, contract=Contract(identity=identity, cookie=cookie, carried=carried))
    written = {**proxy_files(profile), **widget_files(profile)}
    lines = {path: text.count("\n") for path, text in written.items()}

    assert len(lines) == 12
    assert sum(lines.values()) <= MOST
    assert max(lines.values()) <= LARGEST
