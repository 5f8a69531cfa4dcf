"""What is put in the place of a file once it was looked at is neither read nor sent: a link, or another file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from a2c_spec import regular_files
from a2c_spec.local_api.server import Background
from tests.commands.conftest import Rewording
from tests.conftest import Command

SMALL, LARGE = b"planned" * 20, b"planned" * 60_000
"""What is sent in JSON, and what is streamed."""
FOREIGN = b"FOREIGN"
JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: m
inputs: [{id: i, path: d/a.bin}]
conversions: [{id: c, category: hash, target: md5}]
"""


class Exchanging(Rewording):
    """The service, that does something when a job is made, and keeps what is uploaded."""

    def __init__(self) -> None:
        super().__init__(self._made, ("POST",))
        self.exchange: Callable[[], object] = lambda: None
        self.sent = b""

    def _made(self, tree: Any) -> Any:
        self.exchange()
        self.exchange = lambda: None
        return tree

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept() -> Message:
            message = await receive()
            if "upload" in scope.get("path", ""):
                self.sent += message.get("body", b"")
            return message

        await super().__call__(scope, kept, send)


@pytest.fixture
def service(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchanging]:
    app = Exchanging()
    with Background(app) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        (project / "d").mkdir()
        (project / "m.yaml").write_text(JOB)
        yield app


def linked(file: Path, target: Path) -> None:
    file.unlink()
    file.symlink_to(target)


def folder_linked(file: Path, target: Path) -> None:
    (target.parent / "other").mkdir()
    (target.parent / "other" / file.name).write_bytes(target.read_bytes())
    file.parent.rename(file.parent.with_name("before"))
    file.parent.symlink_to(target.parent / "other")


def moved_there(file: Path, target: Path) -> None:
    target.replace(file)


def hard_linked(file: Path, target: Path) -> None:
    file.unlink()
    os.link(target, file)


def a_pipe(file: Path, _target: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def gone(file: Path, _target: Path) -> None:
    file.unlink()


Exchange = Callable[[Path, Path], None]
EXCHANGES: dict[Exchange, str] = {
    linked: "a link leads from there ", folder_linked: "a link leads from there ", moved_there: "changed while",
    hard_linked: "changed while", a_pipe: "this is not a file", gone: "No such file",
}  # fmt: skip


@pytest.mark.parametrize("length", [-1, 0, 1])
@pytest.mark.parametrize("planned", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("to", ["outside", ".env"])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_no_byte_of_what_takes_the_place_of_an_input_is_sent(
    exchange: Exchange, to: str, planned: bytes, length: int, service: Exchanging, project: Path,
    a2c: Command,
) -> None:  # fmt: skip
    file, target = project / "d/a.bin", (project / to if to == ".env" else project.parent / to)
    file.write_bytes(planned)
    target.write_bytes((FOREIGN * len(planned))[: len(planned) + length])
    service.exchange = lambda: exchange(file, target)
    ran = a2c("apply", "-y")
    assert (ran.code, service.sent.count(FOREIGN)) == (5, 0), ran.out + ran.err
    assert service.sent == b""
    within = exchange is folder_linked and to == ".env"  # to a copy in a folder of the project
    assert ("changed while" if within else EXCHANGES[exchange]) in ran.err
    assert str(project) not in ran.err


@pytest.mark.parametrize("planned", [SMALL, LARGE], ids=["small", "large"])
def test_an_input_through_a_link_within_the_project_is_sent(
    planned: bytes, service: Exchanging, project: Path, a2c: Command
) -> None:
    (project / "real").mkdir()
    (project / "real/b.bin").write_bytes(planned)
    (project / "d").rmdir()
    (project / "d").symlink_to("real")
    (project / "real/a.bin").symlink_to("b.bin")
    ran = a2c("apply", "-y")
    assert ran.code == 0, ran.err
    assert len(service.sent) > len(planned)


READERS = {
    "the settings": ("a2c.yaml", "defaults: {}\n", ""),
    "a manifest": ("m.yaml", JOB, ""),
    "variables": ("v.yaml", "x: 1\n", "--var-file v.yaml"),
    "the catalog": ("a2c.catalog.json", '{"format": 1, "targets": []}', ""),
    "a base": ("base.yaml", "{}\n", ""),
    "a table in CSV": ("t.csv", "x\n1\n", ""),
    "a table in JSON": ("t.json", '[{"x": 1}]', ""),
    "a table in YAML": ("t.yaml", "- x: 1\n", ""),
    "an input": ("d/a.bin", "a", ""),
}


@pytest.mark.parametrize("what", READERS)
def test_nothing_is_read_of_a_link_that_is_put_there_once_it_was_looked_at(
    what: str, project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, flags = READERS[what]
    (project / "d").mkdir()
    (project / "d/a.bin").write_text("a")
    (project / "m.yaml").write_text(JOB + ("extends: base.yaml\n" if what == "a base" else ""))
    if name.startswith("t."):
        table = f"kind: Batch\nname: m\nkey: k\nfor_each: {{{name[2:]}: {{path: {name}}}}}\n"
        (project / "m.yaml").write_text(
            f"apiVersion: a2c-spec/v1\n{table}template: {{inputs: [{{id: i, path: d/a.bin}}], "
            "conversions: [{id: c, target: md5}]}\n"
        )
    (project / name).write_text(text)
    (project.parent / "outside").write_text("FOREIGN: FOREIGN\nFOREIGN\n[[")
    led, exchanged = regular_files.led, list[Path]()

    def looked(file: Path, root: Path) -> tuple[str, str]:
        found = led(file, root)
        if file.name == Path(name).name and not exchanged:
            exchanged.append(file)
            linked(project / name, project.parent / "outside")
        return found

    monkeypatch.setattr(regular_files, "led", looked)
    ran = a2c("plan", "--offline", *flags.split())
    assert exchanged
    assert (ran.code, "a link " in ran.err, "FOREIGN" in ran.out + ran.err) == (5, True, False)
