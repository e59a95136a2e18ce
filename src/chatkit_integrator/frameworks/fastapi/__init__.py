"""FastAPI backends: where they are, what they look like, what is done to them."""

from chatkit_integrator.frameworks.fastapi.inspecting import candidates, inspect
from chatkit_integrator.frameworks.fastapi.transforms import TRANSFORMS
from chatkit_integrator.model.unit import Framework

FRAMEWORK = Framework(id="fastapi", side="backend", candidates=candidates, inspect=inspect, transforms=TRANSFORMS)
