"""Takes a multipart form apart as it streams in: the file goes to disk, small fields to memory."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from a2c_spec.local_api.http.request_bodies import too_large
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.vocabulary import INVALID
from a2c_spec.local_api.storage.blobs import Sink

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD_LIMIT = 64 * 1024
HEADER_LIMIT = 16 * 1024
FIELDS_LIMIT = 32


def malformed(message: str) -> Refusal:
    """The form is not one."""
    return Refusal(400, {"code": INVALID, "message": message})


@dataclass(slots=True)
class Form:
    """What a form held: at most one file, already on disk, and its fields."""

    sink: Sink | None = None
    filename: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """The callbacks of the parser."""

    path: Path
    limit: int
    form: Form = field(default_factory=Form)
    complete: bool = False
    _header: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""
    _name: str = ""
    _is_file: bool = False
    _text: bytes = b""

    def on_part_begin(self) -> None:
        self._disposition, self._name, self._is_file, self._text = b"", "", False, b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = _grown(self._header, data[start:end], HEADER_LIMIT)

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _grown(self._value, data[start:end], HEADER_LIMIT)

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise malformed("A part of the form has no name")
        self._name = options[b"name"].decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if self._is_file:
            self._open(options[b"filename"].decode("utf-8", "replace"))

    def _open(self, filename: str) -> None:
        if self._name != "file":
            raise malformed("The file must be in the field named file")
        if self.form.sink is not None:
            raise malformed("Only one file can be uploaded at a time")
        self.form.sink, self.form.filename = Sink(self.path), filename

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._text = _grown(self._text, data[start:end], FIELD_LIMIT)
            return
        sink = self.form.sink
        if sink is not None:
            sink.write(data[start:end])
            if sink.size > self.limit:
                raise too_large(self.limit)

    def on_part_end(self) -> None:
        if not self._is_file:
            self.form.fields[self._name] = self._text.decode("utf-8", "replace")
            if len(self.form.fields) > FIELDS_LIMIT:
                raise malformed("The form has too many fields")

    def on_end(self) -> None:
        self.complete = True


def _grown(before: bytes, more: bytes, limit: int) -> bytes:
    if len(before) + len(more) > limit:
        raise malformed("A header or field of the form is too long")
    return before + more


async def read_form(content_type: str, stream: AsyncIterable[bytes], path: Path, limit: int) -> Form:
    """Read a whole form; whatever goes wrong, no half of a file remains."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 256:
        raise malformed("The body must be multipart/form-data with a boundary")
    reader = _Reader(path, limit)
    try:
        await _feed(MultipartParser(boundary, _callbacks(reader)), stream)
        if not reader.complete:
            raise malformed("The form ends too early")
    except BaseException:
        if reader.form.sink is not None:
            reader.form.sink.discard()
        raise
    return reader.form


async def _feed(parser: MultipartParser, stream: AsyncIterable[bytes]) -> None:
    try:
        async for chunk in stream:
            if chunk:
                parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise malformed("The form is malformed") from error


def _callbacks(reader: _Reader) -> MultipartCallbacks:
    return {
        "on_part_begin": reader.on_part_begin,
        "on_part_data": reader.on_part_data,
        "on_part_end": reader.on_part_end,
        "on_header_field": reader.on_header_field,
        "on_header_value": reader.on_header_value,
        "on_header_end": reader.on_header_end,
        "on_headers_finished": reader.on_headers_finished,
        "on_end": reader.on_end,
    }
