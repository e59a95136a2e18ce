"""Follows values through Python sources without running them: which origins reach which call, whatever lies between.

Modules are walked in the order of their imports, functions where they are called, branches that no run takes are left out.
What a package's function does is said by a ``Library``; about the rest nothing is assumed but that data goes through it.
"""

from chatkit_integrator.reading.flow.machine import Event, Library, Machine, Try
from chatkit_integrator.reading.flow.values import Label, Outside, Value

__all__ = ["Event", "Label", "Library", "Machine", "Outside", "Try", "Value"]
