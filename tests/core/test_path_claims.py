"""Every path has one owner, whatever file system it lies on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.desired import Conversion, Input, Job, Output
from a2c_spec.core.diagnostics import Position
from a2c_spec.core.file_names import path_key
from a2c_spec.core.path_claims import Claims

ALIKE = [
    ("dist/A.webp", "dist/a.webp", True),
    ("dist/Stra\u00dfe", "dist/STRASSE", True),
    ("caf\u00e9", "cafe\u0301", True),
    ("CAFE\u0301", "caf\u00e9", True),
    ("dist./a", "dist/a", True),
    ("dist/a .", "dist/a", True),
    ("../a", "a", False),
    ("a", "b", False),
    ("cafe", "caf\u00e9", False),
]


@pytest.mark.parametrize(("one", "other", "same"), ALIKE)
def test_paths_are_compared_as_the_worst_file_system_would(one: str, other: str, same: bool) -> None:
    assert (path_key(one) == path_key(other)) is same


def writing(address: str, name: str, save: str = "dist/", line: int = 1, **more: str) -> Job:
    output = Output("webp", filename=name, save=save, position=Position(f"{address}.yaml", line, 1), **more)
    return Job(
        address,
        inputs=(Input("a", "remote", source="https://x"),),
        conversions=(Conversion("webp", "webp"),),
        outputs=(output,),
    )


def reading(address: str, path: str, kind: str = "upload") -> Job:
    return Job(address, inputs=(Input("a", kind, path=path, position=Position(f"{address}.yaml", 7, 1)),))


def problems(*jobs: Job, sources: tuple[str, ...] = ()) -> list[str]:
    claims = Claims(lambda late, _scope: late.text)
    for job in jobs:
        claims.add(job)
    return [f"{one.position}: {one.message}" for one in claims.checked(sources)]


def test_paths_of_their_own_are_no_problem() -> None:
    assert problems(writing("a", "x"), writing("b", "y"), writing("c", "x", "other/"), reading("d", "src/a.png")) == []


def test_two_jobs_may_not_write_one_path() -> None:
    assert problems(writing("a", "x"), writing("b", "x")) == [
        "b.yaml:1:1: b and a would both write dist/x.webp; a is defined at a.yaml:1:1"
    ]


def test_every_later_one_is_told_of_the_first() -> None:
    found = problems(writing("a", "x"), writing("b", "x"), writing("c", "x"))
    assert [one.split(" would")[0] for one in found] == ["b.yaml:1:1: b and a", "c.yaml:1:1: c and a"]


def test_how_the_other_spells_it_is_told_where_it_differs() -> None:
    (found,) = problems(writing("a", "X"), writing("b", "x"))
    assert "both write dist/x.webp (as dist/X.webp, which some file systems take for the same)" in found


def test_jobs_of_one_batch_stand_at_one_place_which_is_told_once() -> None:
    one, two = writing("a", "x"), writing("b", "x")
    two = replace(two, outputs=one.outputs)
    assert problems(one, two) == ["a.yaml:1:1: b and a would both write dist/x.webp"]


@pytest.mark.parametrize("policy", ["rename", "skip", "overwrite"])
def test_no_policy_lets_two_jobs_write_one_path_since_their_order_would_decide(policy: str) -> None:
    assert len(problems(writing("a", "x", on_conflict=policy), writing("b", "x", on_conflict=policy))) == 1


def test_a_job_may_give_two_results_one_path_since_they_are_numbered() -> None:
    one = writing("a", "x")
    assert problems(replace(one, outputs=one.outputs * 2)) == []


def test_what_gets_a_number_beside_a_result_of_its_own_job_is_claimed_with_it() -> None:
    one = writing("a", "x")
    (found,) = problems(replace(one, outputs=one.outputs * 2), writing("b", "x-2"))
    assert found == "b.yaml:1:1: b and a would both write dist/x-2.webp; a is defined at a.yaml:1:1"


@pytest.mark.parametrize("first", [True, False])
def test_a_result_never_stands_over_an_input_whichever_comes_first(first: bool) -> None:
    jobs = [reading("r", "src/x.webp"), writing("w", "X", "src/")]
    assert problems(*(jobs if first else jobs[::-1])) == [
        "w.yaml:1:1: the result src/X.webp of w would overwrite an input of r"
    ]


@pytest.mark.parametrize("kind", ["remote", "from", "base64"])
def test_only_files_that_are_uploaded_are_read_here(kind: str) -> None:
    assert problems(reading("r", "dist/x.webp", kind), writing("w", "x")) == []


@pytest.mark.parametrize("save", [".git/", ".a2c/", ".GIT/hooks/"])
def test_no_result_is_written_into_the_folders_of_git_and_ours(save: str) -> None:
    assert problems(writing("a", "x", save)) == [f"a.yaml:1:1: {save}x.webp: no result is written there"]
    assert problems(writing("a", "x", f"sub/{save}")) == [f"a.yaml:1:1: sub/{save}x.webp: no result is written there"]


@pytest.mark.parametrize("path", [".git/config", ".A2C/state.db"])
def test_nothing_is_read_from_the_folders_of_git_and_ours(path: str) -> None:
    assert problems(reading("a", path)) == [f"a.yaml:7:1: {path}: no input is read from there"]
    assert problems(reading("a", f"sub/{path}")) == [f"a.yaml:7:1: sub/{path}: no input is read from there"]


def test_a_link_does_not_lead_into_a_folder_that_is_kept() -> None:
    claims = Claims(lambda late, _scope: late.text, lambda path: path.replace("dist/", ".git/"))
    claims.add(writing("a", "x"))
    claims.add(reading("b", "dist/config"))
    assert [one.message for one in claims.checked()] == [
        "dist/x.webp: no result is written there",
        "dist/config: no input is read from there",
    ]


def test_nothing_is_written_over_a_file_that_says_what_is_asked_for() -> None:
    assert problems(writing("a", "X", on_conflict="overwrite"), sources=("a.yaml", "dist/x.webp")) == [
        "a.yaml:1:1: the result dist/X.webp of a would overwrite a file that manifests are read from"
    ]


def taking(address: str, source: str) -> Job:
    output = Output("png", save="dist/", position=Position(f"{address}.yaml", 1, 1))
    inputs = (Input("a", "from", source=source),)
    return Job(address, inputs=inputs, conversions=(Conversion("png", "png"),), outputs=(output,))


@pytest.mark.parametrize("first", [True, False])
def test_a_name_that_follows_the_result_of_another_job_is_claimed_wherever_that_job_stands(first: bool) -> None:
    jobs = [writing("up", "x"), taking("down", "up.webp"), taking("last", "down.png")]
    assert problems(*(jobs if first else jobs[::-1])) == [
        "last.yaml:1:1: last and down would both write dist/x.png; down is defined at down.yaml:1:1"
    ]


def test_a_name_that_follows_one_of_several_results_is_not_known() -> None:
    up = writing("up", "x")
    up = replace(up, outputs=(*up.outputs, Output("webp", filename="y", save="dist/")))
    assert problems(up, taking("down", "up.webp"), writing("other", "x"))[0].startswith("other.yaml")


USES = [
    ("dist/A.webp", "the result dist/a.webp of one is written there"),
    ("dist/a.webp/x.json", "the result dist/a.webp of one is written there"),
    ("Dist", "the result dist/a.webp of one is written there"),
    ("src/A.png", "that is an input of one"),
    ("base.yaml", "manifests are read from it"),
    ("dist/b.webp", ""),
]


@pytest.mark.parametrize(("path", "said"), USES)
def test_what_a_path_is_to_the_manifests_is_told_in_words(path: str, said: str) -> None:
    claims = Claims(lambda text, _: text.text)
    upload, webp = Input("a", "upload", path="src/a.png"), Conversion("c", "webp", "image")
    claims.add(Job("one", inputs=(upload,), conversions=(webp,), outputs=(Output("c", save="dist/", filename="a"),)))
    assert claims.checked(["base.yaml"]) == []
    assert claims.use_of(path) == said
