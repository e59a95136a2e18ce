"""``chatkit-integrator`` and ``python -m chatkit_integrator``.

``serve`` takes its own short way in: a coding agent that starts the server does not wait for a command-line library.
"""

import gc
import sys
import warnings

SELDOM = 200_000  # objects that come between two looks for cycles: a command has ended before most are worth one


def main() -> None:
    """Run the command line. What newer Pythons warn of in a file that is only read is for its own tools to tell."""
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    if sys.argv[1:] == ["serve"]:
        from chatkit_integrator.mcp_server import serve  # noqa: PLC0415 - the other branch needs none of it

        serve()
    else:
        gc.set_threshold(SELDOM)
        from chatkit_integrator.cli import run  # noqa: PLC0415 - the other branch needs none of it

        run()


if __name__ == "__main__":
    main()
