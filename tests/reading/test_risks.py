"""What is unsafe in a repository is told with its line, and what only looks so is not."""

from __future__ import annotations

import pytest

from chatkit_integrator.model.profile import App, Backend, BackendAuth, Contract, Dependencies, Frontend, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.risks import MOST, risks

BACKEND = Backend(
    root="api",
    framework="fastapi",
    app=App("api/main.py", "app", "module"),
    lifespan="none",
    api_prefix="",
    dependencies=Dependencies("uv", "api/pyproject.toml"),
    import_root="api",
    package_dir="api",
    auth=BackendAuth("none"),
)
FRONTEND = Frontend(
    root="web",
    framework="nextjs",
    router="app",
    language="ts",
    layout=None,
    layouts=(),
    app_dir="web/app",
    manifest="web/package.json",
    package_manager="npm",
    workspace_root="web",
)
PROFILE = Profile(BACKEND, FRONTEND, Contract())


def told(files: dict[str, str]) -> list[str]:
    return [f"{one.place.path}:{one.place.line}: {one.text}" for one in risks(Tree.of(files), PROFILE)]


@pytest.mark.parametrize(
    "line",
    [
        "print('token')",
        "# print(token)",
        "log.info('%s tokens used', usage.total_tokens)",
        "log.info(user.id)",
        "login(token)",
        "client = httpx.Client(verify=True)",
        "app.add_middleware(CORSMiddleware, allow_origins=['*'])",
        "app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)",
        "context.check_hostname = True",
    ],
)
def test_python_that_only_looks_unsafe_is_not_told(line: str) -> None:
    assert told({"api/main.py": f"{line}\n"}) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("print(token)", "token is written to the log"),
        ("print(f'got {user.access_token}')", "access_token is written to the log"),
        ("logger.debug('header %s', headers['Authorization'])", "Authorization is written to the log"),
        ("logging.info('password: ' + form.password)", "password is written to the log"),
        ("httpx.get(url, verify=False)", "TLS certificates are not checked"),
        ("context = ssl._create_unverified_context()", "TLS certificates are not checked"),
        ("context.verify_mode = ssl.CERT_NONE", "TLS certificates are not checked"),
        (
            "app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)",
            "CORS lets every site make requests with credentials",
        ),
        (
            "app.add_middleware(CORSMiddleware, allow_origin_regex='.*', allow_credentials=True)",
            "CORS lets every site make requests with credentials",
        ),
    ],
)
def test_unsafe_python_is_told_with_its_line(line: str, text: str) -> None:
    assert told({"api/main.py": f"import x\n{line}\n"}) == [f"api/main.py:2: {text}"]


@pytest.mark.parametrize(
    "path", ["api/tests/test_main.py", "api/conftest.py", "scripts/other.py", "web/lib/a.test.ts", "web/e2e/a.ts"]
)
def test_tests_and_other_folders_are_not_told(path: str) -> None:
    assert told({path: "print(token)\n" if path.endswith(".py") else "console.log(token);\n"}) == []


@pytest.mark.parametrize(
    "line", ["console.log('token');", "// console.log(token);", "show(token);", "const o = { rejectUnauthorized: true };"]
)
def test_a_site_that_only_looks_unsafe_is_not_told(line: str) -> None:
    assert told({"web/lib/a.ts": f"{line}\n"}) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("console.log(token);", "token is written to the log"),
        ("console.error('failed', session.accessToken);", "accessToken is written to the log"),
        ("console.log(`got ${user.password}`);", "password is written to the log"),
        ("const agent = new Agent({ rejectUnauthorized: false });", "TLS certificates are not checked"),
        ("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';", "TLS certificates are not checked"),
    ],
)
def test_an_unsafe_site_is_told_with_its_line(line: str, text: str) -> None:
    assert told({"web/lib/a.ts": f"\n{line}\n"}) == [f"web/lib/a.ts:2: {text}"]


def test_what_is_baked_into_an_image_is_named_without_its_value() -> None:
    dockerfile = "FROM python\nARG VERSION=1\nENV API_KEY=sk-123\nENV SECRET_KEY=$SECRET_KEY\nCOPY .env.example .env ./\n"
    text = "becomes part of the image, for everyone who has it"
    found = told({"api/Dockerfile": dockerfile, "api/app/dockerfile.py": "ENV API_KEY=1\n"})
    assert found == [f"api/Dockerfile:3: API_KEY {text}", f"api/Dockerfile:5: .env {text}"]
    assert "sk-123" not in "".join(found)


def test_a_long_list_ends() -> None:
    assert len(told({"api/main.py": "print(token)\n" * 100})) == MOST
