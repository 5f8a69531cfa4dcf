"""What the service accepts in the fields of a job beside targets and options: URLs, passwords, settings of inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.urls import http_parts
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, position, position_of

LONGEST_PASSWORD = 65_000
_PRINTABLE = re.compile(r"[ -~]*\Z")
_OUTPUT_PASSWORD = 1000
_HANDLING = ("keep_aspect_ratio", "stretch")


def check(tree: MapNode) -> Iterator[Diagnostic]:
    """Yield what the service would refuse in the job body ``tree``; a password is never shown."""
    job = tree.get("job")
    if isinstance(job, MapNode):
        yield from _job(job)
    for item in _rows(tree, "inputs"):
        yield from _source(item)
        yield from _settings(item)
    for output in _rows(tree, "outputs"):
        password = output.get("download_password")
        if isinstance(password, str) and not _is_password(password, _OUTPUT_PASSWORD):
            yield _wrong_password(output, "download_password", _OUTPUT_PASSWORD)


def _rows(tree: MapNode, key: str) -> list[MapNode]:
    rows = tree.get(key)
    return [item for item in rows if isinstance(item, MapNode)] if isinstance(rows, list) else []


def _job(job: MapNode) -> Iterator[Diagnostic]:
    callback, passwords = job.get("callback"), job.get("download_passwords")
    if isinstance(callback, str) and callback and not http_parts(callback):
        yield Diagnostic(position_of(job, "callback"), "`callback` must be an http or https URL")
    for number, password in enumerate(passwords if isinstance(passwords, SeqNode) else ()):
        if isinstance(password, str) and not _is_password(password, LONGEST_PASSWORD):
            yield _wrong_password(passwords, number, LONGEST_PASSWORD)


def _is_password(text: str, longest: int) -> bool:
    return len(text) <= longest and _PRINTABLE.match(text) is not None


def _wrong_password(tree: Tree, key: str | int, longest: int) -> Diagnostic:
    message = f"a download password is at most {longest} printable ASCII characters"
    return Diagnostic(position(tree.marks[key]), message, "without accents, line breaks and other alphabets")


def _source(item: MapNode) -> Iterator[Diagnostic]:
    source = item.get("source")
    if not isinstance(source, str) or item.get("type", "remote") != "remote" or http_parts(source):
        return
    hint = "" if ":" in source else f"a file of this project is given as path: {source[:100]}"
    yield Diagnostic(position_of(item, "source"), "`source` must be an http or https URL", hint)


def _settings(item: MapNode) -> Iterator[Diagnostic]:
    """Settings that stand under ``options``, where the service looks for them too."""
    options = item.get("options")
    if not isinstance(options, MapNode):
        return
    duration, handling = options.get("slide_duration"), options.get("resize_handling")
    is_number = isinstance(duration, (int, float)) and not isinstance(duration, bool)
    if duration is not None and not (is_number and 0.1 <= duration <= 120):
        message = "`slide_duration` must be a number between 0.1 and 120"
        yield Diagnostic(position_of(options, "slide_duration"), message)
    if handling is not None and handling not in _HANDLING:
        message = f"`resize_handling` must be one of: {', '.join(_HANDLING)}"
        yield Diagnostic(position_of(options, "resize_handling"), message)
