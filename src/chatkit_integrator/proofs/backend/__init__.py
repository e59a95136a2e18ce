"""The proofs that need nothing but a backend, in the order in which they are brought about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.proofs.backend import (
    ck01_identity,
    ck02_context,
    ck03_history,
    ck10_failures,
    ck11_durable,
    ck12_isolation,
    ck20_stop,
    ck26_contract,
)

if TYPE_CHECKING:
    from chatkit_integrator.proofs.proof import Proof

BACKEND: tuple[Proof, ...] = (
    ck01_identity.PROOF,
    ck02_context.PROOF,
    ck12_isolation.PROOF,
    ck26_contract.PROOF,
    ck20_stop.PROOF,
    ck03_history.PROOF,
    ck11_durable.PROOF,
    ck10_failures.PROOF,
)
PROVEN = {
    "CK01": "Backend extracts the user id from a header",
    "CK02": "Backend extracts request metadata",
    "CK03": "History is in the agent's input",
    "CK04": "User and page context is in the prompt",
    "CK09": "Connection pool is warmed",
    "CK10": "Errors degrade gracefully",
    "CK11": "History persists",
    "CK12": "Users are isolated",
    "CK16": "Identity is verified",
    "CK18": "History is the newest, once",
    "CK19": "Failures do not multiply",
    "CK20": "Stop keeps the partial answer and stops the model",
    "CK21": "Ids are unique",
    "CK26": "The store keeps the SDK's contract",
    "CK28": "Errors do not leak",
}
"""The items that a running backend shows, and what they claim."""
