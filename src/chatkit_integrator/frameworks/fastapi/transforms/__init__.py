"""What is done to a FastAPI backend, one transform a file, in the order in which it is done."""

from chatkit_integrator.frameworks.fastapi.transforms import cors, dependencies, env, mount, package

TRANSFORMS = (
    package.TRANSFORM,
    mount.TRANSFORM,
    cors.TRANSFORM,
    dependencies.TRANSFORM,
    env.TRANSFORM,
)
