"""A policy is widened so that a real browser loads chatkit.js and its frame, and nothing else that it did not load before."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from chatkit_integrator.frameworks.nextjs.transforms.csp import ORIGIN, TRANSFORM, widen
from chatkit_integrator.model.profile import Contract, Frontend, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, Location, NotNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Route

PATH = "next.config.mjs"


def outcome(text: str, line: int | None = 1) -> object:
    frontend = Frontend(
        root="",
        framework="nextjs",
        router="app",
        language="js",
        layout=None,
        layouts=(),
        app_dir="app",
        manifest="package.json",
        package_manager="npm",
        workspace_root="",
        csp=None if line is None else Location(PATH, line),
    )
    return TRANSFORM.plan(Tree.of({PATH: text}), Profile(None, frontend, Contract()))


def test_a_site_without_a_policy_needs_none() -> None:
    assert isinstance(outcome("export default {};\n", None), NotNeeded)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'const csp = "script-src {ORIGIN}; frame-src {ORIGIN}";\n', id="the origin"),
        pytest.param('const csp = "script-src https:; frame-src *";\n', id="any origin"),
        pytest.param("const csp = \"script-src 'self' *.openai.com; frame-src *.openai.com\";\n", id="its domain"),
    ],
)
def test_what_is_allowed_already_is_left_alone(text: str) -> None:
    assert isinstance(outcome(text), AlreadyThere)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("const csp = policy();\n", id="made elsewhere"),
        pytest.param("// script-src 'self'\nconst csp = \"default\";\n", id="a comment"),
        pytest.param('const help = "default-src is a directive";\n', id="prose"),
        pytest.param(
            "const csp = [\"default-src 'self'\", ...(dev ? [\"script-src 'self'\"] : [])].join(';');\n", id="there at times"
        ),
        pytest.param("const csp = \"default-src 'self' \" + hosts;\n", id="sources that go on elsewhere"),
        pytest.param("const csp = { 'script-src': sources, 'img-src': [] };\n", id="sources in a variable"),
    ],
)
def test_what_is_not_certain_is_refused_with_what_to_do(text: str) -> None:
    refused = outcome(text)

    assert isinstance(refused, Refused)
    assert f"{PATH}:1" in refused.reason
    assert ORIGIN in refused.patch


@pytest.mark.parametrize("value", ["require-corp", "credentialless"])
def test_what_isolates_pages_from_the_chat_is_told(value: str) -> None:
    text = f'const h = [["Cross-Origin-Embedder-Policy", "{value}"], ["CSP", "script-src \'self\'; frame-src \'self\'"]];\n'
    edited = outcome(text)

    assert isinstance(edited, Edited)
    assert [one for one in edited.follow_ups if "Cross-Origin-Embedder-Policy" in one.text]


WIDENED = {
    "two policies": (
        "const a = \"script-src 'self'; frame-src 'self'\";\nconst b = \"script-src 'none'; frame-src 'none'\";\n",
        (
            f"const a = \"script-src 'self' {ORIGIN}; frame-src 'self' {ORIGIN}\";\n"
            f'const b = "script-src {ORIGIN}; frame-src {ORIGIN}";\n'
        ),
    ),
    "a part that is there at times": (
        "const csp = `script-src 'self' ${dev ? \"'unsafe-eval'\" : \"\"}; frame-src 'self'`;\n",
        f"const csp = `script-src 'self' ${{dev ? \"'unsafe-eval'\" : \"\"}} {ORIGIN}; frame-src 'self' {ORIGIN}`;\n",
    ),
    "the policy of optimised images": (
        'const config = { images: { contentSecurityPolicy: "script-src \'none\'" }, csp: "script-src a.b; frame-src *" };\n',
        (
            "const config = { images: { contentSecurityPolicy: \"script-src 'none'\" }, "
            f'csp: "script-src a.b {ORIGIN}; frame-src *" }};\n'
        ),
    ),
    "names of helmet": (
        'const csp = { defaultSrc: ["a.b"], scriptSrc: ["a.b"] };\n',
        f'const csp = {{ frameSrc: ["a.b", "{ORIGIN}"], defaultSrc: ["a.b"], scriptSrc: ["a.b", "{ORIGIN}"] }};\n',
    ),
    "line endings": (
        'const csp = [\r\n  "default-src \'self\'",\r\n  "script-src *",\r\n];\r\n',
        f'const csp = [\r\n  "frame-src \'self\' {ORIGIN}",\r\n  "default-src \'self\'",\r\n  "script-src *",\r\n];\r\n',
    ),
}


@pytest.mark.parametrize("name", WIDENED)
def test_every_byte_outside_of_what_is_needed_stays(name: str) -> None:
    before, after = WIDENED[name]

    assert widen(before) == after
    assert widen(after) == after


SHAPES = {
    "a string": "const csp = \"default-src 'self'; script-src 'self' 'unsafe-inline'; frame-src 'self'\";",
    "a template": "const csp = `\n  default-src 'self';\n  script-src 'self';\n  img-src *;\n`.replace(/\\n/g, ' ');",
    "a list": "const csp = [\n  \"default-src 'self'\",\n  \"img-src *\",\n].join('; ');",
    "a sum": "const csp = \"default-src 'self'; \" + \"script-src 'self'; \" + \"frame-ancestors 'none'\";",
    "an object": "const parts = { 'default-src': [\"'self'\"], 'frame-src': [\"'none'\"] };\n"
    "const csp = Object.entries(parts).map(([name, from]) => `${name} ${from.join(' ')}`).join('; ');",
    "only what holds for all": "const csp = \"default-src 'self'\";",
    "nothing": "const csp = \"default-src 'none'\";",
    "frames through child-src": "const csp = \"script-src 'self'; child-src 'self'\";",
    "elements apart": "const csp = \"script-src 'self'; script-src-elem 'self'; frame-src 'self'\";",
    "a nonce that is trusted on": "const nonce = 'abc';\n"
    "const csp = `default-src 'self'; script-src 'self' 'nonce-${nonce}' 'strict-dynamic'; object-src 'none'`;",
}


@pytest.fixture(scope="module")
def loaded(chromium: str) -> Iterator[Callable[[str], list[str]]]:
    """Which of chatkit.js, its frame, and a stranger's script and frame a page with this policy loads in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless=new", "--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        served: list[str] = []
        policy = [""]

        def serve(route: Route) -> None:
            address = route.request.url
            if address.startswith("http://site.test/"):
                page_text = '<!doctype html><body><script nonce="abc" src="/load.js"></script>'
                script = address.endswith(".js")
                route.fulfill(
                    body=LOADS if script else page_text,
                    content_type="text/javascript" if script else "text/html",
                    headers={"Content-Security-Policy": policy[0]},
                )
            else:
                served.append(address)
                script = address.endswith(".js")
                route.fulfill(body="" if script else "<p>", content_type="text/javascript" if script else "text/html")

        page.route("**/*", serve)

        def load(csp: str) -> list[str]:
            policy[0] = csp
            served.clear()
            page.goto("http://site.test/")
            page.evaluate(LOADS)  # a page whose policy lets no script of its own run
            page.wait_for_timeout(300)
            return sorted(set(served))

        yield load
        browser.close()


LOADS = """(() => {
  for (const origin of ["https://cdn.platform.openai.com", "https://stranger.test"]) {
    const script = document.createElement("script");
    script.src = `${origin}/chatkit.js`;
    const frame = document.createElement("iframe");
    frame.src = `${origin}/index.html`;
    document.body.append(script, frame);
  }
})()"""
OURS = [f"{ORIGIN}/chatkit.js", f"{ORIGIN}/index.html"]


def policy_of(source: str) -> str:
    done = subprocess.run(["node", "-e", f"{source}\nconsole.log(csp)"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_browser_loads_the_chat_and_no_stranger(loaded: Callable[[str], list[str]], shape: str) -> None:
    edited = widen(SHAPES[shape])

    assert edited is not None
    trusted = "strict-dynamic" in edited  # whatever a trusted script loads is trusted then
    before, after = loaded(policy_of(SHAPES[shape])), loaded(policy_of(edited))
    assert not set(OURS) <= set(before)
    assert set(OURS) <= set(after)
    strangers = [one for one in after if "stranger" in one]
    assert strangers == (["https://stranger.test/chatkit.js"] if trusted else [])
