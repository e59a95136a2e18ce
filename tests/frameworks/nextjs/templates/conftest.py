"""A small Next.js site with the chat put in by the transforms, built once, in front of a backend that keeps what it is sent."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright
from site_backend import Backend, handler_of

from chatkit_integrator.frameworks.nextjs.installing import proxy_files
from chatkit_integrator.frameworks.nextjs.transforms import mount, proxy, script, widget
from chatkit_integrator.model.profile import Contract, Frontend, Layout, Profile
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import Edited
from chatkit_integrator.proofs.element import element_script

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP tea.example 127.0.0.1",
]
SECRET = "a secret of the tests that is long enough"
SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
PACKAGES = (
    "next@16",
    "react@19",
    "react-dom@19",
    "@openai/chatkit-react@latest",
    "typescript@5",
    "typescript7@npm:typescript@7",
    "@types/react@19",
    "@types/node",
    "prettier@3",
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("CHATKIT_")}
ENVIRONMENT["NEXT_TELEMETRY_DISABLED"] = "1"
MANIFEST = '{"name": "site", "private": true}\n'
TSCONFIG = {
    "compilerOptions": {
        "target": "ES2017",
        "lib": ["dom", "dom.iterable", "esnext"],
        "strict": True,
        "noUncheckedIndexedAccess": True,
        "exactOptionalPropertyTypes": True,
        "noUnusedLocals": True,
        "noUnusedParameters": True,
        "noImplicitReturns": True,
        "noImplicitOverride": True,
        "skipLibCheck": True,
        "noEmit": True,
        "esModuleInterop": True,
        "module": "esnext",
        "moduleResolution": "bundler",
        "resolveJsonModule": True,
        "isolatedModules": True,
        "jsx": "react-jsx",
        "incremental": False,
    },
    "include": ["next-env.d.ts", "app/**/*.ts", "app/**/*.tsx"],
    "exclude": ["node_modules"],
}
SITE = {
    "package.json": MANIFEST,
    "tsconfig.json": json.dumps(TSCONFIG),
    "next-env.d.ts": '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n',
    # cacheComponents is the strictest about what may be read while a page is rendered ahead of time.
    "next.config.mjs": "export default { cacheComponents: true, reactStrictMode: true };\n",
    "app/globals.css": "body { margin: 40px; font: 17px/1.6 Georgia, serif } .dark body { background: #0d0f12; color: #eee }\n",
    "app/layout.tsx": """import type { ReactNode } from "react";
import "./globals.css";

