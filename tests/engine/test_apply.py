"""What was shown, and confirmed, is what is carried out: whatever changes while somebody reads, here or there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.core.plan import Plan
from a2c_spec.engine.apply import apply_project
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.loading import reading
from a2c_spec.engine.outcome import ApplyOptions, Result, Unattended
from a2c_spec.engine.project import open_project
from a2c_spec.engine.selection import EVERYTHING
from a2c_spec.errors import LimitRefused, StalePlan
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings

ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: cover, path: cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: one, save: dist/}]
"""
HELD = ONE.replace("name: one\n", "name: one\njob: {process: false}\n")
PRESET = "apiVersion: a2c-spec/v1\nkind: Preset\nname: small\ncategory: image\ntarget: webp\noptions: {width: 9}\n"
WITH_PRESET = ONE.replace("options: {width: 64}", "preset: {from: small}")


class Reader(Unattended):
    """Somebody who reads for a while, in which something happens, and then gives an answer."""

    def __init__(self, meanwhile: Callable[[], object], answer: bool | None = True) -> None:
        self.meanwhile, self.answer = meanwhile, answer
        self.asked, self.shown = list[str](), list[Plan]()

    def plan(self, plan: Plan, /) -> None:
        self.shown.append(plan)

    def confirm(self, question: str, /) -> bool | None:
        self.asked.append(question)
        self.meanwhile()
        return self.answer


