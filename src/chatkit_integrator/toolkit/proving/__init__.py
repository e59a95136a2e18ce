"""Proving: somebody's own backend, started unchanged and shut in, and what was seen of it beside what was read.

``prove`` is the verb, and ``prove_each`` the same for a repository with several integrations. What it stands on is of use to
other proofs: ``staging.running_backend`` gives a running backend with its recorder, its database and two people who are let in.
"""

from chatkit_integrator.toolkit.proving.each import prove_each
from chatkit_integrator.toolkit.proving.verb import Proven, prove, statuses

__all__ = ["Proven", "prove", "prove_each", "statuses"]
