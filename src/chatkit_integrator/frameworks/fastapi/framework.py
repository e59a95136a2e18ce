"""FastAPI backends, as one value: the transforms in the order in which they are done."""

from chatkit_integrator.frameworks.fastapi.inspecting import candidates, inspect
from chatkit_integrator.frameworks.fastapi.transforms import cors, dependencies, env, migration, mount, package
from chatkit_integrator.model.unit import Framework

FRAMEWORK = Framework(
    id="fastapi",
    side="backend",
    candidates=candidates,
    inspect=inspect,
    transforms=(
        package.TRANSFORM,
        mount.TRANSFORM,
        migration.TRANSFORM,
        cors.TRANSFORM,
        dependencies.TRANSFORM,
        env.TRANSFORM,
    ),
)
