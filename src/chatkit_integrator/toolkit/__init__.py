"""The wiring: the one place where knowledge meets machinery. The verbs of every surface are here; surfaces hold no logic.

``Request`` says what a person or a coding agent wants; the verbs do it. Only ``apply`` and ``undo`` write to the repository,
and only ``prove`` runs what is in it: a copy, shut in.
"""

from chatkit_integrator.toolkit.checking import Judged, check, check_each
from chatkit_integrator.toolkit.diagnosing import Diagnosis, diagnose
from chatkit_integrator.toolkit.inspecting import Request, inspect
from chatkit_integrator.toolkit.integrating import Applied, Planned, apply, plan, undo
from chatkit_integrator.toolkit.proving import Proven, prove, prove_each
from chatkit_integrator.toolkit.reporting import report, settings_of

__all__ = [
    "Applied",
    "Diagnosis",
    "Judged",
    "Planned",
    "Proven",
    "Request",
    "apply",
    "check",
    "check_each",
    "diagnose",
    "inspect",
    "plan",
    "prove",
    "prove_each",
    "report",
    "settings_of",
    "undo",
]
