"""What can go wrong, as a tree. Every message is one sentence for the person who ran the command and names the next step.

::

    IntegratorError                     exit status 2, the message on standard error
    ├── BadRequestError                 what was asked cannot be done as asked
    │   ├── NotARepositoryError         the path is no directory
    │   ├── NothingSupportedError       neither a supported backend nor a supported frontend
    │   ├── UnknownAnswerError          an --answer for no question, or outside its choices
    │   ├── SettingsError               chatkit-integrator.toml says what is not understood
    │   ├── NoIntegrationError          there is no ChatKit to judge
    │   ├── BaselineError               a baseline that cannot be read, or that no longer fits
    │   ├── ExistingIntegrationError    somebody's integration is there already
    │   ├── DependencyConflictError     a pin that cannot live with the new packages
    │   └── MissingExtraError           a part that is installed only where it is wanted
    ├── UnreadableError                 a file that has to be understood cannot be
    │   ├── NotUtf8Error
    │   ├── SyntaxRefusedError          does not parse, or has a shape that an edit cannot be sure of
    │   └── TooLargeError               following it would take longer than anybody waits
    ├── PlanError                       a plan that cannot be applied
    │   ├── UnknownPlanError            no such plan
    │   ├── StalePlanError              the repository has changed since it was previewed
    │   └── ForeignPlanError            made by another version of this program
    ├── WriteError                      the repository was not written to
    │   ├── OutsideRootError            a path that leaves the repository
    │   ├── DirtyFilesError             uncommitted changes in a file that would be edited
    │   ├── LockedError                 another process is writing
    │   ├── NotWritableError            read-only, or the disk is full
    │   └── UndoRefusedError            a file changed after it was written
    ├── CommandFailedError              a program that was started failed, or took too long
    └── ModelFailedError                the model of the integration agent cannot be reached, or gave up
"""


class IntegratorError(Exception):
    """The root: anything this program refuses or fails at, in words for a person."""


class BadRequestError(IntegratorError):
    """What was asked cannot be done as asked."""


class NotARepositoryError(BadRequestError):
    """The path given is not a directory."""


class NothingSupportedError(BadRequestError):
    """The repository holds neither a supported backend nor a supported frontend."""


class UnknownAnswerError(BadRequestError):
    """An answer names no question, or is none of its choices."""


class SettingsError(BadRequestError):
    """The settings in the repository cannot be understood."""


class NoIntegrationError(BadRequestError):
    """The repository holds no ChatKit integration, so there is nothing to judge."""


class BaselineError(BadRequestError):
    """The baseline cannot be read, or names what is mended by now."""


class ExistingIntegrationError(BadRequestError):
    """An integration that somebody made is there already; it is adopted, not rewritten."""


class DependencyConflictError(BadRequestError):
    """A declared dependency cannot be installed together with what the integration needs."""


class MissingExtraError(BadRequestError):
    """A part that was asked for is not installed."""


class UnreadableError(IntegratorError):
    """A file that has to be understood cannot be."""


class NotUtf8Error(UnreadableError):
    """A text file is not UTF-8."""


class SyntaxRefusedError(UnreadableError):
    """A file does not parse, or has a shape in which an edit cannot be placed with certainty."""


class TooLargeError(UnreadableError):
    """Code that calls and loops so much that reading does not follow it to the end."""


class PlanError(IntegratorError):
    """A plan cannot be applied."""


class UnknownPlanError(PlanError):
    """There is no plan of that id for this repository."""


class StalePlanError(PlanError):
    """The repository has changed since the plan was shown."""


class ForeignPlanError(PlanError):
    """The plan was made by another version of this program."""


class WriteError(IntegratorError):
    """Nothing was written."""


class OutsideRootError(WriteError):
    """A path leaves the repository, through ``..``, a symbolic link or a drive letter."""


class DirtyFilesError(WriteError):
    """A file that would be edited has uncommitted changes."""


class LockedError(WriteError):
    """Another process is writing to this repository."""


class NotWritableError(WriteError):
    """The repository, or the disk under it, does not take the change."""


class UndoRefusedError(WriteError):
    """A file was changed after it had been written; undo would destroy that work."""


class CommandFailedError(IntegratorError):
    """A program that was started failed, or did not end in its time."""


class ModelFailedError(IntegratorError):
    """The model of the integration agent cannot be reached, or gave up."""
