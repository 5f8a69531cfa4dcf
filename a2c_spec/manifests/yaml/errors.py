"""Say in our own words, and with the place, why a text is not YAML."""

from __future__ import annotations

import yaml

from a2c_spec.core.diagnostics import Diagnostic, Position

# part of the parser's message (libyaml's or PyYAML's) -> what we say, and what to do
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a `key: value` is not allowed here", "check the indentation, or quote it"),
    ("did not find expected key", "a key is expected here", "check the indentation of this line and the one above"),
    ("expected <block end>", "the indentation does not fit what stands above", "align it with its neighbours"),
    ("could not find expected ':'", "a `:` is missing after a key", "write `key: value`"),
    ("did not find expected '-' indicator", "the indentation does not fit the list above", "align the dashes"),
    ("expected ',' or ']'", "a `,` or `]` is missing", "close the list that starts with `[` in line {line}"),
    ("expected ',' or '}'", "a `,` or `}` is missing", "close the mapping that starts with `{{` in line {line}"),
    ("unexpected end of stream", "the text ends inside quotes", "close those of line {line}"),
    ("unexpected document separator", "a document starts inside quotes", "close those of line {line}"),
    ("unknown escape character", "this backslash sequence is not known", "use single quotes, or double the backslash"),
    ("expected escape sequence", "this backslash sequence is not complete", ""),
    ("hexadecimal", "this backslash sequence is not complete", ""),
    ("invalid Unicode character escape", "this escape is not a character", ""),
    ("tab character", "a tab stands where only spaces may", "indent with spaces"),
    ("found duplicate anchor", "this anchor is defined twice", ""),
    ("found undefined tag handle", "this tag is not known here", "manifests use plain values only"),
    ("block sequence entries are not allowed", "a list item (`- `) is not allowed here", "start it on its own line"),
    ("did not find expected node content", "a value is expected here", ""),
    ("did not find expected <document start>", "something follows the document", "start the next with `---`"),
    ("control characters", "a control character is not allowed", ""),
    ("special characters", "a control character is not allowed", ""),
)  # fmt: skip  # one row per problem
_STARTS = {
    "\t": ("a tab stands where only spaces may", "indent with spaces"),
    "@": ("text cannot start with `@`", "quote it"),
    "`": ("text cannot start with a backquote", "quote it"),
    "%": ("text cannot start with `%`", "quote it"),
}


def explain(error: yaml.MarkedYAMLError, data: bytes, name: str) -> Diagnostic:
    """The parser's error as one diagnostic."""
    mark = error.problem_mark or error.context_mark
    where = Position(name, mark.line + 1, mark.column + 1) if mark else Position(name, 1, 1)
    message, hint = _words(error, _line(data, where), where.column)
    opened = error.context_mark.line + 1 if error.context_mark else where.line
    return Diagnostic(where, message, hint.format(line=opened))


def _line(data: bytes, where: Position) -> str:
    lines = data.decode(errors="replace").removeprefix("\ufeff").splitlines()
    return lines[where.line - 1] if where.line <= len(lines) else ""


def _words(error: yaml.MarkedYAMLError, line: str, column: int) -> tuple[str, str]:
    problem = error.problem or "unknown problem"
    character = line[column - 1 : column]
    if "cannot start any token" in problem:
        return _STARTS.get(character, (f"text cannot start with `{character}`", "quote it"))
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab stands where only spaces may", "indent with spaces"
    for part, message, hint in _WORDS:
        if part in problem:
            return message, hint
    return f"this is not YAML: {problem}", ""
