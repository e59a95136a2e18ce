"""The process that is shut in with the backend: builds the stage, brings the proofs about, writes down what was seen.

``python -m chatkit_integrator.toolkit.proving.worker JOB``; progress goes to ``progress.jsonl`` beside the job, a line at a
time, and the outcome to ``done.json``.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from chatkit_integrator.engine.containment import bring_up_loopback
from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.proofs.backend import BACKEND
from chatkit_integrator.proofs.identity import NobodyLetInError
from chatkit_integrator.proofs.proof import Seen, unknown
from chatkit_integrator.toolkit.proving import site_seen
from chatkit_integrator.toolkit.proving.job import Done, Job, written
from chatkit_integrator.toolkit.proving.site import Backing
from chatkit_integrator.toolkit.proving.staging import Backstage, running_backend

if TYPE_CHECKING:
    from chatkit_integrator.proofs.proof import Proof
    from chatkit_integrator.proofs.stage import Stage
    from chatkit_integrator.toolkit.proving.site import Building


def main(path: str) -> None:
    """Do a job."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - heavy

    signal.signal(signal.SIGTERM, _end)
    place = Path(path)
    job = TypeAdapter(Job).validate_json(place.read_bytes())
    if job.is_contained:
        bring_up_loopback()
    with (place.parent / "progress.jsonl").open("a", encoding="utf-8") as progress:

        def say(text: str) -> None:
            progress.write(json.dumps(text) + "\n")
            progress.flush()

        done = prove(Backstage(job, say))
    unfinished = place.parent / "done.part"
    unfinished.write_bytes(TypeAdapter(Done).dump_json(done))
    unfinished.rename(place.parent / "done.json")


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(1)


def prove(backstage: Backstage) -> Done:
    """Every proof that was asked for, one after the other; one that breaks is no verdict, and the next one goes on."""
    job, seen, looked_at = backstage.job, dict[str, Seen](), False
    failed = ""
    with ExitStack() as stack:
        site = site_seen.Begun(job, stack)
        try:
            if job.has_backend:
                with running_backend(backstage, lambda: site.early(backstage.env)) as stage:
                    begun = site.now(backstage.env, urlsplit(stage.endpoint).path)
                    for proof in BACKEND:
                        if not job.items or set(proof.items) & set(job.items):
                            backstage.say(f"Proving: {proof.title}")
                            with backstage.timed(f"proof: {proof.id}"):
                                seen |= _brought_about(proof, stage, backstage)
                    _keep(stage)
                    if begun is not None:
                        looked_at = True
                        _look(begun, site_seen.before(stage), seen, backstage)
        except (IntegratorError, NobodyLetInError, OSError) as error:
            failed = str(error)
        if backstage.application is not None and backstage.application.exceeded:
            failed = f"the backend was stopped: {backstage.application.exceeded}"
            site = site_seen.Begun(job, stack)  # everything beside the backend was stopped with it
        alone = site.now(backstage.env, None)
        if alone is not None and not looked_at:
            _look(alone, Backing(), seen, backstage)
    return Done(tuple(written(item, one) for item, one in seen.items()), tuple(backstage.notes), failed, backstage.seconds)


def _look(site: Building, backing: Backing, seen: dict[str, Seen], backstage: Backstage) -> None:
    found, proved = site_seen.looked(site, backing, seen, backstage.say)
    seen |= found
    backstage.notes += [f"the site: {one}" for one in proved.notes]
    backstage.seconds |= {f"site: {name}": round(seconds, 2) for name, seconds in proved.seconds.items()}


def _brought_about(proof: Proof, stage: Stage, backstage: Backstage) -> dict[str, Seen]:
    """One proof; the stage is as before when it is done, or the backend is started anew."""
    application = backstage.application
    try:
        return dict(proof.prove(stage))
    except (IntegratorError, OSError, ValueError, LookupError, StopIteration) as error:
        why = f"the proof itself was cut short: {type(error).__name__}: {str(error)[:300]}"
        return dict.fromkeys(proof.items, unknown(why))
    finally:
        stage.recording.failure, stage.recording.text, stage.recording.pace = "", "", 0.0
        if application is not None and not application.is_alive and not application.exceeded:
            backstage.notes.append(f"the backend ended during “{proof.title}”, and was started again")
            application.restart()


def _keep(stage: Stage) -> None:
    """Everything that was said, by both sides, beside what the verdicts show of it."""
    told = "\n\n".join(f"# {one.seconds:.2f} s\n{one.told}" for one in stage.exchanges)
    (stage.kept / "exchanges.txt").write_text(told, encoding="utf-8")
    requests = json.dumps(stage.recording.requests, indent=1, default=str)
    (stage.kept / "prompts.json").write_text(requests, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
