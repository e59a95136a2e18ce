"""What was seen of a site, beside what was seen of the backend: as verdicts of the checklist."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Failed, Observed, Passed, Unknown
from chatkit_integrator.proofs.proof import Seen
from chatkit_integrator.toolkit.proving.site import Backing, building
from chatkit_integrator.toolkit.proving.site_person import identity_on

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.stage import Stage
    from chatkit_integrator.toolkit.proving.job import Job
    from chatkit_integrator.toolkit.proving.site import Building, SiteProved

_ERRORS = "CK10"


@contextmanager
def begun(job: Job, env: Mapping[str, str], endpoint: str | None) -> Generator[Building | None]:
    """Begin to build the site, where there is one; ``env`` is what the backend is started with."""
    if job.site is None:
        yield None
        return
    shared = {name: value for name, value in env.items() if name in job.site.told.read | job.site.told.examples.keys()}
    secrets = {name: value for name, value in env.items() if "SECRET" in name}
    with building(job.site, job.kept, shared={**_agreed(shared), **secrets}, endpoint=endpoint) as made:
        yield made


def _agreed(shared: Mapping[str, str]) -> dict[str, str]:
    """Of the variables that both sides read, those that are to be the same: secrets and keys, no addresses."""
    return {name: value for name, value in shared.items() if "://" not in value}


def before(stage: Stage) -> Backing:
    """The backend on a stage, as what a site talks to."""
    return Backing(stage.base, urlsplit(stage.endpoint).path, identity_on(stage))


def looked(
    made: Building, backing: Backing, seen: Mapping[str, Seen], say: Callable[[str], None]
) -> tuple[dict[str, Seen], SiteProved]:
    """Look at the site; ``seen`` is what was seen of the backend, of which CK10 is one half."""
    proved = made.look(backing, say)
    found = {item: Seen(verdict) for item, verdict in proved.verdicts.items()}
    found[_ERRORS] = both(seen.get(_ERRORS), proved.errors)
    return found, proved


def both(server: Seen | None, client: Verdict) -> Seen:
    """CK10 of its halves: it fails with the one that fails, and passes where both do."""
    mine = server.verdict if server is not None else Unknown("nothing was seen of the backend under a failure")
    match mine, client:
        case Failed(), _:
            return Seen(mine)
        case _, Failed():
            return Seen(client)
        case Passed(reason, evidence), Passed(other, more):
            first, *rest = [one for one in (*evidence, *more) if isinstance(one, Observed)]
            return Seen(Passed(f"the server: {reason}; the page: {other}", (first, *rest)))
        case Passed(), _:
            return Seen(mine, is_half=True)
        case _:
            return Seen(mine)
