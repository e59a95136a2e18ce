"""What one user may ask of the chat, so that nobody uses up the model or the memory for everybody else.

Messages are counted in this process: several workers allow as many times more. Visitors without a sign-in can become somebody
new; where that matters, limit addresses too, in front of the application.
"""

import os
import time
from collections import Counter

from fastapi import Request

LARGEST_BODY = 1024 * 1024
MESSAGES_PER_MINUTE = 30
MANY = 10_000

_sent = Counter[tuple[str, float]]()


def seconds_to_wait(user_id: str) -> int:
    """Count a message of a user; 0 unless it is one too many in this minute. `CHATKIT_MESSAGES_PER_MINUTE` changes how many."""
    minute, second = divmod(time.monotonic(), 60)
    if len(_sent) > MANY:
        _sent.clear()
    _sent[user_id, minute] += 1
    most = int(os.environ.get("CHATKIT_MESSAGES_PER_MINUTE") or MESSAGES_PER_MINUTE)
    return 0 if _sent[user_id, minute] <= most else 60 - int(second)


async def body_of(request: Request) -> bytes | None:
    """Read the body; `None` as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
