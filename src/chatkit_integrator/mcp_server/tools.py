"""One function per verb. A docstring is the tool's description; reading and writing are never one tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK reads the annotation
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel, ConfigDict, Field, create_model

from chatkit_integrator.errors import IntegratorError
from chatkit_integrator.mcp_server.results import (
    Applied,
    Inspected,
    Planned,
    PlannedStep,
    RefusedStep,
    Undone,
    asked,
    first,
    follow_ups,
    short,
)

RepoPath = Annotated[str, Field(description="Absolute path of the repository.")]
Answers = Annotated[dict[str, str] | None, Field(description="Answers by question id.")]
Accept = Annotated[bool, Field(description="Take the suggested answer of every open question.")]
BackendDir = Annotated[str | None, Field(description="Backend folder, where there are several.")]
FrontendDir = Annotated[str | None, Field(description="Frontend folder, where there are several.")]
PlanId = Annotated[str, Field(description="The id that plan_integration gave.", pattern="^[0-9a-f]{12}$")]


class Reply(BaseModel):
    """What the developer answered, by question id."""

    model_config = ConfigDict(extra="allow")


def refuse(error: IntegratorError) -> NoReturn:
    """Tell the client what is wrong and what to do: the SDK passes on the text of this error only."""
    raise ToolError(str(error)) from error


def root(repo_path: str) -> Path:
    """The repository's path; refused where it is relative."""
    path = Path(repo_path)
    if not path.is_absolute():
        raise ToolError(f"repo_path {repo_path!r} is relative; give the absolute path of the repository.")
    return path


def inspect_repo(
    repo_path: RepoPath,
    answers: Answers = None,
    backend: BackendDir = None,
    frontend: FrontendDir = None,
) -> Inspected:
    """Say what is in a repository, and what only the developer can answer.

    App object, auth, database, agent, layout, package manager, an existing integration. Reads only; runs nothing of it.
    """
    from chatkit_integrator.report import jsons  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit import Request, inspect  # noqa: PLC0415

    try:
        found = jsons.inspection(inspect(Request(root(repo_path), backend, frontend, answers or {})))
    except IntegratorError as error:
        refuse(error)
    open_questions = asked(found["questions"])
    choosing = [one["id"] for one in open_questions if one["id"] in {"backend", "frontend"}]
    return Inspected(
        backend=found["backend"],
        frontend=found["frontend"],
        integration=found["integration"]["state"],
        questions=open_questions,
        risks=[f"{one['path']}:{one['line']}: {one['text']}" for one in found["risks"][:10]],
        next=(
            f"Ask the developer which {' and '.join(choosing)} is meant, then call inspect_repo again with it."
            if choosing
            else "plan_integration, with the answers to the questions."
            if found["integration"]["state"] == "none"
            else "run_checklist: an integration is there; it is judged and adopted, not rewritten."
        ),
    )


def ask_developer(
    repo_path: str,
    answers: dict[str, str] | None,
    accept_suggestions: bool,
    backend: str | None,
    frontend: str | None,
    ctx: Context[Any, Any],
) -> Elicit[Reply] | Reply:
    """Ask what the repository does not say, where the client can show a question."""
    from chatkit_integrator.toolkit import Request, inspect  # noqa: PLC0415 - not needed to start

    capabilities = ctx.client_capabilities
    can_ask = capabilities is not None and capabilities.elicitation is not None
    if not can_ask:
        return Reply()
    request = Request(root(repo_path), backend, frontend, answers or {}, accept_suggestions)
    try:
        questions = [one for one in inspect(request).questions if one.id not in {"backend", "frontend"}]
    except IntegratorError as error:
        refuse(error)
    if not questions:
        return Reply()
    fields: dict[str, Any] = {}
    for number, one in enumerate(questions):
        kind: Any = Literal[one.choices] if one.choices else str
        fields[f"q{number}"] = (
            kind | None,
            Field(default=one.suggested, alias=one.id, title=one.ask, description=short(one.why)),
        )
    form = create_model("Reply", __base__=Reply, **fields)
    return Elicit("The repository does not say these things; leave out what you do not know.", form)


def plan_integration(
    repo_path: RepoPath,
    developer: Annotated[ElicitationResult[Reply], Resolve(ask_developer)],
    answers: Answers = None,
    accept_suggestions: Accept = False,
    backend: BackendDir = None,
    frontend: FrontendDir = None,
    only: Annotated[list[str] | None, Field(description="Only these transforms or checklist items.")] = None,
) -> Planned:
    """Plan the integration; its diff goes to a file outside the repository (patch_path).

    Nothing of the repository is written. A step that waits for an answer is a refusal that names the question.
    """
    from chatkit_integrator.report import jsons  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit import Request, plan  # noqa: PLC0415

    given = dict(answers or {})
    if isinstance(developer, AcceptedElicitation):
        reply = developer.data.model_dump(by_alias=True, exclude_none=True)
        given = {**{key: str(value) for key, value in reply.items() if str(value)}, **given}
    try:
        planned = plan(Request(root(repo_path), backend, frontend, given, accept_suggestions, frozenset(only or ())))
    except IntegratorError as error:
        refuse(error)
    made = jsons.plan(planned.plan)
    waiting = [one["id"] for one in made["questions"]]
    return Planned(
        plan_id=made["id"],
        steps=[PlannedStep(transform=s["transform"], summary=s["summary"], paths=first(s["paths"])) for s in made["steps"]],
        refusals=[
            RefusedStep(transform=r["transform"], reason=short(r["reason"]), patch=short(r["patch"]), checks=r["checks"])
            for r in made["refusals"]
        ],
        questions=asked(made["questions"]),
        follow_ups=follow_ups(made["follow_ups"]),
        patch_path=str(planned.patch_path),
        next=(
            "Nothing to do: call run_checklist."
            if not made["steps"] and not made["refusals"]
            else f"Ask the developer about {', '.join(waiting)} and plan again with answers; or go on without."
            if waiting
            else f"Show the diff at patch_path to the developer; with a yes, apply_plan(plan_id={made['id']})."
        ),
    )


def apply_plan(
    repo_path: RepoPath,
    plan_id: PlanId,
    allow_dirty: Annotated[bool, Field(description="Edit files that have uncommitted changes.")] = False,
) -> Applied:
    """Write a plan that was shown: all of it or nothing. Refused where the repository has changed since."""
    from chatkit_integrator.report import jsons  # noqa: PLC0415 - not needed to start
    from chatkit_integrator.toolkit import Request, apply  # noqa: PLC0415

    try:
        done = apply(Request(root(repo_path)), plan_id, allow_dirty=allow_dirty)
    except IntegratorError as error:
        refuse(error)
    return Applied(
        plan_id=done.plan_id,
        written=first(list(done.written)),
        deleted=first(list(done.deleted)),
        follow_ups=follow_ups(jsons.follow_ups(done.follow_ups)),
        next="Do or show the follow-ups, then run_checklist. undo_plan takes everything back.",
    )


def undo_plan(
    repo_path: RepoPath,
    plan_id: Annotated[str | None, Field(description="The plan; the last applied one if left out.")] = None,
) -> Undone:
    """Take an applied plan back, byte for byte. Refused where a file was changed after it had been written."""
    from chatkit_integrator.toolkit import undo  # noqa: PLC0415 - not needed to start

    try:
        undone, restored = undo(root(repo_path), plan_id)
    except IntegratorError as error:
        refuse(error)
    return Undone(plan_id=undone, restored=first(list(restored)), next="Nothing is left of the plan.")
