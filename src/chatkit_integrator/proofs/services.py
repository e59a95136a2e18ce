"""What a backend asks of other services before it gets to the model, answered so that it goes on.

Keys of an issuer of tokens, an MCP server without tools, embeddings, an empty Qdrant; a plain ``ok`` for everything else.
"""

from __future__ import annotations

import base64
import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from chatkit_integrator.proofs.tokens import Keys

_DIMENSIONS = {"gemini": 768, "openai": 1536}
_PROTOCOL = "2025-06-18"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON value; no value is an empty body."""

    value: Any
    status: int = 200


def answer_for(method: str, path: str, body: Any, keys: Keys, base: str) -> Answer:  # noqa: ANN401 - any JSON
    """Answer whatever is asked; ``base`` is the address that we are reached at."""
    place = path.partition("?")[0]
    request = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    if "jwks" in place.lower() or place.endswith("/certs"):
        return Answer(keys.jwks)
    if "/.well-known/" in place:
        return Answer({"issuer": base, "jwks_uri": f"{base}/jwks", "token_endpoint": f"{base}/token"})
    if request.get("jsonrpc") == "2.0":
        return _mcp(request)
    if place.rstrip("/").endswith("/mcp") and method != "POST":
        return Answer({"error": "no stream here"}, 405)
    if place.endswith(("/embeddings", ":embedContent", ":batchEmbedContents")):
        return Answer(_embeddings(place, request))
    if "/collections" in place:
        return Answer({"result": _qdrant(method, place), "status": "ok", "time": 0.0})
    if place.endswith("/threads"):
        return Answer({"thread_id": str(uuid.uuid4()), "metadata": {}, "status": "idle", "values": None})
    return Answer({"ok": True})


def _mcp(request: dict[str, Any]) -> Answer:
    if "id" not in request:
        return Answer(None, 202)
    params = cast("dict[str, Any]", request.get("params") or {})
    match str(request.get("method")):
        case "initialize":
            result: dict[str, Any] = {
                "protocolVersion": params.get("protocolVersion", _PROTOCOL),
                "capabilities": {"tools": {"listChanged": False}},
                "serverInfo": {"name": "recorder", "version": "1"},
            }
        case "tools/list":
            result = {"tools": []}
        case "prompts/list":
            result = {"prompts": []}
        case "resources/list":
            result = {"resources": []}
        case _:
            result = {}
    return Answer({"jsonrpc": "2.0", "id": request["id"], "result": result})


def _embeddings(place: str, request: dict[str, Any]) -> dict[str, Any]:
    given: Any = request.get("input", request.get("requests", [None]))
    count = len(cast("list[Any]", given)) if isinstance(given, list) else 1
    size = int(request.get("dimensions") or _DIMENSIONS["gemini" if ":" in place else "openai"])
    vector = [1.0] + [0.0] * (size - 1)
    if place.endswith(":embedContent"):
        return {"embedding": {"values": vector}}
    if place.endswith(":batchEmbedContents"):
        return {"embeddings": [{"values": vector}] * count}
    packed: Any = vector
    if request.get("encoding_format") == "base64":
        packed = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode()
    return {
        "object": "list",
        "model": request.get("model", "recorded"),
        "data": [{"object": "embedding", "index": number, "embedding": packed} for number in range(count)],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }


def _qdrant(method: str, place: str) -> Any:  # noqa: ANN401 - its shape is that of what was asked
    if place.endswith("/collections"):
        return {"collections": []}
    if place.endswith("/points/query"):
        return {"points": []}
    if place.endswith("/points/scroll"):
        return {"points": [], "next_page_offset": None}
    if place.endswith("/points/count"):
        return {"count": 0}
    if place.endswith(("/points/search", "/points/search/batch", "/points/query/batch")):
        return []
    if place.endswith("/exists"):
        return {"exists": True}
    if "/points" in place or place.endswith("/index"):
        return {"operation_id": 0, "status": "completed"}
    if method != "GET":
        return True
    params = {"vectors": {"size": _DIMENSIONS["openai"], "distance": "Cosine"}, "shard_number": 1, "replication_factor": 1}
    hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}
    optimizer = {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1000,
        "default_segment_number": 0,
        "flush_interval_sec": 5,
    }
    return {
        "status": "green",
        "optimizer_status": "ok",
        "points_count": 0,
        "segments_count": 1,
        "config": {
            "params": params,
            "hnsw_config": hnsw,
            "optimizer_config": optimizer,
            "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        },
        "payload_schema": {},
    }
