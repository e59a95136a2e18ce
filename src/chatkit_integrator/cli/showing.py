"""The commands that start something: demo and serve."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import Annotated

import typer

from chatkit_integrator.cli.shared import out


def demo_command(
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, and open for you.")] = False,
    directory: Annotated[Path | None, typer.Option(help="Put the application here.", metavar="DIR")] = None,
) -> None:
    """Integrate a bundled application, start it, and hold a conversation with it."""
    from chatkit_integrator.demo import demo  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(demo(directory=directory, keep=keep, say=lambda line: out.print(line, markup=False)))


def serve_command(
    http: Annotated[str | None, typer.Option(help="Serve over HTTP at this address instead.", metavar="HOST:PORT")] = None,
) -> None:
    """Serve the same verbs to a coding agent: MCP over standard input and output."""
    if http is not None:
        from chatkit_integrator.mcp_server.http import serve_http  # noqa: PLC0415 - only this command needs it

        serve_http(http)
        return
    from chatkit_integrator.mcp_server import serve  # noqa: PLC0415 - only this command needs it

    serve()
