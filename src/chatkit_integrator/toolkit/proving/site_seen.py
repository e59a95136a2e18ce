"""What was seen of a site, beside what was seen of the backend: as verdicts of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Failed, Observed, Passed, Unknown
from chatkit_integrator.proofs.proof import Seen
from chatkit_integrator.toolkit.proving.site import Backing, building, needs_endpoint
from chatkit_integrator.toolkit.proving.site_person import identity_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.stage import Stage
    from chatkit_integrator.toolkit.proving.job import Job
    from chatkit_integrator.toolkit.proving.site import Building, SiteProved
    from chatkit_integrator.toolkit.proving.site_job import SiteJob

_ERRORS = "CK10"


class Begun:
    """The site of a job, which is begun once, and stopped with ``stack``: as early as all that it is told is known."""

    def __init__(self, job: Job, stack: ExitStack) -> None:
        self._job, self._stack = job, stack
        self._made: Building | None = None

    def early(self, env: Mapping[str, str]) -> None:
        """Begin before the path of the chat is known, where the site is not told it; ``env`` is the backend's."""
        site = self._job.site
        if site is not None and not needs_endpoint(site, _shared(site, env)):
            self.now(env, None)

    def now(self, env: Mapping[str, str], endpoint: str | None) -> Building | None:
        """Begin, where that was not done; ``None`` where there is no site."""
        site = self._job.site
        if self._made is None and site is not None:
            made = building(site, self._job.kept, shared=_shared(site, env), endpoint=endpoint)
            self._made = self._stack.enter_context(made)
        return self._made


def _shared(site: SiteJob, env: Mapping[str, str]) -> dict[str, str]:
    """Of the backend's environment, what the site is started with too."""
    shared = {name: value for name, value in env.items() if name in site.told.read | site.told.examples.keys()}
    return {**_agreed(shared), **{name: value for name, value in env.items() if "SECRET" in name}}


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
