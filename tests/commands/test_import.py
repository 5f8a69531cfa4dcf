"""`a2c-spec import`, tried as a user would."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Rewording, Somebody
from tests.conftest import EXAMPLES, Command

THERE = """\
apiVersion: a2c-spec/v1
kind: Job
name: there
inputs: [{id: i, path: src/a.txt}]
conversions: [{id: c, category: hash, target: md5}]
outputs: [{from: c, filename: X}]
"""


def test_an_imported_job_is_ours_and_nothing_is_left_to_do(two: Path, a2c: Command) -> None:
    shutil.copy(EXAMPLES / "report.yaml", two / "report.yaml")
    assert a2c("apply", "report.yaml", "--local").code == 0
    job_id = json.loads(a2c("state", "show", "board-pack", "--local", "--json").out)["job_id"]
    assert a2c("state", "rm", "board-pack", "--local").code == 0
    shutil.rmtree(two / "dist")
    (two / "report.yaml").unlink()
    assert a2c("import", job_id, "--local", "--name", "pack").code == 0
    assert (two / "dist/board-pack-Q3-2026.pdf").exists()
    assert json.loads(a2c("plan", "pack.yaml", "--local", "--json").out)["noop"]
    assert a2c("import", job_id, "--local", "--name", "pack").code == 2


Foreign = Callable[..., str]


@pytest.fixture
def foreign(somebody: Somebody) -> Foreign:
    """Makes a job of somebody else, waits for its end, and gives its id."""

    def job(*conversions: dict[str, Any], filename: str = "a.txt") -> str:
        made = somebody("POST", "/jobs", process=False, conversion=list(conversions))
        upload = {"content": base64.b64encode(b"A").decode(), "filename": filename}
        somebody("POST", f"{made['server']}/upload-base64/{made['id']}", **upload)
        somebody("PATCH", f"/jobs/{made['id']}", process=True)
        for _ in range(200):
            if somebody("GET", f"/jobs/{made['id']}")["status"]["code"] in ("completed", "failed"):
                break
            time.sleep(0.05)
        return str(made["id"])

    return job


Rewords = Callable[[Callable[[Any], None]], str]


@pytest.fixture
def rewording(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Rewords]:
    """Makes a held job on a service that words it as it likes, and gives its id."""
    with ExitStack() as stack:

        def job(reword: Callable[[Any], None]) -> str:
            def worded(tree: Any) -> Any:
                if isinstance(tree, dict) and tree.get("conversion") and tree.get("input"):
                    reword(tree)
                return tree

            running = stack.enter_context(Background(Rewording(worded, ("GET",))))
            monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
            monkeypatch.setenv("API2CONVERT_API_KEY", "key")
            remote = {"type": "remote", "source": "https://example.com/a.txt"}
            body = {"process": False, "input": [remote], "conversion": [md5()]}
            made = httpx.post(f"{running.url}/jobs", json=body, headers={"x-oc-api-key": "key"}).json()
            return str(made["id"])

        assert project.exists()
        yield job


def md5(**options: Any) -> dict[str, Any]:
    return {"category": "hash", "target": "md5", "options": options}


def test_passwords_of_a_job_are_read_from_variables_and_nothing_is_paid_again_for_that(
    project: Path, foreign: Foreign, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = foreign({"target": "pdf", "options": {"download_password": "pass-11", "user_password": "pass-22"}})
    imported = a2c("import", job, "--name", "n")
    assert imported.code == 0
    assert "set A2C_VAR_PDF_DOWNLOAD_PASSWORD, A2C_VAR_PDF_USER_PASSWORD before you apply" in imported.err
    text = (project / "n.yaml").read_text()
    assert "pass-" not in text
    assert text.count("secret: env:A2C_VAR_PDF_") == 2
    (change,) = json.loads(a2c("plan", "--json").out)["changes"]
    assert (change["action"], change["credits"]) == ("download", 0)
    monkeypatch.setenv("A2C_VAR_PDF_DOWNLOAD_PASSWORD", "pass-11")
    assert a2c("apply").code == 0
    assert (project / "dist/a.pdf").exists()
    monkeypatch.setenv("A2C_VAR_PDF_USER_PASSWORD", "pass-22")
    assert json.loads(a2c("plan", "--json").out)["noop"]


def test_what_has_its_variables_is_downloaded_at_once(
    project: Path, foreign: Foreign, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2C_VAR_MD5_DOWNLOAD_PASSWORD", "pass-11")
    imported = a2c("import", foreign(md5(download_password="pass-11")), "--name", "n")
    assert imported.code == 0
    assert "before you apply" not in imported.err
    assert json.loads(a2c("plan", "--json").out)["noop"]
    assert (project / "dist/a.md5").exists()


NAMES = {
    "it leads elsewhere": ["../up"],
    "it has a control character": ["a\x01b"],
    "it is too long": ["\u00e9" * 200],
    "it is two dots": [".."],
    "it is that of a device": ["con"],
    "it has a template": ["${{ x }}"],
    "two are equal": ["same", "same"],
    "two differ in case": ["same", "SAME"],
    "two differ in their form": ["\u00e9", "e\u0301"],
    "two end in dots": ["same", "same."],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_what_is_imported_is_valid_whatever_the_results_are_called(
    names: list[str], project: Path, foreign: Foreign, a2c: Command
) -> None:
    job = foreign(*[md5(output_filename=name, allow_multiple_outputs_threshold=n + 2) for n, name in enumerate(names)])
    assert a2c("import", job, "--name", "n").code == 0
    assert a2c("validate").code == 0
    assert json.loads(a2c("plan", "--json").out)["noop"]
    assert a2c("verify").code == 0
    assert len(list((project / "dist").iterdir())) == len(names)


@pytest.mark.parametrize("filename", ["_.txt", "x" * 200 + ".txt", "-", "\u00e9\x02.txt"])
def test_what_is_imported_is_valid_whatever_the_inputs_are_called(
    filename: str, foreign: Foreign, a2c: Command
) -> None:
    assert a2c("import", foreign(md5(), filename=filename), "--name", "n").code == 0
    assert a2c("validate").code == 0
    assert json.loads(a2c("plan", "--json").out)["noop"]


def test_results_that_another_manifest_writes_get_a_folder_of_their_own(
    project: Path, foreign: Foreign, a2c: Command
) -> None:
    (project / "src/a.txt").write_text("A")
    (project / "there.yaml").write_text(THERE)
    assert a2c("import", foreign(md5(output_filename="x")), "--name", "n").code == 0
    assert a2c("validate").code == 0
    assert (project / "dist/n/x.md5").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--name", "there"], "`there` is given twice"), (["--name", "n" * 2001], "its manifest would not be valid")],
)
def test_nothing_is_changed_where_the_manifest_would_not_be_valid(
    options: list[str], said: str, project: Path, foreign: Foreign, a2c: Command
) -> None:
    (project / "src/a.txt").write_text("A")
    (project / "there.yaml").write_text(THERE)
    before = sorted(project.rglob("*.y*ml"))
    ran = a2c("import", foreign(md5()), "-o", "new.yaml", *options)
    assert (ran.code, ran.out) == (5, "")
    assert said in ran.err
    assert "nothing was changed" in ran.err
    assert sorted(project.rglob("*.y*ml")) == before
    assert json.loads(a2c("state", "list", "--json").out) == []


def test_a_manifest_that_cannot_be_written_leaves_no_record(project: Path, foreign: Foreign, a2c: Command) -> None:
    (project / "file").touch()
    ran = a2c("import", foreign(md5()), "--name", "n", "-o", "file/n.yaml")
    assert ran.code == 1
    assert "nothing was changed" in ran.err
    assert json.loads(a2c("state", "list", "--json").out) == []


def test_a_manifest_is_not_written_outside_the_project(foreign: Foreign, a2c: Command) -> None:
    ran = a2c("import", foreign(md5()), "-o", "../n.yaml")
    assert ran.code == 2
    assert "outside the project" in ran.err


def test_an_imported_job_may_have_what_the_catalog_lacks(project: Path, foreign: Foreign, a2c: Command) -> None:
    job_id = foreign({"category": "image", "target": "png", "options": {"width": 5}})
    (project / "a2c.catalog.json").write_text(
        json.dumps([{"target": "png", "category": "image", "options": {"dpi": {}}}])
    )
    a2c("import", job_id, "--name", "theirs")
    assert "allow_unknown:\n  - conversions.png.options.width" in (project / "theirs.yaml").read_text()
    assert a2c("validate", "theirs.yaml").code == 0


def test_why_an_imported_job_failed_is_told_as_of_a_job_of_ours(
    project: Path, foreign: Foreign, somebody: Somebody, a2c: Command
) -> None:
    job = foreign({"category": "audio", "target": "mp3"})
    (said,) = (error["message"] for error in somebody("GET", f"/jobs/{job}")["errors"])
    why = f"input a: {said}"
    imported = a2c("import", job, "--name", "n")
    assert (imported.code, f"adopted job {job} (failed: {why})" in imported.err) == (0, True), imported
    assert f"the last run failed: {why}" in a2c("plan", "n.yaml").out
    assert a2c("state", "show", "n").out.count(why) == a2c("show", "n").out.count(why) == 1
    assert a2c("state", "rm", "n").code == 0
    (project / "n.yaml").unlink()
    assert json.loads(a2c("import", job, "--name", "n", "--json").out)["problem"] == why


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def as_input(**more: Any) -> Callable[[Any], None]:
    return lambda job: job["input"][0].update(more)


def as_conversion(**more: Any) -> Callable[[Any], None]:
    return lambda job: job["conversion"][0].update(more)


URL = "https://u:pw12345678@example.com/x"
REFUSED: dict[str, tuple[Callable[[Any], None], str]] = {
    "deep metadata": (as_conversion(metadata={"title": nested(70)}), "its manifest would not be valid"),
    "deep options": (as_conversion(options={"t": nested(65)}), "its manifest would not be valid"),
    "deep parameters": (
        as_input(type="cloud", source="amazons3", parameters={"t": nested(70)}),
        "its manifest would not be valid",
    ),
    "a callback": (lambda job: job.update(callback=URL), "would hold a password in a URL: job.callback"),
    "a source": (as_input(type="remote", source=URL), "would hold a password in a URL: inputs.x.source"),
    "a token": (
        as_input(type="remote", source="https://tok12345678@h", filename=""),
        "would hold a password in a URL: inputs",
    ),
    "a title": (as_conversion(metadata={"title": f"of {URL}"}), "would hold a password in a URL: conversions.md5.meta"),
    "a name": (as_conversion(metadata={URL: "x"}), "would hold a password in a URL: conversions.md5.metadata"),
}


@pytest.mark.parametrize(("reword", "told"), REFUSED.values(), ids=REFUSED)
def test_a_job_whose_manifest_cannot_be_written_is_not_imported_and_no_password_of_it_is_kept(
    reword: Callable[[Any], None], told: str, project: Path, rewording: Rewords, a2c: Command
) -> None:
    job = rewording(reword)
    imported = a2c("import", job, "--name", "n")
    assert (imported.code, told in imported.err) == (5, True), imported.err
    assert [one.name for one in project.iterdir() if one.suffix == ".yaml"] == ["a2c.yaml"]
    kept = b"".join(one.read_bytes() for one in project.rglob("*") if one.is_file())
    assert b"12345678" not in kept + (imported.out + imported.err).encode()


def test_a_password_in_a_url_becomes_a_reference_where_one_may_stand(
    project: Path, rewording: Rewords, a2c: Command
) -> None:
    target = {"type": "ftp", "parameters": {"host": "h", "file": URL}, "credentials": {}, "status": "waiting"}
    imported = a2c("import", rewording(as_conversion(output_target=[target])), "--name", "n")
    assert "set A2C_VAR_MD5_FTP_FILE" in imported.err, imported.err
    assert "secret: env:A2C_VAR_MD5_FTP_FILE" in (project / "n.yaml").read_text()
    assert b"12345678" not in b"".join(one.read_bytes() for one in project.rglob("*") if one.is_file())
