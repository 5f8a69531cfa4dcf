"""`a2c-spec apply`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.manifests.schema.published import load_schema
from tests.commands.conftest import PNG, planned
from tests.conftest import Command


def test_results_without_an_outputs_entry_are_saved_beside_the_manifest(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--target", "two").code == 0
    assert (two / "dist/signatures.webp").exists()


def test_replace_runs_again_what_did_not_change_and_limits_refuse_it(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert planned(a2c, "--replace", "one") == {"one": "re-run", "two": "no-op"}
    assert a2c("apply", "two.yaml", "--local", "--replace", "*", "-y", "--max-replace", "1").code == 11
    assert a2c("apply", "two.yaml", "--local", "--replace", "*", "-y", "--max-credits", "1").code == 11
    assert a2c("apply", "two.yaml", "--local", "--replace", "one", "-y", "--max-credits", "1").code == 0


def test_refresh_only_notes_what_ended_and_fetches_nothing(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--detach").code == 0
    shown = a2c("apply", "two.yaml", "--local", "--refresh-only", "--json")
    assert shown.code == 0
    phases = {row["phase"] for row in json.loads(a2c("state", "list", "--local", "--json").out)}
    assert phases <= {"started", "completed"}
    assert not (two / "dist").exists()
    assert a2c("wait", "two.yaml", "--local").code == 0
    assert "agrees" in a2c("plan", "two.yaml", "--local", "--refresh-only").out


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


@pytest.mark.parametrize(
    ("asked", "options", "code", "said"),
    [
        ("3", (), 0, "the service is busy and asks to wait 3 s"),
        ("400", (), 8, "asks to wait 400 s, longer than the 120 s of waiting that is allowed"),
        ("60", ("--timeout", "5"), 7, "asks to wait 60 s; less is left of the 5 s that --timeout allows"),
    ],
)
def test_how_long_the_service_asks_to_wait_is_told_and_has_an_end(
    asked: str, options: tuple[str, ...], code: int, said: str, two: Path, server: Background, a2c: Command
) -> None:
    busy = {"do": "status", "status": 429, "retry_after": asked, "method": "POST", "path": "/jobs"}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[busy])
    ran = a2c("apply", "two.yaml", "--target", "one", *options)
    assert ran.code == code
    assert said in ran.err
    assert a2c("apply", "two.yaml", "--target", "one").code == 0


def test_a_plan_says_too_that_the_service_asks_to_wait(two: Path, server: Background, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--detach").code == 0
    busy = {"do": "status", "status": 429, "retry_after": "3", "method": "GET"}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[busy])
    assert "the service is busy and asks to wait 3 s" in a2c("plan", "two.yaml").err
