"""Match regular expressions in linear time, so that a hostile ``pattern`` cannot hang a run.

Python's ``re`` tries alternatives one after the other, which some patterns make endless. Here all are followed at once
(Thompson's construction); what that cannot do, back references and looking around, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

MAX_PATTERN = 500
MAX_PROGRAM = 2_000
MAX_TEXT = 1_000
_MAX_NESTING = 30

_TOKEN = re.compile(
    r"(?P<atom>\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsSnrt]|\\[^a-zA-Z0-9]|[^\\\[(){}*+?|^$\]])"
    r"|(?P<open>\((?:\?:)?)|(?P<times>[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})|(?P<mark>[)|^$])",
    re.DOTALL,
)
_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class PatternError(ValueError):
    """The pattern is not one that we match."""


@dataclass(slots=True)
class _Step:
    """One instruction: eat a character that ``eats``, or pass on to ``to`` where ``needs`` allows it."""

    eats: Callable[[str], object] | None
    to: list[int]
    needs: str = ""


class _Compiler:
    """Reads a pattern, left to right, into the steps of a machine."""

    def __init__(self, pattern: str) -> None:
        self.tokens = _tokens(pattern)
        self.at = 0
        self.steps: list[_Step] = []

    def add(self, step: _Step) -> int:
        if len(self.steps) >= MAX_PROGRAM:
            raise PatternError("the pattern is too large")
        self.steps.append(step)
        return len(self.steps) - 1

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def alternatives(self, depth: int) -> None:
        if depth > _MAX_NESTING:
            raise PatternError("the pattern is nested too deeply")
        fork = self.add(_Step(None, []))
        ends = []
        while True:
            self.steps[fork].to.append(len(self.steps))
            self.sequence(depth)
            ends.append(self.add(_Step(None, [])))
            if self.peek() != ("mark", "|"):
                break
            self.at += 1
        for end in ends:
            self.steps[end].to.append(len(self.steps))

    def sequence(self, depth: int) -> None:
        while self.peek() not in (("mark", "|"), ("mark", ")"), ("end", "")):
            if self.peek()[0] == "times":
                raise PatternError("nothing to repeat")
            after = self.after_atom()
            if self.tokens[after : after + 1] and self.tokens[after][0] == "times":
                self.repeat(self.at, after, depth)
            else:
                self.atom(depth)

    def after_atom(self) -> int:
        depth = 0
        for at in range(self.at, len(self.tokens)):
            depth += (self.tokens[at][0] == "open") - (self.tokens[at] == ("mark", ")"))
            if depth == 0:
                return at + 1
        raise PatternError("a parenthesis is not closed")

    def atom(self, depth: int) -> None:
        kind, text = self.peek()
        self.at += 1
        if kind == "open":
            self.alternatives(depth + 1)
            if self.peek() != ("mark", ")"):
                raise PatternError("a parenthesis is not closed")
            self.at += 1
        elif kind == "mark":
            self.add(_Step(None, [len(self.steps) + 1], text))
        else:
            self.add(_Step(_class(text), [len(self.steps) + 1]))

    def repeat(self, start: int, times: int, depth: int) -> None:
        low, high = _times(self.tokens[times][1])
        for _ in range(low):
            self.again(start, depth)
        if high is None:
            fork = self.add(_Step(None, [len(self.steps) + 1]))
            self.again(start, depth)
            self.add(_Step(None, [fork]))
            self.steps[fork].to.append(len(self.steps))
        forks = []
        for _ in range((high or 0) - low):
            forks.append(self.add(_Step(None, [len(self.steps) + 1])))
            self.again(start, depth)
        for fork in forks:
            self.steps[fork].to.append(len(self.steps))
        after = times + 1
        self.at = after + (self.tokens[after : after + 1] == [("times", "?")])  # lazy means the same here

    def again(self, start: int, depth: int) -> None:
        self.at = start
        self.atom(depth)


def _tokens(pattern: str) -> list[tuple[str, str]]:
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters")
    tokens, at = [], 0
    while at < len(pattern):
        found = _TOKEN.match(pattern, at)
        if not found or found.lastgroup is None:
            raise PatternError(f"`{pattern[at : at + 4]}` is not available in patterns")
        tokens.append((found.lastgroup, found.group()))
        at = found.end()
    return tokens


def _times(text: str) -> tuple[int, int | None]:
    if text in _TIMES:
        return _TIMES[text]
    low, comma, high = text[1:-1].partition(",")
    most = int(high) if high else (None if comma else int(low))
    if most is not None and most < int(low):
        raise PatternError(f"{text} asks for more than it allows")
    return int(low), most


def _class(text: str) -> Callable[[str], object]:
    try:
        return re.compile(text).match  # one character only, so it cannot run away
    except (re.error, FutureWarning) as error:
        raise PatternError(f"`{text}` is not a set of characters") from error


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[_Step, ...]:
    compiler = _Compiler(pattern)
    compiler.alternatives(0)
    if compiler.peek()[0] != "end":
        raise PatternError("a parenthesis is closed that was never opened")
    compiler.add(_Step(None, []))
    return tuple(compiler.steps)


def check(pattern: str) -> None:
    """Raise PatternError when ``pattern`` is not one that we match."""
    _compiled(pattern)


def found(pattern: str, text: str) -> bool:
    """Whether ``pattern`` occurs in ``text``; anchors are ``^`` and ``$``. Longer texts than MAX_TEXT never match."""
    steps = _compiled(pattern)
    if len(text) > MAX_TEXT:
        return False
    here: set[int] = set()
    for at in range(len(text) + 1):
        here = _spread(steps, [*here, 0], at, len(text))
        if len(steps) - 1 in here:
            return True
        if at < len(text):
            here = {n + 1 for n in here if (eats := steps[n].eats) and eats(text[at])}
    return False


def _spread(steps: tuple[_Step, ...], starts: list[int], at: int, end: int) -> set[int]:
    seen: set[int] = set()
    waiting = starts
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        step = steps[number]
        if step.eats is None and (not step.needs or at == (0 if step.needs == "^" else end)):
            waiting.extend(step.to)
    return seen
