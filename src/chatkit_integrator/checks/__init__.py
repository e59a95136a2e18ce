"""The checklist: one claim per file; the judge is not the party: nothing here imports a framework or a template."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.checks import (
    ck01_user_id,
    ck02_metadata,
    ck03_history,
    ck04_context,
    ck05_authentication,
    ck06_request_context,
    ck07_script_detection,
    ck08_sign_in,
    ck09_warm_pool,
    ck10_errors,
    ck11_durable,
    ck12_isolation,
    ck13_http_only,
    ck14_before_interactive,
    ck15_exact_path,
    ck16_verified,
    ck17_every_message,
    ck18_newest,
    ck19_failures,
    ck20_stop,
    ck21_unique_ids,
    ck22_secrets,
    ck23_cors,
    ck24_domain_key,
    ck25_sessions,
    ck26_contract,
    ck27_script_loaded,
    ck28_leaks,
    ck29_versions,
    ck30_custom_backend,
)
from chatkit_integrator.checks.check import Reading
from chatkit_integrator.errors import BadRequestError, NoIntegrationError, TooLargeError
from chatkit_integrator.model.verdict import Result, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Check
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.client import ClientReading

CHECKLIST: tuple[Check, ...] = (
    ck01_user_id.CHECK,
    ck02_metadata.CHECK,
    ck03_history.CHECK,
    ck04_context.CHECK,
    ck05_authentication.CHECK,
    ck06_request_context.CHECK,
    ck07_script_detection.CHECK,
    ck08_sign_in.CHECK,
    ck09_warm_pool.CHECK,
    ck10_errors.CHECK,
    ck11_durable.CHECK,
    ck12_isolation.CHECK,
    ck13_http_only.CHECK,
    ck14_before_interactive.CHECK,
    ck15_exact_path.CHECK,
    ck16_verified.CHECK,
    ck17_every_message.CHECK,
    ck18_newest.CHECK,
    ck19_failures.CHECK,
    ck20_stop.CHECK,
    ck21_unique_ids.CHECK,
    ck22_secrets.CHECK,
    ck23_cors.CHECK,
    ck24_domain_key.CHECK,
    ck25_sessions.CHECK,
    ck26_contract.CHECK,
    ck27_script_loaded.CHECK,
    ck28_leaks.CHECK,
    ck29_versions.CHECK,
    ck30_custom_backend.CHECK,
)


def run_checklist(
    tree: Tree, *, backend: str | None, frontend: str | None, select: frozenset[str], ignore: frozenset[str]
) -> tuple[Result, ...]:
    """Judge every item, or those selected.

    ``BadRequestError`` for ids that there are not, ``NoIntegrationError`` where there is no ChatKit.
    """
    from chatkit_integrator.reading.client import read_client  # noqa: PLC0415 - heavy: tree-sitter
    from chatkit_integrator.reading.server import read_server  # noqa: PLC0415

    known = {one.id for one in CHECKLIST}
    strange = sorted((select | ignore) - known)
    if strange:
        raise BadRequestError(f"There is no item {strange[0]}; the items are {', '.join(sorted(known))}.")
    client = read_client(tree, frontend)
    reading = Reading(client, lambda: read_server(tree, backend, _called(client)))
    if reading.is_empty:
        raise NoIntegrationError("No ChatKit integration was found here; make one with plan and apply.")
    chosen = [one for one in CHECKLIST if (not select or one.id in select) and one.id not in ignore]
    return tuple(Result(one.id, one.title, one.severity, _judge(one, reading), one.remedy) for one in chosen)


def _judge(check: Check, reading: Reading) -> Verdict:
    """The verdict; what asks for a backend that cannot be followed to its end stays undecided."""
    try:
        return check.judge(reading)
    except TooLargeError as error:
        return Unknown(str(error))


def _called(client: ClientReading | None) -> str | None:
    """The path of the backend that the widget's requests end at, as far as the site says."""
    if client is None:
        return None
    if client.proxy is not None and client.proxy.target:
        return client.proxy.target
    return urlsplit(client.url).path or None if client.url else None
