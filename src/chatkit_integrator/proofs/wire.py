"""ChatKit's wire protocol, spoken to any URL: what the widget would send, and what came back as events."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_OK = 200
_STREAM = "text/event-stream"


class NotAStreamError(RuntimeError):
    """A streaming operation was answered with something that is no event stream."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. ``status`` is 0 where nothing did, and ``broken`` says how an answer ended early."""

    operation: str
    body: Mapping[str, Any]
    status: int
    kind: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    broken: str = ""
    seconds: float = 0.0
    url: str = ""

    @property
    def is_stream(self) -> bool:
        """Whether it was answered with events."""
        return self.status == _OK and self.kind.startswith(_STREAM)

    @property
    def is_fine(self) -> bool:
        """Whether it was answered as the protocol has it, to its end and without an error in it."""
        return self.status == _OK and not self.broken and not (self.is_stream and self.errors)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events, those that are whole."""
        found: list[dict[str, Any]] = []
        for line in self.text.splitlines() if self.is_stream else ():
            if line.startswith("data:"):
                try:
                    found.append(json.loads(line[5:]))
                except json.JSONDecodeError:
                    continue
        return found

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Its error events."""
        return [one for one in self.events if one.get("type") == "error"]

    @property
    def value(self) -> Any:  # noqa: ANN401 - whatever JSON came
        """The JSON value of the answer; ``None`` where it is none."""
        try:
            return json.loads(self.text)
        except json.JSONDecodeError:
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object of the answer; an empty one where it is none."""
        value = self.value
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What a listing lists, or a thread holds; nothing where it was refused."""
        items: Any = self.fields.get("items")
        data: Any = self.fields.get("data", cast("dict[str, Any]", items).get("data") if isinstance(items, dict) else None)
        if self.status != _OK or not isinstance(data, list):
            return []
        return [cast("dict[str, Any]", one) for one in cast("list[Any]", data) if isinstance(one, dict)]

    @property
    def told(self) -> str:
        """The exchange in few lines, for people."""
        ended = f", {self.broken}" if self.broken else ""
        sent = json.dumps({"type": self.operation, **{key: value for key, value in self.body.items() if key != "type"}})
        return f"POST {self.url} {sent[:600]}\n-> {self.status or 'no answer'} {self.kind}{ended}\n{self.text[:1200]}"


@dataclass
class Wire:
    """One person's side.

    ``headers`` go along with every request (a cookie, an Authorization), ``query`` with every address, ``extra`` beside the
    protocol's own keys in every body. ``heard`` is told of every exchange.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 60.0
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    heard: Callable[[Exchange], None] | None = None

    def create(self, text: str, metadata: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Start a thread; gives the events."""
        return self.stream("threads.create", {"input": spoken(text)}, metadata)

    def add(self, thread_id: str, text: str, metadata: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Say something in a thread; gives the events."""
        return self.stream("threads.add_user_message", {"input": spoken(text), "thread_id": thread_id}, metadata)

    def stream(
        self, operation: str, params: Mapping[str, object], metadata: Mapping[str, object] | None
    ) -> list[dict[str, Any]]:
        """Do a streaming operation; ``NotAStreamError`` with status and body where the answer is no event stream."""
        status, kind, text = self.post(operation, params, metadata)
        if status != _OK or not kind.startswith(_STREAM):
            raise NotAStreamError(f"{operation}: status {status}, {kind or 'no content type'}: {text[:300]}")
        return [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]

    def ask(self, operation: str, params: Mapping[str, object]) -> tuple[int, Any]:
        """Do an operation that answers with JSON; gives status and value."""
        status, _, text = self.post(operation, params, None)
        try:
            return status, json.loads(text)
        except json.JSONDecodeError:
            return status, text

    def post(self, operation: str, params: Mapping[str, object], metadata: Mapping[str, object] | None) -> tuple[int, str, str]:
        """Send one request; gives status, content type and body. ``OSError`` where nobody answers."""
        done = self.exchange(operation, params, metadata)
        if done.status == 0:
            raise OSError(done.broken)
        return done.status, done.kind, done.text

    def exchange(
        self,
        operation: str,
        params: Mapping[str, object],
        metadata: Mapping[str, object] | None = None,
        *,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send one request, and give what came back, whatever it is."""
        body: dict[str, object] = {"type": operation, "params": params, **({"metadata": metadata} if metadata else {})}
        body.update(extra or {})
        url = f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.query)}" if self.query else self.url
        request = urllib.request.Request(  # noqa: S310 - the caller's own server
            url,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "accept": _STREAM, **self.headers, **(headers or {})},
            method="POST",
        )
        begun = time.monotonic()
        status, kind, given, text, broken = self._sent(request)
        done = Exchange(operation, body, status, kind, text, given, broken, time.monotonic() - begun, url)
        if self.heard is not None:
            self.heard(done)
        return done

    def _sent(self, request: urllib.request.Request) -> tuple[int, str, tuple[tuple[str, str], ...], str, str]:
        chunks: list[bytes] = []
        status, kind, broken = 0, "", ""
        given: tuple[tuple[str, str], ...] = ()
        try:
            with _opened(request, self.timeout) as response:
                status, kind = response.status, response.headers.get("content-type", "")
                given = tuple(response.headers.items())
                deadline = time.monotonic() + self.timeout
                while chunk := response.read1(65536):
                    chunks.append(chunk)
                    if time.monotonic() > deadline:
                        broken = f"no end of it within {self.timeout:.0f} s"
                        break
        except TimeoutError:
            broken = f"no end of it within {self.timeout:.0f} s"
        except (http.client.HTTPException, OSError) as error:
            broken = f"cut off ({type(error).__name__})" if status else f"{type(error).__name__}: {error}"
        return status, kind, given, b"".join(chunks).decode("utf-8", "replace"), broken


def _opened(request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
    """Send it; an answer with an error's status is an answer."""
    try:
        return cast("http.client.HTTPResponse", urllib.request.urlopen(request, timeout=timeout))  # noqa: S310 - as given
    except urllib.error.HTTPError as error:
        return cast("http.client.HTTPResponse", error)
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise TimeoutError from error
        raise


def spoken(text: str, **more: object) -> dict[str, object]:
    """What somebody typed, as the widget sends it."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}, **more}


def thread_of(events: Iterable[dict[str, Any]]) -> str:
    """The id of the thread that the events created."""
    return next(str(event["thread"]["id"]) for event in events if event["type"] == "thread.created")


def assistant_text(events: Iterable[dict[str, Any]]) -> str:
    """What the assistant said, in the items that were done."""
    said: list[str] = []
    for event in events:
        if event["type"] == "thread.item.done" and event["item"]["type"] == "assistant_message":
            parts = cast("list[dict[str, Any]]", event["item"]["content"])
            said.append("".join(str(part["text"]) for part in parts))
    return "\n".join(said)


def errors(events: Iterable[dict[str, Any]]) -> list[str]:
    """The messages of error events."""
    return [str(event.get("message") or event.get("code")) for event in events if event["type"] == "error"]
