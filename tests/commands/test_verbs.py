"""The other verbs, each tried as a user would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from a2c_spec.cli import COMMANDS
from a2c_spec.manifests.schema.published import load_schema
from tests.conftest import EXAMPLES, Command

PNG = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
labels: {team: web}
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: cover, save: dist/}]
---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: page, path: src/signatures.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
"""


@pytest.fixture
def two(project: Path) -> Path:
    (project / "two.yaml").write_text(PNG)
    return project


def planned(a2c: Command, *args: str) -> dict[str, str]:
    """address -> action."""
    tree = json.loads(a2c("plan", "two.yaml", "--local", "--json", *args).out)
    return {change["address"]: change["action"] for change in tree["changes"]}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, a2c: Command) -> None:
    shown = a2c(name, "--help")
    assert shown.code == 0
    assert "Usage:" in shown.out


def test_a_selection_is_said_to_be_partial(two: Path, a2c: Command) -> None:
    assert planned(a2c) == {"one": "create", "two": "create"}
    assert planned(a2c, "--target", "o*") == {"one": "create"}
    assert planned(a2c, "--exclude", "one") == {"two": "create"}
    assert planned(a2c, "-l", "team=web") == {"one": "create"}
    assert "PARTIAL" in a2c("plan", "two.yaml", "--local", "--target", "one").out
    assert a2c("plan", "two.yaml", "--local", "--target", "nope").code == 2


