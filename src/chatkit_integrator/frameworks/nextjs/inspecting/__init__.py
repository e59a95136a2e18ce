"""What a Next.js frontend looks like: every fact with the line that shows it, and questions for what cannot be known.

One module for each topic; here they are put together.
"""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.nextjs.inspecting import auth, config, layouts, manifest, written
from chatkit_integrator.frameworks.nextjs.inspecting.candidates import candidates, routes, site
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.unit import Inspected, Location, Question
from chatkit_integrator.reading import existing, packages
from chatkit_integrator.reading.scripts import scripts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.frameworks.nextjs.inspecting.layouts import Found
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.packages import Manifest

__all__ = ["candidates", "inspect"]

ALL = "all"


def inspect(tree: Tree, root: str, answers: Mapping[str, str]) -> Inspected:
    """Describe the site in ``root``, which may also be a folder above it that holds no other, or one inside it.

    Raises ``UnknownAnswerError`` for an answer that is none of a question's choices.
    """
    one = site(tree, root)
    scripts = scripts_of(tree, one)
    app_dir, pages_dir = routes(tree, one.folder)
    found = layouts.of_app(tree, scripts, app_dir) if app_dir else ()
    router = layouts.router(tree, app_dir, pages_dir, found)
    document = layouts.of_pages(tree, pages_dir) if router == "pages" and pages_dir else None
    with_chat = tuple(each for each in found if layouts.has_chat(tree, each))
    roots, about_layout = _layouts(found, with_chat, answers) if router == "app" else ((), ())
    first = document or (roots[0] if roots else None)
    install, manager, about_manager = manifest.installer(tree, one, answers)
    version = one.declared.get("next", "")
    middle, middle_place = config.middleware(scripts, app_dir if router == "app" else pages_dir or app_dir, version)
    ours = written.find(tree, app_dir if router == "app" else None)
    own = scripts_of(tree.without(ours.files), one) if ours.files else scripts
    signed = auth.find(own, auth.Places(app_dir, pages_dir, middle.path if middle else None), answers)
    policy = config.policy(scripts, middle)
    export = config.static_export(scripts)
    rewritten, rewrites_place = config.rewrites(scripts)
    integration = existing.integration(scripts)
    is_typescript = packages.is_typescript(tree, one) or bool(first and first.layout.path.endswith((".tsx", ".ts")))
    profile = Frontend(
        root=one.folder or ".",
        framework="nextjs",
        router=router,
        language="ts" if is_typescript else "js",
        layout=first.layout if first else None,
        layouts=tuple(each.layout for each in roots),
        app_dir=app_dir if router == "app" else None,
        manifest=one.path,
        package_manager=manager,
        workspace_root=install.workspace_root or ".",
        lockfiles=install.lockfiles,
        auth=signed.auth,
        versions={name: one.declared[name] for name in ("next", "react", "typescript") if name in one.declared},
        middleware=middle,
        csp=policy,
        rewrites=rewritten,
        aliases=scripts.aliases,
        static_export=export is not None,
        env_example=manifest.env_example(tree, one.folder, install.workspace_root),
        integration=integration,
    )
    settled = {**written.settled(tree, ours, one.declared), **({"layout": ""} if with_chat else {})}
    places: Mapping[str, tuple[Location | None, ...]] = {
        "framework": (Location(one.path, one.line("next")),),
        "layout": tuple(each.place for each in (roots or ((document,) if document else ()))),
        "language": (_language(tree, one, first),),
        "package_manager": install.evidence,
        "middleware": (middle_place,),
        "csp": (policy,),
        "static_export": (export,),
        "rewrites": (rewrites_place,),
        "integration": integration,
        **(signed.evidence or {}),
    }
    return Inspected(profile, (*signed.questions, *about_layout, *about_manager), dict(_given(places)), settled)


def _layouts(
    found: tuple[Found, ...], with_chat: tuple[Found, ...], answers: Mapping[str, str]
) -> tuple[tuple[Found, ...], tuple[Question, ...]]:
    """The root layouts that get the chat: those that an answer names, or that have it; all while that is open."""
    if len(found) <= 1:
        return found, ()
    choices = (ALL, *(one.layout.path for one in found))
    answer = answers.get("layout")
    if answer is not None:
        if answer not in choices:
            raise UnknownAnswerError(f"layout={answer} is not a choice; the choices are {', '.join(choices)}.")
        return tuple(one for one in found if answer in {ALL, one.layout.path}), ()
    question = Question(
        id="layout",
        ask="Which part of the site gets the chat?",
        why=f"It has {len(found)} root layouts, each with an <html> of its own: {', '.join(choices[1:])}.",
        choices=choices,
        suggested=ALL,
        blocks=("nextjs.script", "nextjs.mount"),
    )
    return with_chat or found, (question,)


def _language(tree: Tree, one: Manifest, first: Found | None) -> Location | None:
    settings = join(one.folder, "tsconfig.json")
    if packages.exists(tree, settings):
        return Location(settings, 1)
    if "typescript" in one.declared:
        return Location(one.path, one.line("typescript"))
    return first.place if first else None


def _given(places: Mapping[str, tuple[Location | None, ...]]) -> Iterator[tuple[str, tuple[Location, ...]]]:
    for fact, shown in places.items():
        known = tuple(place for place in shown if place is not None)
        if known:
            yield fact, known
