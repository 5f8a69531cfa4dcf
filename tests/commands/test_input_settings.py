"""What somebody else sets of the inputs of a held job: it is told, undone before the job runs, and never paid for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.state.format import with_check
from tests.commands.conftest import Rewording, Somebody, spent
from tests.conftest import Command

MANIFEST = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
job: {{process: {process}}}
{lifecycle}
inputs: [{{id: a, path: src/cover.png{more}}}, {{id: b, path: src/signatures.png}}]
conversions: [{{id: c, category: image, target: gif, options: {{width: 40, height: 40}}}}]
outputs: [{{from: c, filename: {name}}}]
"""
THEIRS = {"slide_duration": 9, "resize_handling": "stretch"}
DEFAULTS = {"slide_duration": 5, "resize_handling": "keep_aspect_ratio"}

Write = Callable[..., None]


@pytest.fixture
def write(project: Path) -> Write:
    """Writes a job of two pictures; ``more`` stands in its first input."""

    def manifest(name: str = "j", *, process: bool = False, more: str = "", ignore: str = "") -> None:
        lifecycle = f"lifecycle: {{ignore: [{ignore}]}}" if ignore else ""
        text = MANIFEST.format(name=name, process=str(process).lower(), more=more, lifecycle=lifecycle)
        (project / f"{name}.yaml").write_text(text)

    return manifest


def told(a2c: Command, *args: str) -> dict[str, Any]:
    """The change of the job ``j``."""
    shown = a2c("plan", "--json", *args)
    assert shown.code == 0, shown.out + shown.err
    change: dict[str, Any] = next(one for one in json.loads(shown.out)["changes"] if one["address"] == "j")
    return change


def found(change: dict[str, Any]) -> list[tuple[str, Any, Any, bool]]:
    return [(one["path"], one["before"], one["after"], one["foreign"]) for one in change["details"]]


def drifted(a2c: Command) -> list[tuple[str, Any, Any]]:
    rows = json.loads(a2c("drift", "--json").out)["drift"]
    return [(row["path"], row["recorded"], row["now"]) for row in rows]


def apply(a2c: Command, *args: str) -> None:
    done = a2c("apply", "-y", "--no-cache", *args)
    assert done.code == 0, done.out + done.err


def inputs(somebody: Somebody, place: int = 0) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = somebody("GET", "/jobs")[place]["input"]
    return rows


def edit(somebody: Somebody, options: dict[str, Any], which: int = 0) -> None:
    job = somebody("GET", "/jobs")[0]["id"]
    somebody("PATCH", f"/jobs/{job}/input", id=inputs(somebody)[which]["id"], options=options)


def settings(somebody: Somebody, place: int = 0) -> list[dict[str, Any]]:
    """Of each input of a job, what is set of it but its place."""
    rows = [row.get("options") or {} for row in inputs(somebody, place)]
    return [{key: value for key, value in row.items() if key != "position"} for row in rows]


def pictures(path: Path) -> list[bytes]:
    with ZipFile(path) as packed:
        return [packed.read(name) for name in sorted(packed.namelist())]


def test_what_somebody_set_of_an_input_is_told_with_both_values_in_every_form(
    somebody: Somebody, write: Write, a2c: Command
) -> None:
    write()
    apply(a2c)
    assert (told(a2c)["action"], drifted(a2c)) == ("no-op", [])
    edit(somebody, THEIRS)
    assert sorted(drifted(a2c)) == [
        ("inputs.a.resize_handling", None, "stretch"),
        ("inputs.a.slide_duration", None, 9),
    ]
    assert a2c("drift", "--detailed-exitcode").code == 2
    assert found(told(a2c)) == [
        ("inputs.a.slide_duration", 9, None, True),
        ("inputs.a.resize_handling", "stretch", None, True),
    ]
    for form in ((), ("-v",), ("--markdown",), ("--explain",)):
        assert "input a changed on the service: slide_duration 9 -> (unset)" in a2c("plan", *form).out, form
    assert "(input made anew, for what changed of it cannot be patched)" in a2c("plan").out


@pytest.mark.parametrize("process", [False, True], ids=["held", "to be started"])
def test_it_is_undone_before_the_job_runs(
    project: Path, somebody: Somebody, write: Write, a2c: Command, process: bool
) -> None:
    write()
    apply(a2c)
    edit(somebody, THEIRS)
    write(process=process)
    apply(a2c)
    assert (told(a2c)["action"], drifted(a2c)) == ("no-op", [])
    assert settings(somebody) == [{}, {}]
    assert spent(somebody) == int(process)
    if process:
        write("alike", process=True)
        apply(a2c)
        assert pictures(project / "dist/j.zip") == pictures(project / "dist/alike.zip")


def test_what_the_manifest_says_meanwhile_is_patched(somebody: Somebody, write: Write, a2c: Command) -> None:
    write()
    apply(a2c)
    before = [row["id"] for row in inputs(somebody)]
    edit(somebody, {"slide_duration": 9})
    write(more=", slide_duration: 4")
    assert [call["kind"] for call in told(a2c)["calls"]] == ["patch_inputs"]
    apply(a2c)
    assert [row["id"] for row in inputs(somebody)] == before
    assert settings(somebody) == [{"slide_duration": 4}, {}]
    assert told(a2c)["action"] == "no-op"


