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

FILTERS_TRIED = ("lower", "slug")


def with_hint(problem: Diagnostic, text: str, names: Mapping[str, Any]) -> Diagnostic:
    """The problem of a name that ``text`` gives, with a way to write it that is valid."""
    given = _rendered(text, names)
    if given is None or _is_valid(given):
        return problem
    shown = f"it is `{given[:100]}`"
    for name in FILTERS_TRIED:
        better = _filtered(text, name)
        result = _rendered(better, names)
        if result is not None and _is_valid(result) and not result.endswith("-"):
            written, gives = (quoted(better), f", which gives `{result}`") if "${{" in better else (better, "")
            return problem.adding(f"{shown}; write name: {written}{gives}")
    return problem.adding(shown)


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


def _rendered(text: str, names: Mapping[str, Any]) -> str | None:
    try:
        value = render_text(text, names)
    except ExpressionError:
        return None
    return value if isinstance(value, str) else None


def _is_valid(name: str) -> bool:
    return re.search(_pattern(), name) is not None


@cache
def _pattern() -> str:
    return str(load_schema("job")["definitions"]["name"]["anyOf"][1]["pattern"])
