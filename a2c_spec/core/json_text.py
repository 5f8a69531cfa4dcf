"""JSON of others: read so that all of it can be written again."""

from __future__ import annotations

import json
import re
from typing import Any

HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""What may be half a character in JSON; most texts have none."""


def read_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8; raises ValueError where it is none, RecursionError where it is too deep.

    Half a character, as it is left where a text is cut off in the middle of an emoji, becomes ``?``: it cannot be
    written anywhere.
    """
    data = json.loads(raw)
    return json.loads(json.dumps(data, ensure_ascii=False).encode(errors="replace")) if HALF.search(raw) else data
