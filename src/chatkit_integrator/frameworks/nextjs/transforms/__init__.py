"""What is done to a Next.js frontend, one transform a file, in the order in which it is done."""

from chatkit_integrator.frameworks.nextjs.transforms import csp, dependencies, env, mount, proxy, script, widget

TRANSFORMS = (
    dependencies.TRANSFORM,
    proxy.TRANSFORM,
    widget.TRANSFORM,
    script.TRANSFORM,
    mount.TRANSFORM,
    csp.TRANSFORM,
    env.TRANSFORM,
)