class Ground:
    """A project, the service that it uses, and what happens there."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def write(self, text: str, name: str = "one.yaml") -> None:
        (self.folder / name).write_text(text)

    def apply(self, reader: Unattended, **options: Any) -> Result:
        project = open_project(Flags(chdir=str(self.folder)))
        how = ApplyOptions(attended=True, confirm_above=0, **options)
        return asyncio.run(apply_project(project, reading(project), EVERYTHING, how, reader))

    def setting(self, text: str) -> None:
        """What was applied before."""
        self.write(text)
        assert self.apply(Unattended(), yes=True).error is None

    def service(self, method: str, path: str, **body: Any) -> Any:
        with httpx.Client(headers={"x-oc-api-key": "key"}) as client:
            reply = client.request(method, f"{self.url}{path}", json=body or None)
        assert reply.status_code < 300, reply.text
        return reply.json() if reply.content else None

    def jobs(self) -> list[dict[str, Any]]:
        rows = self.service("GET", "/jobs") or []
        return [self.service("GET", f"/jobs/{row['id']}") for row in rows]

    def written(self) -> set[str]:
        return {path.name for path in (self.folder / "dist").glob("*")}


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with Background(create_app(Settings(api_keys=("key",)))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "a2c.yaml").write_text("")
        source = Path(__file__).parent.parent.parent / "examples/src/cover.png"
        (folder / "cover.png").write_bytes(source.read_bytes())
        yield Ground(folder, running.url)


def test_an_edit_of_the_manifest_while_somebody_reads_is_not_applied(ground: Ground) -> None:
    ground.write(ONE)
    edited = ONE.replace("width: 64", "width: 9").replace("filename: one", "filename: other")
    reader = Reader(lambda: ground.write(edited))
    assert ground.apply(reader).error is None
    assert reader.asked == ["about 1 credit would be spent. Go on?"]
    (job,) = ground.jobs()
    assert job["conversion"][0]["options"]["width"] == 64, "the plan that was shown"
    assert ground.written() == {"one.webp"}
    again = Reader(lambda: None, False)
    with pytest.raises(LimitRefused, match="not confirmed"):
        ground.apply(again)
    assert "options.width 64 -> 9" in "; ".join(again.shown[0].changes[0].reasons), "the edit is the next plan"


def test_a_manifest_that_goes_while_somebody_reads_is_applied_as_it_was_shown(ground: Ground) -> None:
    ground.write(ONE)
    assert ground.apply(Reader(lambda: (ground.folder / "one.yaml").unlink())).error is None
    assert ground.written() == {"one.webp"}


def test_a_source_that_is_edited_while_somebody_reads_is_neither_sent_nor_paid_for(ground: Ground) -> None:
    ground.write(ONE)
    result = ground.apply(Reader(lambda: (ground.folder / "cover.png").write_bytes(b"other bytes")))
    assert result.error is not None
    assert "cover.png" in result.error.message
    assert all(job["status"]["code"] == "incomplete" and not job["spent"] for job in ground.jobs())
    assert ground.written() == set()


def patch_there(ground: Ground) -> None:
    (job,) = ground.jobs()
    ground.service("PATCH", f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}", options={"width": 5})


def add_there(ground: Ground) -> None:
    (job,) = ground.jobs()
    ground.service("POST", f"/jobs/{job['id']}/input", type="remote", source="https://files.example/x.png")


def delete_there(ground: Ground) -> None:
    (job,) = ground.jobs()
    ground.service("DELETE", f"/jobs/{job['id']}")


@pytest.mark.parametrize("meanwhile", [patch_there, add_there, delete_there])
def test_a_job_that_is_changed_on_the_service_while_somebody_reads_is_not_started(
    meanwhile: Callable[[Ground], None], ground: Ground
) -> None:
    ground.setting(HELD)
    ground.write(ONE)
    with pytest.raises(StalePlan, match="one has changed on the service since the plan was shown") as error:
        ground.apply(Reader(lambda: meanwhile(ground)))
    assert error.value.exit_code == 10
    assert all(job["status"]["code"] == "incomplete" and not job["spent"] for job in ground.jobs())
    assert ground.apply(Reader(lambda: None)).error is None, "the next plan is made anew"
    assert ground.written() == {"one.webp"}


def test_a_preset_that_is_changed_while_somebody_reads_stops_what_would_run_with_it(ground: Ground) -> None:
    ground.setting(PRESET)
    ground.write(PRESET, "small.yaml")
    ground.write(WITH_PRESET)
    (preset,) = [row for row in ground.service("GET", "/presets") if row["name"] == "small"]

    def meanwhile() -> None:
        ground.service("PATCH", f"/presets/{preset['id']}", options={"width": 5})

    with pytest.raises(StalePlan, match="small has changed on the service"):
        ground.apply(Reader(meanwhile))
    assert not ground.jobs()
    assert ground.apply(Reader(lambda: None)).error is None
    assert ground.service("GET", f"/presets/{preset['id']}")["options"]["width"] == 9


def test_a_file_that_appears_in_the_place_of_a_result_is_never_written_over(ground: Ground) -> None:
    ground.write(ONE)

    def meanwhile() -> None:
        (ground.folder / "dist").mkdir()
        (ground.folder / "dist/one.webp").write_text("mine")

    with pytest.raises(StalePlan, match=r"dist/one\.webp was written since the plan was shown"):
        ground.apply(Reader(meanwhile))
    assert not ground.jobs(), "nothing is paid"
    assert (ground.folder / "dist/one.webp").read_text() == "mine"


@pytest.mark.parametrize("answer", [False, None])
def test_what_is_not_confirmed_leaves_everything_as_it_was(answer: bool | None, ground: Ground) -> None:
    ground.setting(ONE)
    before = ground.jobs()
    state = (ground.folder / ".a2c/state.db").read_bytes()
    ground.write(ONE.replace("width: 64", "width: 9"))
    with pytest.raises(LimitRefused) as error:
        ground.apply(Reader(lambda: None, answer))
    assert error.value.exit_code == 11
    assert ground.jobs() == before
    assert (ground.folder / ".a2c/state.db").read_bytes() == state


def test_new_work_goes_on_without_a_terminal_and_a_new_run_of_old_work_does_not(ground: Ground) -> None:
    ground.write(ONE)
    silent = Reader(lambda: None, None)
    assert ground.apply(silent).error is None
    ground.write(ONE.replace("width: 64", "width: 9"))
    with pytest.raises(LimitRefused, match=r"one would be run again \(about 1 credit\)") as error:
        ground.apply(silent)
    assert error.value.hint == "add -y to allow it; nothing was sent"
