"""JSON of others: read so that all of it can be written again; written so that it does nothing where it is shown."""

from __future__ import annotations

import json
import re
from typing import Any

from a2c_spec.core.file_names import SIGNS

HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""What may be half a character in JSON; most texts have none."""


ACTS = re.compile(rf"(?!\n)[{SIGNS}]")
"""What a JSON text may hold in strings and a terminal or an editor would act on; line breaks stand between them."""


def inert_json(text: str) -> str:
    """The same JSON, with escapes in place of what acts where it is shown."""
    return ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def read_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8; raises ValueError where it is none, RecursionError where it is too deep.

    Half a character, as it is left where a text is cut off in the middle of an emoji, becomes ``?``: it cannot be
    written anywhere.
    """
    data = json.loads(raw)
    return json.loads(json.dumps(data, ensure_ascii=False).encode(errors="replace")) if HALF.search(raw) else data
