"""What is alike only once its inputs are here is paid for once, whether it is waited for, left running, or fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_spec.api.fetch_result import ResultFetcher
from a2c_spec.errors import ResultLocked
from tests.commands.conftest import Somebody, spent, wait_for
from tests.conftest import Command

MAKER = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: scan.txt}}]
conversions: [{{id: k, category: hash, target: md5, metadata: {{who: {name}}}}}]
outputs: [{{from: k, save: "dist/{name}/"}}]
"""
TAKER = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, from: {maker}.k}}]
conversions: [{conversions}]
outputs: [{outputs}]
"""


def _write(project: Path, makers: str, **takers: str) -> None:
    """``takers``: the name of a job, which takes a result of the maker that its name ends with -> its conversions."""
    (project / "scan.txt").write_text("scan")
    for maker in makers:
        (project / f"{maker}.yaml").write_text(MAKER.format(name=maker))
    for name, each in takers.items():
        conversions = ", ".join(f"{{id: {one}, category: hash, target: sha1}}" for one in each)
        outputs = ", ".join(f'{{from: {one}, save: "dist/{name}/{one}/"}}' for one in each)
        text = TAKER.format(name=name, maker=name[-1], conversions=conversions, outputs=outputs)
        (project / f"{name}.yaml").write_text(text)


CASES: dict[str, tuple[str, dict[str, str]]] = {
    "one job": ("h", {"dh": "xy"}),
    "many in two jobs": ("h", {"dh": "uvwxyz", "eh": "uvwxyz"}),
    "equal bytes of two makers": ("hg", {"dh": "x", "eg": "x"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ["--detach", "--detach --parallelism=1", "", "fails"])
def test_what_is_made_of_a_result_that_this_apply_fetches_is_paid_once(
    project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch, case: str, way: str
) -> None:
    makers, takers = CASES[case]
    _write(project, makers, **takers)
    assert a2c("apply", "-q", "--detach").code == 0
    _ended(somebody)
    if way == "fails":
        with monkeypatch.context() as patch:
            patch.setattr(ResultFetcher, "fetch", _not_of_takers)
            assert a2c("apply", "-q").code == 9
    else:
        assert a2c("apply", *way.split()).code == 0
    _ended(somebody)
    assert spent(somebody) == len(makers) + 1
    assert a2c("apply", "-q").code == 0
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert spent(somebody) == len(makers) + 1
    files = [one for one in (project / "dist").rglob("*") if one.is_file()]
    assert len(files) == len(makers) + sum(map(len, takers.values()))


@pytest.mark.parametrize("way", ["", "--parallelism=1"])
def test_of_a_job_only_that_is_made_which_no_other_one_makes(
    project: Path, a2c: Command, somebody: Somebody, way: str
) -> None:
    """The bytes of two makers turn out to be equal, while one taker of them runs, and another one makes more."""
    _write(project, "hg", dh="x", eg="xz")
    text = (project / "eg.yaml").read_text()
    (project / "eg.yaml").write_text(
        text.replace("id: z, category: hash, target: sha1", "id: z, category: hash, target: md5")
    )
    done = a2c("apply", "-q", *way.split())
    assert done.code == 0, done
    assert spent(somebody) == 4
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_limit_that_the_plan_keeps_is_kept(project: Path, a2c: Command, somebody: Somebody) -> None:
    _write(project, "h", dh="xy")
    assert a2c("apply", "-q", "--detach").code == 0
    _ended(somebody)
    done = a2c("apply", "--detach", "--max-credits", "1")
    assert done.code == 0
    assert "dh: left to the next apply: another conversion of it makes the same, and is not waited for" in done.out


def _ended(somebody: Somebody) -> None:
    for row in somebody("GET", "/jobs"):
        wait_for(somebody, row["id"], "completed")


_fetch = ResultFetcher.fetch


async def _not_of_takers(self: ResultFetcher, job: Any, record: Any, *more: Any) -> Any:
    if record.address.startswith(("d", "e")):
        raise ResultLocked("no")
    return await _fetch(self, job, record, *more)
