"""JSON of others: read so that all of it can be written again; written so that it does nothing where it is shown."""

from __future__ import annotations

import json
import re
from typing import Any

from a2c_spec.core.file_names import ACTS

HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""What may be half a character in JSON; most texts have none."""


_ACTS = re.compile(rf"(?!\n)(?:{ACTS})")
"""What a JSON text may hold in strings and a terminal or an editor would act on; line breaks stand between them."""


def inert_json(text: str) -> str:
    """The same JSON, with escapes in place of what acts where it is shown."""
    return _ACTS.sub(lambda found: in_json(found[0]), text)


def in_json(sign: str) -> str:
    """The escapes of a character in a text of JSON."""
    return json.dumps(sign)[1:-1] if sign > "\x7f" else f"\\u{ord(sign):04x}"


class NotJson(ValueError):
    """What a text holds that JSON has not, in words of ours."""


def why_not_json(error: Exception) -> str:
    """Why a text could not be read as JSON, in words that are none of Python's."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    if isinstance(error, NotJson):
        return str(error)
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it holds a number that is too long"


def read_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8; raises ValueError where it is none, RecursionError where it is too deep.

    Half a character, as it is left where a text is cut off in the middle of an emoji, becomes ``?``: it cannot be
    written anywhere.
    """
    data = json.loads(raw)
    return json.loads(json.dumps(data, ensure_ascii=False).encode(errors="replace")) if HALF.search(raw) else data
