"""Say in our own words, and with the place, why a text is not YAML."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.yaml.builder import TOO_DEEP

_TAB = ("a tab is used where only spaces are allowed", "indent with spaces")
_QUOTE = ("a quote is not closed", "close the quote that starts in line {line}")
_VERSION = ("this YAML version is not supported", "remove the line")

# part of the parser's message (libyaml's or PyYAML's) -> our message and hint; {line} is where the construct starts
_PROBLEMS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a `key: value` is not allowed here", "check the indentation, or quote it"),
    ("mapping keys are not allowed", "a key that starts with `?` is not allowed here", "write `key: value`"),
    ("did not find expected key", "a key is expected here", "check the indentation of this line and the one above"),
    ("expected <block end>", "the indentation does not match the lines above", "align it with the lines above"),
    ("could not find expected ':'", "a `:` is missing after a key", "write `key: value`"),
    ("did not find expected '-' indicator", "the indentation does not match the list above", "align the dashes"),
    ("expected ',' or ']'", "a `,` or `]` is missing", "close the list that starts with `[` in line {line}"),
    ("expected ',' or '}'", "a `,` or `}` is missing", "close the mapping that starts with `{` in line {line}"),
    ("unexpected end of stream", *_QUOTE),
    ("unexpected document separator", *_QUOTE),
    ("unexpected document indicator", *_QUOTE),
    ("unknown escape character", "unknown backslash sequence", "use single quotes, or double the backslash"),
    ("expected escape sequence", "this backslash sequence is not complete", ""),
    ("hexadecimal", "this backslash sequence is not complete", ""),
    ("hexdecimal", "this backslash sequence is not complete", ""),
    ("invalid Unicode character escape", "this backslash sequence is not a valid character", ""),
    ("tab character", *_TAB),
    ("found duplicate anchor", "this anchor is defined twice", ""),
    ("undefined tag handle", "tags such as `!x` are not supported", "quote the text if it starts with `!`"),
    ("sequence entries are not allowed", "a list item (`- `) is not allowed here", "start it on its own line"),
    ("node content", "a value is expected here", ""),
    ("document start", "there is text after the end of the document", "start the next document with `---`"),
    ("incompatible YAML document", *_VERSION),
    ("exceeded maximum nesting depth", TOO_DEEP, ""),
)

# what the parser was reading -> the same, when the message itself says nothing that helps
_CONTEXTS: tuple[tuple[str, str, str], ...] = (
    ("an anchor", "an unquoted value cannot start with `&`", "quote it"),
    ("an alias", "an unquoted value cannot start with `*`", "quote it"),
    ("a tag", "tags such as `!x` are not supported", "quote the text if it starts with `!`"),
    ("a block scalar", "the text after `|` or `>` must start on the next line", "quote the value if it is one line"),
    ("directive", "an unquoted line cannot start with `%`", "quote it"),
)


def explain(error: yaml.MarkedYAMLError, data: bytes, name: str) -> Diagnostic:
    """The parser's error as one diagnostic; nothing of the parser's own text is shown."""
    start, end = error.context_mark or error.problem_mark, error.problem_mark or error.context_mark
    line = _line(data, end.line) if end else ""
    words = _by_character(error, line, end.column) if end else None
    words = words or _lookup(_PROBLEMS, error.problem)
    if words is None:  # the start of what was being read is then the better place
        end, words = start, _lookup(_CONTEXTS, f"{error.context} {error.problem}")
    message, hint = words or ("this is not valid YAML", "")
    where = Position(name, end.line + 1, end.column + 1) if end else Position(name, 1, 1)
    return Diagnostic(where, message, hint.replace("{line}", str(start.line + 1 if start else where.line)))


def _line(data: bytes, number: int) -> str:
    lines = data.decode(errors="replace").removeprefix("\ufeff").splitlines()
    return lines[number] if number < len(lines) else ""


def _by_character(error: yaml.MarkedYAMLError, line: str, column: int) -> tuple[str, str] | None:
    """What the characters at the place of the error tell better than the parser does."""
    character = line[column : column + 1]
    unstartable = "cannot start any token" in (error.problem or "")
    if "\t" in line[: len(line) - len(line.lstrip())] or (unstartable and character == "\t"):
        return _TAB
    if line[max(column - 1, 0) : column + 2] == "${{":
        return "an expression inside of `{ }` or `[ ]` needs quotes", 'write "${{ ... }}"'
    if unstartable:
        shown = {"`": "a backquote"}.get(character, f"`{character}`")
        return f"an unquoted value cannot start with {shown}", "quote it"
    return None


def _lookup(table: Iterable[tuple[str, str, str]], text: str | None) -> tuple[str, str] | None:
    return next(((message, hint) for part, message, hint in table if part in (text or "")), None)
