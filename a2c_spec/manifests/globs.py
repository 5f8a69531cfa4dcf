"""Find files by pattern, in a stable order, one at a time, and never outside the given folder."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from a2c_spec.core.protected import protected

_WILD = re.compile(r"[*?\[]")
_ANY_DEPTH = "**"

MAX_SEGMENTS = 100
"""Parts of one pattern between slashes."""

Segments = tuple[str, ...]


@lru_cache(maxsize=4096)
def segments_of(pattern: str) -> Segments:
    """The parts of a pattern between slashes; several ``**`` in a row mean one."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    return tuple(part for part, before in zip(parts, ["", *parts], strict=False) if (part, before) != (_ANY_DEPTH,) * 2)


def is_too_long(pattern: str) -> bool:
    """Whether a pattern has more parts than MAX_SEGMENTS."""
    return len(segments_of(pattern)) > MAX_SEGMENTS


def fixed_part(pattern: str) -> tuple[str, Segments]:
    """``pattern`` split in two: the folder that all matches share, and the segments below it."""
    segments = segments_of(pattern)
    wild = next((n for n, segment in enumerate(segments) if _WILD.search(segment)), max(len(segments) - 1, 0))
    return "/".join(segments[:wild]) or ".", tuple(segments[wild:])


def find(folder: Path, segments: Segments) -> Iterator[str]:
    """Yield the files below ``folder`` that match, as POSIX paths relative to it, sorted folder by folder.

    ``**`` stands for any number of folders. Hidden names match only a segment that starts with a dot. Symbolic links
    to folders are not followed. Nothing matches that no manifest may name.
    """
    waiting: list[Iterator[tuple[str, frozenset[int], bool]]] = [_entries(folder, "", segments, _start(segments))]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            continue
        path, states, is_folder = entry
        if is_folder:
            waiting.append(_entries(folder, path, segments, states))
        elif len(segments) in states:
            yield path


def _entries(
    folder: Path, below: str, segments: Segments, states: frozenset[int]
) -> Iterator[tuple[str, frozenset[int], bool]]:
    try:
        with os.scandir(folder / below) as found:
            entries = sorted((entry.name, entry.is_dir(follow_symlinks=False), entry.is_file()) for entry in found)
    except OSError:
        return
    for name, is_folder, is_file in entries:
        reached = _step(segments, states, name)
        if reached and not protected(name) and (is_folder or is_file):
            yield f"{below}/{name}" if below else name, reached, is_folder


def _start(segments: Segments) -> frozenset[int]:
    return _with_empty(segments, {0})


def _with_empty(segments: Segments, states: set[int]) -> frozenset[int]:
    """``states``, and the states after each ``**``, which may stand for no folder at all."""
    for state in sorted(states):
        while state < len(segments) and segments[state] == _ANY_DEPTH:
            state += 1
            states.add(state)
    return frozenset(states)


def _step(segments: Segments, states: frozenset[int], name: str) -> frozenset[int]:
    reached: set[int] = set()
    for state in states:
        if state == len(segments):
            continue
        if segments[state] == _ANY_DEPTH:
            reached.update({state} if not name.startswith(".") else ())
        elif _fits(segments[state], name):
            reached.add(state + 1)
    return _with_empty(segments, reached)


def _fits(segment: str, name: str) -> bool:
    if name.startswith(".") and not segment.startswith("."):
        return False
    return _compiled(segment).match(name) is not None


@lru_cache(maxsize=4096)
def _compiled(segment: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(re.sub(r"\*+", "*", segment)))


def matches(pattern: str, path: str) -> bool:
    """Whether the whole POSIX path ``path`` matches ``pattern``."""
    segments = segments_of(pattern)
    states = _start(segments)
    for name in path.split("/"):
        states = _step(segments, states, name)
    return len(segments) in states


def is_pattern(text: str) -> bool:
    """Whether ``text`` is a pattern rather than a path."""
    return _WILD.search(text) is not None


def excluded(patterns: Sequence[str], *paths: str) -> bool:
    """Whether any of ``patterns`` matches any of ``paths``, which name the same file."""
    return any(matches(pattern, path) for pattern in patterns for path in paths)