def test_what_is_ignored_stays(somebody: Somebody, write: Write, a2c: Command) -> None:
    write(ignore="inputs.a.slide_duration")
    apply(a2c)
    edit(somebody, {"slide_duration": 9})
    assert told(a2c)["action"] == "no-op"
    somebody("PATCH", f"/jobs/{somebody('GET', '/jobs')[0]['id']}", notify_status=True)
    assert [path for path, *_ in found(told(a2c))] == ["job.notify_status"], "nothing else is put back"
    edit(somebody, {"resize_handling": "stretch"})
    apply(a2c)
    assert settings(somebody) == [{}, {}], "an input that is made anew has nothing of the old one"


def test_a_job_with_such_settings_that_somebody_started_is_not_taken_as_ours(
    somebody: Somebody, write: Write, a2c: Command
) -> None:
    write()
    apply(a2c)
    edit(somebody, THEIRS)
    somebody("PATCH", f"/jobs/{somebody('GET', '/jobs')[0]['id']}", process=True)
    assert told(a2c)["action"] in ("replace", "re-run")


def test_an_input_of_somebody_else_with_our_bytes_and_other_settings_is_not_ours(
    somebody: Somebody, write: Write, a2c: Command
) -> None:
    write()
    apply(a2c)
    job, (first, _) = somebody("GET", "/jobs")[0]["id"], inputs(somebody)
    copy = {"type": "input_id", "source": first["id"], "filename": first["filename"]}
    added = somebody("POST", f"/jobs/{job}/input", **copy)
    somebody("DELETE", f"/jobs/{job}/input/{first['id']}")
    somebody("PATCH", f"/jobs/{job}/input", id=added["id"], options=THEIRS)
    apply(a2c)
    assert settings(somebody) == [{}, {}]
    assert told(a2c)["action"] == "no-op"


def test_of_a_record_of_an_earlier_version_nothing_can_be_told(
    project: Path, somebody: Somebody, write: Write, a2c: Command
) -> None:
    write()
    apply(a2c)
    with closing(sqlite3.connect(project / ".a2c/state.db")) as base:
        ((text,),) = base.execute("SELECT data FROM job").fetchall()
        bare = text.replace(',{"settings":{}}', "")
        assert len(text) - len(bare) == 2 * len(',{"settings":{}}')
        base.execute("UPDATE job SET data = ?", (with_check(f"{{{bare[20:]}"),))
        base.commit()
    edit(somebody, THEIRS)
    assert (told(a2c)["action"], drifted(a2c)) == ("no-op", [])


def test_an_imported_job_keeps_its_settings_and_what_is_set_later_is_told(
    project: Path, somebody: Somebody, write: Write, a2c: Command
) -> None:
    write()
    apply(a2c)
    edit(somebody, {"slide_duration": 9})
    (project / "j.yaml").unlink()
    assert a2c("state", "rm", "j").code == 0
    assert a2c("import", somebody("GET", "/jobs")[0]["id"], "--name", "j").code == 0
    assert "slide_duration: 9" in (project / "j.yaml").read_text()
    assert (told(a2c)["action"], drifted(a2c)) == ("no-op", [])
    edit(somebody, {"resize_handling": "stretch"})
    edit(somebody, {"slide_duration": 3}, 1)
    assert sorted(path for path, *_ in drifted(a2c)) == [
        "inputs.cover.resize_handling",
        "inputs.signatures.slide_duration",
    ]


def _with_defaults(tree: Any) -> Any:
    """What nobody set of an input is shown with its default, in whichever answer shows the input."""
    if isinstance(tree, list):
        return [_with_defaults(item) for item in tree]
    if isinstance(tree, dict):
        shown = {key: _with_defaults(value) for key, value in tree.items()}
        is_input = {"checksum", "source", "parameters"} <= tree.keys()
        return shown | {"options": DEFAULTS | shown.get("options", {})} if is_input else shown
    return tree


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Somebody]:
    """Somebody else at such a service."""
    with Background(Rewording(_with_defaults)) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        with httpx.Client(headers={"x-oc-api-key": "key"}) as client:
            yield lambda method, path, **body: client.request(method, running.url + path, json=body or None).json()


def test_defaults_that_the_service_shows_from_the_beginning_are_nobodys(
    telling: Somebody, write: Write, a2c: Command
) -> None:
    somebody = telling
    write()
    apply(a2c)
    assert settings(somebody) == [DEFAULTS, DEFAULTS]
    assert (told(a2c)["action"], drifted(a2c)) == ("no-op", [])
    edit(somebody, {"slide_duration": 9})
    assert drifted(a2c) == [("inputs.a.slide_duration", 5, 9)]
    assert found(told(a2c)) == [("inputs.a.slide_duration", 9, 5, True)]
    apply(a2c)
    assert (settings(somebody), told(a2c)["action"]) == ([DEFAULTS, DEFAULTS], "no-op")
    write(more=", slide_duration: 4")
    apply(a2c)
    write()
    apply(a2c)
    assert (settings(somebody), told(a2c)["action"], drifted(a2c)) == ([DEFAULTS, DEFAULTS], "no-op", [])