export const metadata = { title: "The tea house", description: "All about tea" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
""",
    "app/page.tsx": """import Link from "next/link";

export default function Home() {
  return (
    <main>
      <h1>The tea house</h1>
      <p id="text">Tea is made of leaves, and water that has stopped boiling.</p>
      <input aria-label="Search" />
      <Link href="/item/7">Assam</Link>
    </main>
  );
}
""",
    "app/item/[id]/page.tsx": """import { Suspense } from "react";

type Props = { params: Promise<{ id: string }> };

export const metadata = { title: "Assam", description: "A strong tea" };

async function Item({ params }: Props) {
  return <h1>Item {(await params).id}</h1>;
}

export default function Page({ params }: Props) {
  return (
    <Suspense>
      <Item params={params} />
    </Suspense>
  );
}
""",
    "app/login/route.ts": """export async function GET(request: Request) {
  const to = new URL(request.url).searchParams.get("callbackUrl") ?? "/";
  const headers = { location: to, "set-cookie": "session=a-token; HttpOnly; Path=/" };
  return new Response(null, { status: 303, headers });
}
""",
}


def profile_of(identity: str = "bearer", proxy_path: str = "/api/chatkit", language: str = "ts") -> Profile:
    """The profile of the site above."""
    layout = Layout(f"app/layout.{'tsx' if language == 'ts' else 'jsx'}", has_head=False)
    frontend = Frontend(
        root="",
        framework="nextjs",
        router="app",
        language="ts" if language == "ts" else "js",
        layout=layout,
        layouts=(layout,),
        app_dir="app",
        manifest="package.json",
        package_manager="npm",
        workspace_root="",
    )
    contract = Contract(
        endpoint="/api/v1/chatkit",
        proxy_path=proxy_path,
        identity="bearer" if identity == "bearer" else "guest",
        cookie="session" if identity == "bearer" else None,
        sign_in_path="/login",
    )
    return Profile(backend=None, frontend=frontend, contract=contract)


@pytest.fixture(scope="session")
def running_backend() -> Iterator[Backend]:
    backend = Backend()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(backend))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    backend.url = f"http://127.0.0.1:{server.server_port}"
    yield backend
    server.shutdown()
    server.server_close()


@pytest.fixture
def backend(running_backend: Backend) -> Iterator[Backend]:
    running_backend.forget()
    yield running_backend
    running_backend.go_on.set()


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Copy a repository of ours and commit it."""

    def copy(repository: Path) -> Path:
        root = tmp_path_factory.mktemp(repository.name) / "repository"
        shutil.copytree(repository, root)
        for argv in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"]):
            subprocess.run(["git", *argv], cwd=root, check=True)
        return root

    return copy


@pytest.fixture(scope="session")
def with_packages(kept: Path) -> Callable[[Path, tuple[str, ...]], None]:
    """Give a folder its node_modules: installed once, hard-linked from then on."""

    def install(folder: Path, more: tuple[str, ...] = ()) -> None:
        names = (*PACKAGES, *more)
        home = kept / "-".join(("site", *(str(abs(hash_of(name))) for name in (" ".join(names),))))
        with FileLock(f"{home}.lock"):
            if not (home / "done").exists():
                home.mkdir(exist_ok=True)
                (home / "package.json").write_text(MANIFEST, encoding="utf-8")
                command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", *names]
                subprocess.run(command, cwd=home, check=True, capture_output=True, timeout=900)
                (home / "done").touch()
        try:
            shutil.copytree(home / "node_modules", folder / "node_modules", symlinks=True, copy_function=os.link)
        except OSError:  # another file system
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            shutil.copytree(home / "node_modules", folder / "node_modules", symlinks=True)

    return install


def hash_of(text: str) -> int:
    """A number that is the same in every run."""
    return int.from_bytes(text.encode(), "big") % (2**61 - 1)


def installed(tree: Tree, profile: Profile) -> Tree:
    """The tree with the chat put into it by the transforms."""
    for one in (proxy, widget, script, mount):
        outcome = one.TRANSFORM.plan(tree, profile)
        assert isinstance(outcome, Edited), outcome
        tree = tree.with_edits(outcome.edits)
    return tree


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, with_packages: Callable[[Path, tuple[str, ...]], None]) -> Path:
    """The site, with the guests' route and the one that sends the cookie itself on beside the other."""
    tree = installed(Tree.of(SITE), profile_of())
    cookie = profile_of("bearer", "/api/cookie")
    for one in (profile_of("guest", "/api/guest"), replace(cookie, contract=replace(cookie.contract, carried="cookie"))):
        files = proxy_files(one)
        tree = tree.with_edits(tree.edit(path, text) for path, text in files.items() if path.endswith("route.ts"))
    root = tmp_path_factory.mktemp("site")
    for path in tree.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(tree.text(path), encoding="utf-8")
    with_packages(root, ())
    return root


@pytest.fixture(scope="session")
def built(site: Path) -> Path:
    """The site, built for production."""
    command = ["node_modules/.bin/next", "build"]
    done = subprocess.run(command, cwd=site, env=ENVIRONMENT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture(scope="session")
def served(built: Path, running_backend: Backend) -> Iterator[str]:
    """The address of the site."""
    with _started(built, CHATKIT_BACKEND_URL=running_backend.url, CHATKIT_GUEST_SECRET=SECRET) as address:
        yield address


@pytest.fixture(scope="session")
def unset(built: Path) -> Iterator[str]:
    """The address of the same site with a secret that is too short, and without the backend's address."""
    with _started(built, CHATKIT_GUEST_SECRET="short") as address:
        yield address


@contextmanager
def _started(site: Path, **variables: str) -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", str(port)]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=site, env={**ENVIRONMENT, **variables}, stdout=silent, stderr=silent) as server:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/api/guest")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the site did not start")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=FLAGS)


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    """A page of somebody who is signed in; whatever React or the browser complains of fails the test."""
    context = browser.new_context(base_url=served, viewport={"width": 1200, "height": 800})
    context.add_cookies([{"name": "session", "value": "a-token", "url": served, "httpOnly": True}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(SCRIPT, _stand_in)
    yield page
    context.close()
    # "Event" is what Next.js itself says of a script that does not load.
    expected = ("Failed to load resource", "The chat reported an error", "Event")
    assert [one for one in complaints if not one.startswith(expected)] == []


def _stand_in(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body=element_script())
