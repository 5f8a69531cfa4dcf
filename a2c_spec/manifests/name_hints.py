"""What to write where the name of a manifest is none that an address can have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.template import parts_of, render_text
from a2c_spec.manifests.literals import quoted
from a2c_spec.manifests.schema.published import load_schema

FILTERS_TRIED = ("string", "lower", "slug")


def with_hint(problem: Diagnostic, name: Any, names: Mapping[str, Any]) -> Diagnostic:
    """The problem of a name as it is written, ``name``, with a way to write it that is valid."""
    if not isinstance(name, str):
        return problem.adding(f'it is the number {name}; write name: "{name}"' if type(name) is int else "")
    given = _rendered(name, names)
    if given is None or (isinstance(given, str) and _is_valid(given)):
        return problem
    shown = f"it is `{given[:100]}`" if isinstance(given, str) else "it is not text"
    for tried in FILTERS_TRIED:
        better = _filtered(name, tried)
        result = _rendered(better, names)
        if isinstance(result, str) and _is_valid(result) and not result.endswith("-"):
            written, gives = (quoted(better), f", which gives `{result}`") if "${{" in better else (better, "")
            return problem.adding(f"{shown}; write name: {written}{gives}")
    return problem.adding(shown if given else "it is empty")


def _filtered(text: str, name: str) -> str:
    """The text with a filter on each of its expressions; its own letters in lower case."""
    parts = parts_of(text)
    if not any(isinstance(part, tuple) for part in parts):
        return str(render_text(f"${{{{ text | {name} }}}}", {"text": text}))
    return "".join(
        part.lower() if isinstance(part, str) else f"${{{{ {_operand(part[0].strip())} | {name} }}}}" for part in parts
    )


def _operand(source: str) -> str:
    return source if re.fullmatch(r"[\w.]+(?:\s*\|\s*\w+)*", source) else f"({source})"


def _rendered(text: str, names: Mapping[str, Any]) -> Any:
    """What the text means; None when it has no value, of which another problem tells."""
    try:
        return render_text(text, names)
    except ExpressionError:
        return None


def _is_valid(name: str) -> bool:
    return re.search(_pattern(), name) is not None


@cache
def _pattern() -> str:
    return str(load_schema("job")["definitions"]["name"]["anyOf"][1]["pattern"])
