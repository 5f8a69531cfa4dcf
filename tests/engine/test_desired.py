"""From a job as its manifest says it to a job that can be planned."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Content, Input, Job, Lifecycle, Preset
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import SIGNS, Change
from a2c_spec.core.recipe import digest, preset_content
from a2c_spec.core.state import PRESET, JobRecord, SavedFile
from a2c_spec.engine.desired import STEPS, Dependencies, make_ready, with_policy
from a2c_spec.engine.session import Session
from a2c_spec.errors import InvalidError
from tests.engine.projects import WEBP, desired, job, record, session_in

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"
FILE = SavedFile("dist/a.webp", 3, SHA, "out-1", "webp")
FROM = Input("x", "from", source="base.webp")


def test_the_steps_stand_in_one_order() -> None:
    names = [step.__name__ for step in STEPS]
    assert names == ["conflict_policy", "dependencies_resolved", "files_measured", "ignored_kept"]


def test_one_policy_stands_for_those_of_all_outputs_and_none_changes_nothing() -> None:
    assert [one.on_conflict for one in with_policy(job(), "skip").outputs] == ["skip"]
    assert with_policy(job(), "") == job()


def ready(root: Path, one: Job, known: JobRecord | None = None, **flags: Any) -> Job:
    with session_in(root, **flags) as session:
        return make_ready(one, known, session, Dependencies(session)).job


@pytest.mark.parametrize(("flag", "policy"), [("", "error"), ("overwrite", "overwrite")])
def test_the_flag_on_conflict_wins_over_the_manifest(flag: str, policy: str, tmp_path: Path) -> None:
    assert ready(tmp_path, job(), on_conflict=flag).outputs[0].on_conflict == policy


def test_every_upload_is_measured(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    (item,) = ready(tmp_path, job(inputs=(Input("a", "upload", path="a.txt"),))).inputs
    assert item.content is not None
    assert (item.content.size, item.content.sha256) == (3, SHA)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidError):
        ready(tmp_path, job(inputs=(Input("a", "upload", path="missing.txt"),)))


def test_what_is_ignored_stays_as_it_was_applied(tmp_path: Path) -> None:
    ignoring = Lifecycle(ignore=("conversions.webp.options.width",))
    before, after = (job(conversions=(replace(WEBP, options={"width": n}),), lifecycle=ignoring) for n in (1, 2))
    assert ready(tmp_path, after, record(before)).conversions[0].options == {"width": 1}
    assert ready(tmp_path, after).conversions[0].options == {"width": 2}


def test_names_are_set_before_the_run(tmp_path: Path) -> None:
    named = job(outputs=(replace(job().outputs[0], filename="cover.webp"),))
    assert ready(tmp_path, named).conversions[0].options == {"output_filename": "cover"}


def taken(session: Session, dependencies: Dependencies | None = None) -> Input:
    return (dependencies or Dependencies(session)).input(FROM, session)


def put(session: Session, *files: SavedFile) -> None:
    asyncio.run(session.store.put(record(job("base"), files=files)))


def test_what_was_never_made_has_the_digest_of_nothing(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        assert taken(session) == replace(FROM, upstream=digest([]))


def test_a_result_that_lies_here_intact_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    with session_in(tmp_path) as session:
        put(session, FILE)
        item = taken(session)
        assert (item.upstream, item.path) == (digest([SHA]), FILE.path)
        assert item.content is not None


def test_a_result_that_is_lost_or_changed_here_is_referred_to(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, FILE)
        referred = replace(FROM, upstream=digest([SHA]), result_name=FILE.path.removeprefix("dist/"))
        assert taken(session) == referred
        (tmp_path / "dist").mkdir()
        (tmp_path / FILE.path).write_bytes(b"other")
        assert taken(session) == referred


def test_a_result_is_called_as_it_is_going_to_be_called_here(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, FILE)
        moving, coming = Dependencies(session), Dependencies(session)
        moving.note(Change("base", "rename", (), moves=(Move(FILE.path, "dist/other.webp"),)), desired(job("base")))
        named = job("base", outputs=(replace(job().outputs[0], filename="new"),))
        coming.note(Change("base", "download", (), downloads=("dist/new.webp",)), desired(named))
        assert taken(session, coming).result_name == "new.webp"
        (tmp_path / "dist").mkdir()
        (tmp_path / FILE.path).write_bytes(b"abc")
        assert taken(session, moving).result_name == "other.webp"


def test_several_results_or_those_of_another_conversion_are_never_uploaded(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    with session_in(tmp_path) as session:
        put(session, FILE, replace(FILE, output_id="out-2"))
        assert taken(session) == replace(FROM, upstream=digest([SHA, SHA]))
        put(session, replace(FILE, conversion="pdf"))
        assert taken(session) == replace(FROM, upstream=digest([]))


def test_as_long_as_a_job_is_going_to_run_its_recipe_stands_for_its_result(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, FILE)
        dependencies = Dependencies(session)
        dependencies.note(Change("base", "re-run", ()), desired(job("base")))
        made_by = digest(["runs", dependencies.running["base.webp"]])
        assert taken(session, dependencies) == replace(FROM, upstream=made_by, awaited=True, result_name="cover.webp")


PINNED = job("base", inputs=(Input("cover", "remote", source="https://x.test/a.png", pin="ab"),))
OTHER = replace(PINNED, conversions=(replace(WEBP, options={"width": 1}),))
EXPECTED: list[tuple[str, Job, Job, SavedFile, bool, bool]] = [
    ("the same recipe", PINNED, PINNED, FILE, False, True),
    ("on the service alone", PINNED, PINNED, replace(FILE, sha256="", path="", checksum=SHA), False, True),
    ("its bytes are not known", PINNED, PINNED, replace(FILE, sha256=""), False, False),
    ("asked for anew", PINNED, PINNED, FILE, True, False),
    ("another recipe", PINNED, OTHER, FILE, False, False),
    ("it may come out differently", job("base"), job("base"), FILE, False, False),
]


@pytest.mark.parametrize(
    ("before", "now", "file", "forced", "same"), [r[1:] for r in EXPECTED], ids=[r[0] for r in EXPECTED]
)
def test_what_the_same_recipe_gave_before_is_expected_of_it_again(
    before: Job, now: Job, file: SavedFile, forced: bool, same: bool, tmp_path: Path
) -> None:
    """Also where the run that gave it is not the last one any more; and until its change is another one."""
    with session_in(tmp_path) as session:
        asyncio.run(session.store.put(record(before, files=(file,), address="base#2")))
        asyncio.run(session.store.put(record(now, phase="building")))
        dependencies = Dependencies(session)
        dependencies.note(Change("base", "update", (), forced=forced), desired(now))
        item = taken(session, dependencies)
        assert (item.upstream == digest([SHA]), item.awaited, item.path) == (same, True, "")
        dependencies.note(Change("base", "re-run", ()), desired(OTHER))
        assert taken(session, dependencies).upstream != digest([SHA])


def test_what_is_there_and_takes_what_is_made_again_is_taken_as_it_is_and_waited_for(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        put(session, FILE)
        dependencies, waits = Dependencies(session), replace(FROM, awaited=True)
        for inputs, awaited in (((waits,), True), ((FROM,), False)):
            dependencies.note(Change("base", "no-op", ()), desired(job("base", inputs=inputs)))
            item = taken(session, dependencies)
            assert (item.upstream, item.awaited) == (digest([SHA]), awaited)


def test_what_is_made_of_the_same_stands_for_each_other_unless_it_may_come_out_differently(tmp_path: Path) -> None:
    upload = Input("cover", "upload", path="a.png", content=Content(3, SHA, ""))
    remote = Input("cover", "remote", source="https://x.test/a.png")
    awaited = replace(FROM, awaited=True, upstream="made by another")
    for item, same in ((upload, True), (remote, False), (awaited, True)):
        with session_in(tmp_path) as session:
            dependencies = Dependencies(session)
            for address in "ab":
                both = (WEBP, replace(WEBP, id="again"), replace(WEBP, id="png", target="png"))
                dependencies.note(
                    Change(address, "create", ()), desired(job(address, inputs=(item,), conversions=both))
                )
            found = dependencies.running
        kinds = {name.partition(".")[2]: {found[f"{one}.{name.partition('.')[2]}"] for one in "ab"} for name in found}
        assert {name: len(ones) for name, ones in kinds.items()} == dict.fromkeys(kinds, 1 if same else 2)
        assert (found["a.webp"] == found["a.again"], found["a.webp"] == found["a.png"]) == (same, False)


def test_a_result_that_comes_from_the_cache_is_uploaded_from_there(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    upload = Input("cover", "upload", path="a.png", content=Content(3, SHA, ""))
    base = desired(job("base", inputs=(upload,)))
    with session_in(tmp_path) as session:
        session.results.keep(base, record(base.job, job_id="job-1", files=(FILE,)), tmp_path, 0.0)
        dependencies = Dependencies(session)
        dependencies.note(Change("base", "cached", (), downloads=("dist/new.webp",)), base)
        item = taken(session, dependencies)
        assert (item.upstream, item.path) == (digest([SHA]), "dist/new.webp")
        assert item.content is not None
        assert item.content.sha256 == SHA


SETTLED = ("no-op", "rename", "forget", "delete")


@pytest.mark.parametrize("action", [name for name in SIGNS if name != "cached"])
def test_only_what_changes_results_is_going_to_run(action: Any, tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        dependencies = Dependencies(session)
        dependencies.note(Change("a", action, (), fetch=action == "adopt"), desired(job("a")))
        assert [*dependencies.running] == ([] if action in SETTLED else ["a.webp"])


def test_what_is_downloaded_is_known_if_it_was_here_before(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        one, change = desired(job("a")), Change("a", "download", ())
        for file in (FILE, replace(FILE, sha256="", path="")):
            dependencies, run = Dependencies(session), record(one.job, job_id="job-1", files=(file,))
            dependencies.note(change, one, run)
            known = ([], {"a.webp": run}) if file.sha256 else (["a.webp"], {})
            assert ([*dependencies.running], dependencies.makers) == known


def test_a_result_from_the_cache_is_known_and_not_going_to_run(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        upload = Input("cover", "upload", path="a.png", content=Content(3, SHA, ""))
        one = desired(job("a", inputs=(upload,)))
        (tmp_path / "dist").mkdir()
        (tmp_path / FILE.path).write_bytes(b"abc")
        session.results.keep(one, record(one.job, job_id="job-1", files=(FILE,)), tmp_path, 0.0)
        dependencies = Dependencies(session)
        dependencies.note(Change("a#2", "cached", (), downloads=("dist/a",)), one)
        ((path, kept),) = dependencies.restored["a.webp"]
        assert (dependencies.running, path, kept.read_bytes()) == ({}, "dist/a", b"abc")


def held_by_preset(**options: int) -> dict[str, dict[str, object]]:
    return {PRESET: {"name": "small", "target": "jpg", "category": "", "scope": "private", "options": options}}


def test_a_conversion_has_the_digest_of_what_the_preset_holds_that_it_names(tmp_path: Path) -> None:
    item = replace(WEBP, preset_from="small")
    recorded, planned = held_by_preset(width=1), held_by_preset(width=2)
    with session_in(tmp_path) as session:
        dependencies = Dependencies(session)
        assert dependencies.conversion(item).upstream == ""
        asyncio.run(session.store.put(JobRecord("small", "local", basis=recorded)))
        assert dependencies.conversion(item).upstream == preset_content(recorded[PRESET])
        preset = Preset("small", "small", "jpg")
        dependencies.note(Change(preset.address, "update", (), basis=planned), None)
        assert dependencies.conversion(item).upstream == preset_content(planned[PRESET])


def test_a_preset_holds_the_same_under_another_name() -> None:
    sent = held_by_preset(width=1)[PRESET]
    assert preset_content(sent | {"name": "tiny", "scope": "public"}) == preset_content(sent)
    assert preset_content(sent | {"options": {"width": 2}}) != preset_content(sent)


def test_a_conversion_of_its_own_rests_on_no_preset(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        asyncio.run(session.store.put(JobRecord("", "local", fingerprint="odd")))
    assert ready(tmp_path, job()).conversions[0].upstream == ""
