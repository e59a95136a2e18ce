"""CK20: somebody goes away in the middle of an answer; the half of it is kept, and the model is not listened to any more."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker
from chatkit_integrator.proofs.wire import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.proofs.stage import Stage

_WORDS, _PACE = 80, 0.05
_TAKEN = 6
_WAITING = 5.0


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Take a few words of a slow answer, and go."""
    word = marker("w")
    stage.recording.text = " ".join(f"{word}{number:02d}" for number in range(_WORDS))
    stage.recording.pace = _PACE
    heard = len(stage.recording.prompts)
    thread, taken = _taken(stage, word)
    if not thread:
        return {"CK20": unknown(f"no conversation was started: {taken[-200:]}")}
    if len(stage.recording.prompts) == heard:
        return {"CK20": unknown("no request reached the model")}
    entry = next((one for one in stage.recording.prompts[heard:] if one["pieces"]), None)
    if entry is None:
        return {"CK20": unknown("the answer is not streamed from the model, so it cannot be stopped halfway")}
    deadline = time.monotonic() + _WAITING
    while time.monotonic() < deadline and not entry["left"] and entry["sent"] < entry["pieces"]:
        time.sleep(0.1)
    time.sleep(0.5)
    listed = stage.wire(stage.ada).exchange("items.list", {"thread_id": thread, "limit": 50, "order": "asc"})
    if not listed.rows:
        listed = stage.wire(stage.ada).exchange("threads.get_by_id", {"thread_id": thread})
    kept = f"{word}0" in json.dumps([one for one in listed.rows if one.get("type") == "assistant_message"])
    stopped = bool(entry["left"]) and entry["sent"] < entry["pieces"]
    count = f"{entry['sent']} of {entry['pieces']} pieces of the model's answer were taken"
    shown = stage.seen(listed, f"After the client had gone ({count}).")
    if word not in taken:
        return {"CK20": unknown("no word of the answer reached the client while it was made")}
    if kept and stopped:
        return {"CK20": passed(f"the partial answer is kept, and the model was left: {count}", shown)}
    faults = [] if kept else ["the partial answer is lost"]
    faults += [] if stopped else [f"the model goes on: {count}"]
    return {"CK20": failed(" and ".join(faults), shown)}


def _taken(stage: Stage, word: str) -> tuple[str, str]:
    """Read some of an answer, and close the connection; gives the thread, and what was read."""
    place = urlsplit(stage.endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    query = f"?{urlencode(stage.ada.query)}" if stage.ada.query else ""
    body = json.dumps({"type": "threads.create", "params": {"input": spoken("Tell me a long story.")}})
    headers = {"content-type": "application/json", "accept": "text/event-stream", **stage.ada.headers}
    taken, thread = "", ""
    try:
        connection.request("POST", place.path + query, body, headers)
        answer = connection.getresponse()
        while taken.count(word) < _TAKEN:
            line = answer.readline().decode("utf-8", "replace")
            if not line:
                break
            taken += line
            if not thread and '"thread.created"' in line:
                thread = str(json.loads(line[5:])["thread"]["id"])
    except (OSError, http.client.HTTPException, ValueError) as error:
        taken += f" {type(error).__name__}: {error}"
    finally:
        connection.close()
    return thread, taken


PROOF = Proof("stop", "Somebody stops an answer", ("CK20",), prove)
