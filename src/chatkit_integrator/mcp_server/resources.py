"""What a client can read beside the tools: the checklist, plans that were shown, reports; and their ids, completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.types import Completion, ResourceTemplateReference

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.types import CompletionArgument, CompletionContext, PromptReference

CHECKLIST = "chatkit://checklist"
PLANS = "chatkit://plans/{plan_id}"
REPORTS = "chatkit://reports/{report_id}"
KINDS = {"plan_id": ("plans", ".patch"), "report_id": ("reports", ".md")}
"""Where the texts of an id are kept, by the name of the id."""

_MOST = 100


def add_resources(server: MCPServer) -> None:
    """Offer them."""
    server.resource(
        CHECKLIST,
        name="checklist",
        title="The checklist",
        description="What each of the thirty items claims, why it matters, when it passes, what to do where it fails.",
        mime_type="text/markdown",
    )(checklist)
    server.resource(
        PLANS,
        name="plan",
        title="A plan's diff",
        description="The diff of a plan that was shown, as git apply takes it.",
        mime_type="text/x-diff",
    )(plan_diff)
    server.resource(
        REPORTS,
        name="report",
        title="A report",
        description="The checklist as it was judged, with all of its evidence.",
        mime_type="text/markdown",
    )(report)
    server.completion()(complete)


def checklist() -> str:
    """Every item in a paragraph."""
    from chatkit_integrator.toolkit.reporting import catalogue  # noqa: PLC0415 - heavy

    items = (
        f"## {one.id} {one.title}\n\n{one.why}\n\n{one.decides}\n\nWhere it fails: {one.remedy}" for one in catalogue().values()
    )
    return "\n\n".join(["# What a ChatKit integration is judged by", *items])


def plan_diff(plan_id: str) -> str:
    """The diff of a plan that was shown."""
    return _kept("plan_id", plan_id)


def report(report_id: str) -> str:
    """A report that was made."""
    return _kept("report_id", report_id)


async def complete(
    ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, context: CompletionContext | None
) -> Completion | None:
    """The ids that begin with what is written, the newest first."""
    from chatkit_integrator.engine.kept import ids  # noqa: PLC0415 - not needed to start

    del context
    if not isinstance(ref, ResourceTemplateReference) or argument.name not in KINDS:
        return None
    found = ids(*KINDS[argument.name], argument.value)
    return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


def _kept(name: str, value: str) -> str:
    from chatkit_integrator.engine.kept import look_up  # noqa: PLC0415 - not needed to start

    kind, suffix = KINDS[name]
    found = look_up(kind, value, suffix)
    if found is None:
        raise ResourceNotFoundError(f"There is no {name.removesuffix('_id')} {value}; ids come from the tools' results.")
    return found