def test_results_without_an_outputs_entry_are_saved_beside_the_manifest(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--target", "two").code == 0
    assert (two / "dist/signatures.webp").exists()


def test_replace_runs_again_what_did_not_change_and_limits_refuse_it(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert planned(a2c, "--replace", "one") == {"one": "re-run", "two": "no-op"}
    assert a2c("apply", "two.yaml", "--local", "--replace", "*", "-y", "--max-replace", "1").code == 11
    assert a2c("apply", "two.yaml", "--local", "--replace", "*", "-y", "--max-credits", "1").code == 11
    assert a2c("apply", "two.yaml", "--local", "--replace", "one", "-y", "--max-credits", "1").code == 0


def test_detailed_exit_codes_are_opt_in(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local", "--detailed-exitcode").code == 2
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("plan", "two.yaml", "--local", "--detailed-exitcode").code == 0


def test_an_offline_plan_makes_no_api_calls(two: Path, a2c: Command) -> None:
    shown = a2c("plan", "two.yaml", "--offline", "--base-url", "http://127.0.0.1:9/v2")
    assert shown.code == 0
    assert "2 to create" in shown.out


def test_detach_returns_early_and_wait_brings_the_results(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--detach").code == 0
    assert not (two / "dist").exists()
    assert a2c("wait", "two.yaml", "--local").code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(planned(a2c).values()) == {"no-op"}


def test_refresh_only_notes_what_ended_and_fetches_nothing(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--detach").code == 0
    shown = a2c("apply", "two.yaml", "--local", "--refresh-only", "--json")
    assert shown.code == 0
    phases = {row["phase"] for row in json.loads(a2c("state", "list", "--local", "--json").out)}
    assert phases <= {"started", "completed"}
    assert not (two / "dist").exists()
    assert a2c("wait", "two.yaml", "--local").code == 0
    assert "agrees" in a2c("plan", "two.yaml", "--local", "--refresh-only").out


def test_download_brings_back_what_was_deleted_and_pays_nothing(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "dist/cover.webp").unlink()
    shown = a2c("download", "two.yaml", "--local", "--json")
    assert shown.code == 0
    assert (two / "dist/cover.webp").exists()
    assert set(json.loads(shown.out.splitlines()[-1])["requests"]) == {"GET"}


def test_what_no_manifest_asks_for_any_more_is_forgotten_and_its_files_stay(two: Path, a2c: Command) -> None:
    assert a2c("apply", "--local").code == 0
    (two / "two.yaml").write_text(PNG.split("---")[0])
    shown = a2c("apply", "--local")
    assert "forget" in shown.out
    assert (two / "dist/signatures.webp").exists()
    rows = json.loads(a2c("state", "list", "--local", "--json").out)
    assert [(row["address"], row["gone_since"] > 0) for row in rows] == [("one", False), ("two", True)]
    assert "Nothing to do" in a2c("apply", "--local").out
    (two / "two.yaml").write_text(PNG)
    assert "Nothing to do" in a2c("apply", "--local").out
    assert not any(row["gone_since"] for row in json.loads(a2c("state", "list", "--local", "--json").out))


def test_a_renamed_manifest_keeps_its_job_when_the_state_follows(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    (two / "two.yaml").write_text(PNG.replace("name: one", "name: first"))
    assert planned(a2c)["first"] == "cached"
    assert planned(a2c, "--no-cache")["first"] == "create"
    assert a2c("state", "mv", "one", "first", "--local").code == 0
    assert planned(a2c)["first"] == "no-op"
    assert a2c("state", "rm", "first", "--local").code == 0
    assert a2c("state", "show", "first", "--local").code == 2


def test_a_pulled_catalog_says_which_targets_take_a_name(two: Path, a2c: Command) -> None:
    assert a2c("catalog", "pull", "--local").code == 0
    assert '"output_filename"' in a2c("plan", "two.yaml", "--local", "--json").out
    rows = json.loads((two / "a2c.catalog.json").read_text())
    for row in rows:
        row["options"].pop("output_filename")
    (two / "a2c.catalog.json").write_text(json.dumps(rows))
    assert '"output_filename"' not in a2c("plan", "two.yaml", "--local", "--json").out
    assert a2c("catalog", "diff", "--local", "--detailed-exitcode").code == 2
    (two / "two.yaml").write_text(PNG.replace("width: 64", "widht: 64"))
    refused = a2c("validate", "two.yaml")
    assert (refused.code, "did you mean `width`?" in refused.out) == (5, True)


def test_drift_names_what_moved(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("drift", "--local", "--detailed-exitcode").code == 0
    (two / "dist/cover.webp").write_bytes(b"changed")
    shown = a2c("drift", "--local", "--detailed-exitcode", "--json")
    assert shown.code == 2
    assert [row["path"] for row in json.loads(shown.out)["drift"]] == ["files.dist/cover.webp"]


def test_destroy_needs_a_confirmation_and_leaves_nothing_behind(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("destroy", "one", "--local").code == 11
    assert a2c("destroy", "--all", "--local", "-y", "--files").code == 0
    assert not (two / "dist").exists()
    assert "nothing is recorded" in a2c("state", "list", "--local").out


def test_an_imported_job_is_ours_and_nothing_is_left_to_do(two: Path, a2c: Command) -> None:
    shutil.copy(EXAMPLES / "report.yaml", two / "report.yaml")
    assert a2c("apply", "report.yaml", "--local").code == 0
    job_id = json.loads(a2c("state", "show", "board-pack", "--local", "--json").out)["job_id"]
    assert a2c("state", "rm", "board-pack", "--local").code == 0
    shutil.rmtree(two / "dist")
    assert a2c("import", job_id, "--local", "--name", "pack").code == 0
    assert (two / "dist/board-pack-Q3-2026.pdf").exists()
    assert json.loads(a2c("plan", "pack.yaml", "--local", "--json").out)["noop"]
    assert a2c("import", job_id, "--local", "--name", "pack").code == 2


def test_a_saved_plan_does_what_it_shows_once_and_not_when_something_moved(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    tree = json.loads((two / "p.a2cplan.json").read_text())
    jsonschema.validate(tree, load_schema("plan"))
    assert (two / "p.a2cplan.json").stat().st_mode & 0o077 == 0
    assert a2c("show", "p.a2cplan.json", "--exit-code").code == 2
    assert a2c("show", "p.a2cplan.json", "--markdown").out.startswith("<!-- a2c-spec plan -->")
    assert a2c("apply", "p.a2cplan.json").code == 0
    again = a2c("apply", "p.a2cplan.json")
    assert (again.code, "once" in again.err) == (10, True)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("two.yaml", PNG.replace("width: 64", "width: 65", 1), "one: the manifest changed"),
        ("src/cover.png", "other bytes", "one: the bytes of an input changed"),
    ],
)
def test_a_stale_plan_names_what_moved(name: str, text: str, said: str, two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    (two / name).write_text(text)
    refused = a2c("apply", "p.a2cplan.json")
    assert refused.code == 10
    assert said in refused.err


def test_a_plan_made_before_another_apply_is_stale(two: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    assert a2c("apply", "two.yaml", "--local").code == 0
    refused = a2c("apply", "p.a2cplan.json")
    assert (refused.code, "the state changed" in refused.err) == (10, True)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format_version": 1}', '{"format_version": 99}', "\x00", "[" * 9999]
)
def test_a_file_that_is_no_plan_is_refused(text: str, two: Path, a2c: Command) -> None:
    (two / "p.a2cplan.json").write_text(text)
    assert a2c("apply", "p.a2cplan.json").code == 5
    assert a2c("show", "p.a2cplan.json").code == 5


def test_every_line_of_apply_json_is_an_event_as_published(two: Path, a2c: Command) -> None:
    schema = load_schema("events")
    for line in a2c("apply", "two.yaml", "--local", "--json").out.splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_a_preset_is_created_changed_and_destroyed(two: Path, a2c: Command) -> None:
    text = """\
apiVersion: a2c-spec/v1
kind: Preset
name: small
category: image
target: webp
options: {width: 100, quality: 60}
"""

    def actions() -> Any:
        return [c["action"] for c in json.loads(a2c("plan", "preset.yaml", "--local", "--json").out)["changes"]]

    (two / "preset.yaml").write_text(text)
    assert actions() == ["create"]
    assert a2c("apply", "preset.yaml", "--local").code == 0
    assert actions() == ["no-op"]
    (two / "preset.yaml").write_text(text.replace(", quality: 60", ""))
    assert actions() == ["update"]
    assert a2c("apply", "preset.yaml", "--local").code == 0
    assert actions() == ["no-op"]
    (two / "preset.yaml").write_text(
        text.replace(", quality: 60", "").replace("webp", "png").replace("image", "image\nscope: public")
    )
    assert actions() == ["replace"]
    assert a2c("apply", "preset.yaml", "--local").code == 0
    assert a2c("destroy", "small", "--local", "-y").code == 0
    assert actions() == ["create"]
