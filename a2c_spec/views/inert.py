"""Texts of others (of manifests, files, the service) as they may stand in an output: they are read, and do nothing.

Control characters, what turns text round or breaks lines, and invisible characters become escapes such as ``\\x1b``;
what joins letters and emoji stays where it may do that.
Lines that CI systems take for commands (``::error::``, ``##[group]``, ``##vso[...]``) get a backslash.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from a2c_spec.core.file_names import ACTS
from a2c_spec.core.json_text import in_json
from a2c_spec.core.shortened import shortened

LONGEST_LINE = 10_000
"""Characters of a line for people; of longer ones, the rest is left out, and counted."""

COLOUR = r"\x1b\[(?:0|[1-3][0-6]?(?:;[1-3][0-6]?)*)m"
"""The codes of our own styles."""

_COMMAND = r"\#\#(?=\[|[a-z]+\[)"
_LINE = re.compile(rf"\A(?=\s*::)|{_COMMAND}|{ACTS}")
_COLOURED = re.compile(rf"(?P<ours>{COLOUR})|\A(?=(?:\s|{COLOUR})*::)|{_COMMAND}|{ACTS}")
_PAGE = re.compile(rf"^(?=[^\S\n]*::)|{_COMMAND}|(?!\n)(?:{ACTS})", re.MULTILINE)
_JSON = re.compile(rf"{_COMMAND}|{ACTS}")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "##": r"#\#", "": "\\"}


def line(text: str) -> str:
    """The text on one line."""
    return _LINE.sub(_escaped, shortened(text, LONGEST_LINE))


def joined(lines: Iterable[str], *, coloured: bool) -> str:
    """Lines, none of which becomes two; ``coloured``: the codes of our own styles stay."""
    pattern = _COLOURED if coloured else _LINE
    cut = (one if len(one) <= LONGEST_LINE else _cut(one, coloured) for one in lines)
    return "\n".join(pattern.sub(_escaped, one) for one in cut)


def _cut(one: str, coloured: bool) -> str:
    return shortened(one, LONGEST_LINE) + ("\x1b[0m" if coloured and "\x1b[" in one else "")


def page(text: str) -> str:
    """A whole output as it may be printed: its line breaks and the codes of our own styles stay."""
    if not _PAGE.search(text):
        return text
    return "\n".join(_COLOURED.sub(_escaped, one) for one in text.split("\n"))


def dumps(tree: Any) -> str:
    """JSON on one line, without what a terminal or a CI system would act on."""
    return _JSON.sub(_escaped_in_json, json.dumps(tree, ensure_ascii=False))


def yaml_text(trees: Iterable[Any]) -> str:
    """YAML documents; where they hold what is not inert, every text stands in quotes, on one line, with escapes."""
    import yaml

    documents = list(trees)
    text: str = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120)
    if not _PAGE.search(text):
        return text
    text = yaml.safe_dump_all(documents, sort_keys=False, default_style='"', width=math.inf)
    return _PAGE.sub(lambda _found: r"#\x23", text)  # in double quotes nothing else of it is left


def _escaped(found: re.Match[str]) -> str:
    if found.re is _COLOURED and found["ours"]:
        return found[0]
    return _SHORT[found[0]] if found[0] in _SHORT else _number(found[0])


def _number(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _escaped_in_json(found: re.Match[str]) -> str:
    return r"#\u0023" if found[0] == "##" else in_json(found[0])
