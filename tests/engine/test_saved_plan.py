"""Saved plans: what is written can be read, and is refused once anything it rests on has moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.commands.plan import command
from a2c_spec.core.desired import Content, Conversion, Input, Preset
from a2c_spec.core.diagnostics import Position
from a2c_spec.core.live import LiveConversion, LiveJob
from a2c_spec.core.plan import Change, Plan
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.plan_stamps import stamp
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.saved_plan import (
    KEPT_FLAGS,
    SavedPlan,
    check,
    check_realm,
    check_unused,
    is_saved_plan,
    read,
    use,
    write,
)
from a2c_spec.engine.selection import Selection
from a2c_spec.errors import InvalidError, SpecError, StalePlan, UsageError
from tests.engine.projects import KEY, LINK, desired, job, project_in, record, session_in

REALM = "api.api2convert.com/v2"
UPLOAD = Input("page", "upload", path="a.png", content=Content(3, "ab" * 32, "cd" * 16))


def step(address: str = "a", **more: Any) -> PlannedChange:
    one = job(address, inputs=(LINK, UPLOAD))
    whole = PlannedChange(Change(address, "create", ("new",)), desired(one), record(one), live=LiveJob("j", "ready"))
    return replace(whole, **more)


def saved(root: Path, steps: Sequence[PlannedChange], chosen: Selection = Selection(), **flags: Any) -> SavedPlan:  # noqa: B008
    plan = Plan(tuple(step.change for step in steps), chosen.partial)
    write(root / "x.a2cplan.json", project_in(root, **flags), steps, plan, chosen)
    return read(root / "x.a2cplan.json")


def test_a_plan_read_back_knows_what_it_was_made_with(tmp_path: Path) -> None:
    chosen = Selection(("a*",), ("b",), ("team=web",), ("a",))
    plan = saved(tmp_path, [step()], chosen, manifests=("a.yaml",), var=("x=1",), env="live", parallelism=3)
    assert (plan.nonce, plan.realm, plan.selection) == (KEY, REALM, chosen)
    assert [change["address"] for change in plan.plan["changes"]] == ["a"]
    assert plan.plan["partial"] is True
    assert not {"stamps", "made_with", "selection"} & plan.plan.keys()
    assert plan.plan["created_at"] == "2023-11-14T22:13:20+00:00"
    again = plan.flags(Flags(env="test", parallelism=9, verbose=True))
    how = {"env": "--env of the saved plan", "var": "--var of the saved plan"}
    assert again == Flags(manifests=("a.yaml",), var=("x=1",), env="live", parallelism=9, verbose=True, given=how)
    kept = plan.flags(Flags(given={"target": "A2C_SPEC_TARGET", "timeout": "--timeout"})).given
    assert kept == {"timeout": "--timeout"} | how, "what a variable says of a selection is not what the plan selects"


HOW = {
    "chdir", "local", "base_url", "allow_host", "allow_http", "allow_env", "parallelism", "allow_cmd", "offline",
    "explain", "detailed_exitcode", "refresh_only", "out", "as_json", "no_color", "quiet", "verbose", "timeout",
    "max_credits", "max_replace", "markdown", "max_bytes",
}  # fmt: skip
"""Flags of `plan` that do not change what is done, or that no file may decide."""


def test_a_plan_keeps_every_flag_that_changes_what_is_done() -> None:
    names = {parameter.name for parameter in command.params}
    assert names - HOW == {*KEPT_FLAGS, *(field.name for field in fields(Selection))}


def test_a_plan_of_an_earlier_version_leaves_open_what_it_did_not_keep(tmp_path: Path) -> None:
    plan = saved(tmp_path, [step()])
    assert not plan.flags(Flags(no_cache=True)).no_cache
    kept = {name: value for name, value in plan.made_with.items() if name != "no_cache"}
    assert replace(plan, made_with=kept).flags(Flags(no_cache=True)).no_cache


def test_only_its_owner_may_read_it_and_no_draft_is_left(tmp_path: Path) -> None:
    saved(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["x.a2cplan.json"]
    assert (tmp_path / "x.a2cplan.json").stat().st_mode & 0o777 == 0o600


def test_where_it_cannot_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "x.a2cplan.json").mkdir()
    with pytest.raises(SpecError, match="cannot write the plan to"):
        saved(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["x.a2cplan.json"]


def edited(**more: Any) -> PlannedChange:
    whole = step()
    assert whole.desired is not None
    return replace(whole, desired=replace(whole.desired, job=replace(whole.desired.job, **more)))


def other_bytes(sha256: str) -> PlannedChange:
    return edited(inputs=(LINK, replace(UPLOAD, content=Content(3, sha256, "cd" * 16))))


MOVED: list[tuple[str, PlannedChange, str]] = [
    ("a field", edited(process=False), "a: the manifest changed"),
    (
        "an id",
        edited(inputs=(LINK, replace(UPLOAD, id="x"))),
        "a: the manifest changed",
    ),
    ("the bytes", other_bytes("00" * 32), "a: the bytes of the input a.png changed"),
    ("the record", step(record=record(job("a"), spent=5)), "a: the state changed"),
    ("no record", step(record=None), "a: the state changed"),
    ("the live job", step(live=LiveJob("j", "processing")), "a: the live job changed (ready -> processing)"),
    ("no live job", step(live=None), "a: the live job changed"),
    ("what is done", step(change=Change("a", "update", ("new",))), "a: what has to be done changed (new)"),
    (
        "a job that need not be read, and what is done",
        step(live=None, change=Change("a", "download", ("new",))),
        "a: what has to be done changed (new)",
    ),
    ("the address", step("b"), "b is new; a is gone"),
]


@pytest.mark.parametrize(("step_now", "said"), [row[1:] for row in MOVED], ids=[row[0] for row in MOVED])
def test_whatever_moved_is_named(step_now: PlannedChange, said: str, tmp_path: Path) -> None:
    plan = saved(tmp_path, [step()])
    with pytest.raises(StalePlan) as error:
        check(plan, [step_now])
    assert error.value.message == f"the plan is stale: {said}"


ALIKE: list[Callable[[], PlannedChange]] = [
    step,
    lambda: edited(position=Position("a.yaml", 9, 1)),
    lambda: step(record=record(job("a", inputs=(LINK, UPLOAD)), updated_at=5.0)),
    lambda: step(change=Change("a", "create", ("other",))),
]


@pytest.mark.parametrize("now", ALIKE)
def test_places_and_moments_do_not_count(now: Callable[[], PlannedChange], tmp_path: Path) -> None:
    check(saved(tmp_path, [step()]), [now()])


SERVICES = [
    ({}, "local", "--local", f"made for {REALM}, not for the built-in local API (--local)", "leave out --local, or"),
    ({}, "local", "A2C_SPEC_LOCAL", "not for the built-in local API (A2C_SPEC_LOCAL)", "unset A2C_SPEC_LOCAL, or"),
    ({"local": True}, REALM, "", f"made for the built-in local API, not for {REALM}", "apply it with --local, or"),
    (
        {"base_url": "http://a.test/v2"},
        "b.test/v2",
        "API2CONVERT_BASE_URL",
        "made for a.test/v2, not for b.test/v2 (API2CONVERT_BASE_URL)",
        "apply it there, or",
    ),
]


@pytest.mark.parametrize(("flags", "realm", "source", "said", "hint"), SERVICES)
def test_a_plan_is_for_one_service(
    flags: dict[str, Any], realm: str, source: str, said: str, hint: str, tmp_path: Path
) -> None:
    plan = saved(tmp_path, [step()], **flags)
    check_realm(plan, plan.realm, source)
    with pytest.raises(StalePlan) as error:
        check_realm(plan, realm, source)
    assert (said in error.value.message, error.value.hint.startswith(hint)) == (True, True)


@pytest.mark.parametrize("made", [{"local": True}, {"base_url": "http://a.test"}], ids=["local", "base_url"])
def test_which_service_it_goes_to_is_never_taken_from_a_plan(made: dict[str, Any], tmp_path: Path) -> None:
    plan = saved(tmp_path, [step()], **made)
    more = {"local": True, "base_url": "http://a.test", "allow_cmd": ["op"]}
    edited = replace(plan, made_with={**plan.made_with, **more})
    for given in (Flags(), Flags(local=True), Flags(base_url="http://b.test")):
        now = edited.flags(given)
        assert (now.local, now.base_url, now.allow_cmd) == (given.local, given.base_url, ())


def with_password(word: str, keyed: str) -> dict[str, str]:
    """The stamps of a job with this password wherever it has one, in the words of the manifest and of the service."""
    link = replace(LINK, source=f"https://me:{word}@files.example/a.png", credentials={"token": word})
    conversion = Conversion("c", "document", "pdf", options={"user_password": word, "width": 3})
    one = job("a", inputs=(link,), conversions=(conversion,), fields={"download_passwords": (word,)})
    wanted = replace(desired(one), fingerprint_secret=lambda _secret: f"literal#{keyed}")
    live = LiveJob("j", "ready", conversions=(LiveConversion("x", "pdf", "document", {"user_password": word}, {}),))
    return stamp(replace(step(), desired=wanted, record=record(one), live=live))


def test_no_password_can_be_guessed_by_a_stamp_and_another_one_is_noticed() -> None:
    one, other = (with_password(word, "ab" * 32) for word in ("geheim", "anders"))
    assert one == other
    assert with_password("anders", "cd" * 32)["secrets"] != one["secrets"]


@pytest.mark.parametrize(("count", "end"), [(5, "a4 is new"), (6, "a4 is new, and 1 more")])
def test_at_most_five_moves_are_named(count: int, end: str, tmp_path: Path) -> None:
    with pytest.raises(StalePlan) as error:
        check(saved(tmp_path, []), [step(f"a{n}") for n in range(count)])
    assert error.value.message.endswith(end)


def test_a_preset_is_stamped_by_what_its_manifest_says() -> None:
    small, large = (
        stamp(PlannedChange(Change("p", "create", ()), None, None, Preset("p", name, "jpg"))) for name in ("s", "l")
    )
    assert small["manifest"] != large["manifest"]
    assert (small["state"], small["live"]) == ("", "")


INVALID = "is not a valid saved plan: "

NO_PLANS = [
    ("{", INVALID + "it is not JSON"),
    ("[]", INVALID + "the file must be a mapping, found a list"),
    ("{}", INVALID + "the file needs the key `format_version`"),
    ('{"format_version": 2}', "was written by a newer a2c-spec; this one reads format 1"),
    ('{"format_version": 1}', INVALID + "the file needs the key `nonce`"),
]


@pytest.mark.parametrize(("text", "said"), NO_PLANS)
def test_what_is_no_plan_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(InvalidError) as error:
        read(tmp_path / "x")
    assert error.value.message == f"{tmp_path / 'x'} {said}"


SPOILED: list[tuple[str, Any, str]] = [
    ("action", "explode", "`changes/0/action` must be one of create, "),
    ("action", "explode", "; found `explode`"),
    ("action", 3, "; found the number 3"),
    ("reasons", None, "`changes/0/reasons` must be a list, found null"),
    ("reasons", ["a", 1], "`changes/0/reasons/1` must be text, found the number 1"),
    ("calls", [{"kind": "create_job", "path": "/jobs", "step": 1}], "`changes/0/calls/0` needs the key `method`"),
]


@pytest.mark.parametrize(("key", "value", "said"), SPOILED)
def test_a_spoiled_place_of_a_plan_is_named_with_what_was_expected(
    key: str, value: object, said: str, tmp_path: Path
) -> None:
    saved(tmp_path, [step()])
    tree = json.loads((tmp_path / "x.a2cplan.json").read_text())
    tree["changes"][0][key] = value
    (tmp_path / "x").write_text(json.dumps(tree))
    with pytest.raises(InvalidError, match="is not a valid saved plan") as error:
        read(tmp_path / "x")
    assert said in error.value.message
    assert error.value.hint == "`a2c-spec plan -o name.a2cplan.json` writes one"


def test_a_value_beyond_its_limits_is_named(tmp_path: Path) -> None:
    saved(tmp_path, [step()])
    tree = json.loads((tmp_path / "x.a2cplan.json").read_text())
    (tmp_path / "x").write_text(json.dumps(tree | {"nonce": "x" * 65}))
    with pytest.raises(InvalidError, match=r"a valid saved plan: `nonce`: .* is too long"):
        read(tmp_path / "x")


def test_a_missing_plan_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read(tmp_path / "x")


def test_a_plan_too_large_to_be_one_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("a2c_spec.engine.saved_plan.LARGEST", 2)
    (tmp_path / "x").write_text("[]")
    with pytest.raises(InvalidError, match="is not a valid saved plan"):
        read(tmp_path / "x")
    (tmp_path / "x").write_text("[ ]")
    with pytest.raises(InvalidError, match="is too large for a plan"):
        read(tmp_path / "x")


def test_a_saved_plan_is_told_by_its_name() -> None:
    assert is_saved_plan("dir/x.a2cplan.json")
    assert not is_saved_plan("x.json")


def test_a_plan_is_used_once(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        plan = saved(tmp_path, [step()])
        check_unused(plan, session.store)
        use(plan, session.store)
        for again in (check_unused, use):
            with pytest.raises(StalePlan, match="applied already"):
                again(plan, session.store)
        use(replace(plan, nonce="another"), session.store)
