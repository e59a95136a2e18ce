"""The wiring: the one place where knowledge meets machinery. The verbs of every surface are here; surfaces hold no logic.

``Request`` says what a person or a coding agent wants; ``inspect``, ``plan``, ``apply``, ``undo`` and ``check`` do it. Only
``apply`` and ``undo`` write to the repository.
"""

from chatkit_integrator.toolkit.checking import check
from chatkit_integrator.toolkit.inspecting import Request, inspect
from chatkit_integrator.toolkit.integrating import Applied, Planned, apply, plan, undo

__all__ = ["Applied", "Planned", "Request", "apply", "check", "inspect", "plan", "undo"]
