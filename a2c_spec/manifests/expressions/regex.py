"""Regular expressions of manifests and catalogs, matched by RE2 in linear time: no pattern can hang a run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from a2c_spec.manifests.expressions.work import may_match

MAX_PATTERN = 1_000  # characters
MAX_TEXT = 10_000  # characters; a longer text matches no pattern
_MAX_MEMORY = 1024 * 1024  # bytes of one compiled pattern

# what RE2 has not, as it cannot be matched in linear time; escapes and sets are read to be passed over
_UNSUPPORTED = re.compile(
    r"(?P<back_reference>\\[1-9]|\\k<|\(\?P=)|(?P<look_ahead>\(\?[=!])|(?P<look_behind>\(\?<[=!])"
    r"|(?P<atomic_group>\(\?>)|(?P<conditional_group>\(\?\()|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]",
    re.DOTALL,
)


class PatternError(ValueError):
    """The pattern is not one that can be matched."""


def check(pattern: str) -> None:
    """Raise PatternError when ``pattern`` is not one that can be matched."""
    _compiled(pattern)


def found(pattern: str, text: str, longest: int = MAX_TEXT) -> bool:
    """Whether ``pattern`` occurs anywhere in ``text``; ``^`` and ``$`` are its beginning and end."""
    compiled = _compiled(pattern)
    if len(text) > longest:
        return False
    if not may_match(compiled.programsize, len(text)):
        raise PatternError("the patterns of these manifests take too long")
    try:
        return compiled.search(text) is not None
    except UnicodeEncodeError:  # half of a character, which no pattern can name
        return False


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2  # type: ignore[import-untyped]  # it has no types; here, as most manifests have no pattern

    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"it is longer than {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False  # it would write to stderr
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise PatternError(_reason(pattern, error)) from error
    except UnicodeEncodeError as error:
        raise PatternError("it holds half of a character") from error


def _reason(pattern: str, error: Exception) -> str:
    for part in _UNSUPPORTED.finditer(pattern):
        if part.lastgroup:
            kind = part.lastgroup.replace("_", " ")
            where = f"`{part.group()}` at character {part.start() + 1}"
            return f"{where} ({kind}) is not supported, as it cannot be matched in linear time"
    reason = error.args[0] if error.args else error
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
