"""Next.js frontends, as one value: the transforms in the order in which they are done."""

from chatkit_integrator.frameworks.nextjs.inspecting import candidates, inspect
from chatkit_integrator.frameworks.nextjs.transforms import csp, dependencies, env, mount, proxy, script, signing, widget
from chatkit_integrator.model.unit import Framework

FRAMEWORK = Framework(
    id="nextjs",
    side="frontend",
    candidates=candidates,
    inspect=inspect,
    transforms=(
        dependencies.TRANSFORM,
        signing.TRANSFORM,
        proxy.TRANSFORM,
        widget.TRANSFORM,
        script.TRANSFORM,
        mount.TRANSFORM,
        csp.TRANSFORM,
        env.TRANSFORM,
    ),
)
