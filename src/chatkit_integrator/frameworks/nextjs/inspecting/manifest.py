"""Who installs the site's packages, and what of its settings is written down for people."""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.unit import Question
from chatkit_integrator.reading import packages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.reading.packages import Installer, Manifest

_EXAMPLES = (
    ".env.example", ".env.local.example", ".env.example.local", ".env.sample", ".env.template", ".env.dist", "env.example",
)  # fmt: skip


def installer(tree: Tree, manifest: Manifest, answers: Mapping[str, str]) -> tuple[Installer, str | None, tuple[Question, ...]]:
    """What was found, the package manager, and the question that is open where only a guess decides.

    Until it is answered the guess stands: it appears in what a person is told to run, and in no edit.
    """
    found = packages.installer(tree, manifest)
    if not found.among:
        return found, found.name, ()
    answer = answers.get("package_manager")
    if answer is not None:
        if answer not in found.among:
            raise UnknownAnswerError(f"package_manager={answer} is not a choice; the choices are {', '.join(found.among)}.")
        return found, answer, ()
    question = Question(
        id="package_manager",
        ask="Which package manager installs the site's packages?",
        why=f"Several have a lock file ({', '.join(one.path for one in found.evidence)}); no packageManager field decides.",
        choices=found.among,
        suggested=found.name,
    )
    return found, found.name, (question,)


def env_example(tree: Tree, folder: str, workspace: str) -> str | None:
    """The example of the site's environment, its own before the workspace's."""
    places = [join(above, name) for above in dict.fromkeys((folder, workspace)) for name in _EXAMPLES]
    return next((path for path in places if packages.exists(tree, path)), None)
