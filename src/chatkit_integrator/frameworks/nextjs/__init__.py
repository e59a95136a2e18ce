"""Next.js frontends: where they are, what they look like, what is done to them."""

from chatkit_integrator.frameworks.nextjs.inspecting import candidates, inspect
from chatkit_integrator.frameworks.nextjs.transforms import TRANSFORMS
from chatkit_integrator.model.unit import Framework

FRAMEWORK = Framework(id="nextjs", side="frontend", candidates=candidates, inspect=inspect, transforms=TRANSFORMS)
