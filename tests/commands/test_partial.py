"""A result that was made without an input, because its manifest lets inputs fail: every command says so as long as it
is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: x
inputs: [{id: i, path: a.txt}, {id: r, source: "http://127.0.0.1:1/none.txt"}]
conversions: [{id: z, category: archive, target: zip}]
outputs: [{from: z, filename: x}]
job: {fail_on_input_error: false}
"""
TOLD = "partial: z was made without r, until --replace runs it again (input r: "


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Background]:
    with Background(create_app(Settings(api_keys=("key",), fetch_private=True))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield running


def test_every_command_says_that_an_input_is_missing(project: Path, a2c: Command, server: Background) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    assert a2c("apply", "--no-cache").code == 0
    for command in ("plan", "apply"):
        assert TOLD in a2c(command, "--no-cache").out
    assert "x        done, partial" in a2c("status").out
    assert json.loads(a2c("state", "show", "x", "--json").out)["left_out"] == {"z": ["r"]}
    checked = a2c("verify")
    assert (checked.code, "intact  dist/x.zip  (x): partial: made without r" in checked.out) == (0, True)
    (told,) = json.loads((project / ".a2c/outputs.json").read_text())["jobs"]
    assert told["left_out"] == {"z": ["r"]}


def test_it_is_not_passed_over_where_something_else_of_the_job_changes(
    project: Path, a2c: Command, server: Background
) -> None:
    (project / "a.txt").write_text("a")
    (project / "x.yaml").write_text(JOB)
    assert a2c("apply", "--no-cache").code == 0
    more = JOB.replace("target: zip}", "target: zip}, {id: t, category: hash, target: md5}")
    (project / "x.yaml").write_text(more.replace("filename: x}", "filename: x}, {from: t, filename: y, save: dist/}"))
    for form in ((), ("--json",), ("--markdown",)):
        assert "z was made without r, until" in a2c("plan", "--no-cache", *form).out


EACH = """\
apiVersion: a2c-spec/v1
kind: Job
name: g
inputs: [{id: r, path: b.txt}, {id: j, path: a.txt}]
conversions: [{id: c, category: hash, target: sha256, options: {allow_multiple_outputs: true}}]
outputs: [{from: c, save: dist/, filename: g}]
"""


class Late(LocalApi):
    """The service, whose first answers about a job that has ended show the first of its results only."""

    def __init__(self, looks: int) -> None:
        super().__init__(Settings(api_keys=("key",)))
        self.left = looks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[Message] = []

        async def shorter(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body = message["body"]
            if body.startswith(b"{") and len((tree := json.loads(body)).get("output", ())) > 1 and self.left:
                self.left -= 1
                body = json.dumps(tree | {"output": tree["output"][:1]}).encode()
            headers = [(name, value) for name, value in begun[0]["headers"] if name != b"content-length"]
            await send({**begun[0], "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        jobs = scope["type"] == "http" and scope["method"] == "GET" and "/jobs/" in scope["path"]
        await super().__call__(scope, receive, shorter if jobs else send)


@pytest.mark.parametrize(("looks", "code"), [(1, 0), (9, 9)])
def test_results_that_the_service_lists_late_are_waited_for_and_never_left(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, looks: int, code: int
) -> None:
    """Two of one conversion: that it gave one is no proof that it gave all."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    (project / "g.yaml").write_text(EACH)
    late = Late(looks)
    with Background(late) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        first = a2c("apply", "--no-cache")
        assert (first.code, len([*(project / "dist").iterdir()])) == (code, 1 if code else 2)
        if code:
            assert "c of j gave no result: the service shows no result of j by c" in first.err
            late.left = 9
            assert a2c("plan", "--no-cache").code == 13
            late.left = 0
            again = a2c("apply", "--no-cache")
            assert (again.code, "spent" in again.out) == (0, False)
        assert len([*(project / "dist").iterdir()]) == 2
        assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0
