"""Where attachments are asked for: the panel offers them, and the site's own route carries them as they are."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread

from chatkit_integrator.frameworks.nextjs.installing import proxy_files, widget_files
from chatkit_integrator.model.profile import Contract, Frontend, Profile

SITE = Frontend(
    root="",
    framework="nextjs",
    router="app",
    language="ts",
    layout=None,
    layouts=(),
    app_dir="app",
    manifest="package.json",
    package_manager="npm",
    workspace_root="",
)
PLAIN = Profile(None, SITE, Contract(identity="bearer", cookie="session"))
ASKED = replace(PLAIN, contract=replace(PLAIN.contract, attachments=True))
TEMPLATES = Path(str(files("chatkit_integrator.frameworks.nextjs") / "templates/js"))


def installed(profile: Profile) -> dict[str, str]:
    return {**widget_files(profile), **proxy_files(profile)}


def test_two_files_more_and_three_lines_are_the_difference() -> None:
    plain, asked = installed(PLAIN), installed(ASKED)

    assert set(asked) - set(plain) == {"app/_chatkit/attachments.ts", "app/_chatkit/forward-files.ts"}
    changed = {path for path, text in plain.items() if asked[path] != text}
    assert changed == {"app/_chatkit/chat-panel.tsx", "app/api/chatkit/route.ts"}
    assert "attachments: ATTACHMENTS" in asked["app/_chatkit/chat-panel.tsx"]
    assert "uploadStrategy: UPLOADS" in asked["app/_chatkit/chat-panel.tsx"]
    assert "attachments" not in "".join(plain.values()).lower()


def test_javascript_sites_get_javascript() -> None:
    asked = installed(replace(ASKED, frontend=replace(SITE, language="js")))

    assert {"app/_chatkit/attachments.js", "app/_chatkit/forward-files.js"} <= set(asked)


def test_a_file_reaches_the_backend_as_it_is_for_who_is_signed_in_on_this_site(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None, str | None, bytes]] = []

    class Backend(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, self.headers["authorization"], self.headers["cookie"], body))
            self.send_response(415)
            self.end_headers()
            self.wfile.write(b'{"message":"no"}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    for name in ("_chatkit/forward", "_chatkit/settings", "attachments/forward-files"):
        text = (TEMPLATES / f"{name}.js").read_text(encoding="utf-8")
        for other in ("forward", "settings"):
            text = text.replace(f'"./{other}"', f'"./{other}.mjs"')
        (tmp_path / f"{Path(name).name}.mjs").write_text(text, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    Thread(target=server.serve_forever, daemon=True).start()
    script = Path(__file__).with_name("forwarding.mjs")
    address = f"http://127.0.0.1:{server.server_port}"
    command = ["node", str(script), str(tmp_path / "forward-files.mjs"), address]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    server.shutdown()

    told = json.loads(done.stdout)
    assert told["small"] == [415, '{"message":"no"}']
    assert [told[name][0] for name in ("large", "nobody", "elsewhere")] == [413, 401, 403]
    assert told["status"] == "function"
    assert told["cookie"] == told["small"]
    assert [one[1:3] for one in seen] == [("Bearer ann", None), (None, "session=ann")]
    for path, _, _, body in seen:
        assert path == "/chatkit/attachments"
        assert b"\xff\xff\xff" in body
