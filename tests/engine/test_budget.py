"""What one apply may spend by the budget of the project."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.engine.budget import Spender, check, true_cost
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.errors import ConversionFailed, IntegrityError, LimitRefused, SpecError
from tests.engine.projects import NOW, project_in

START = (Call("create_job", starts=True),)
TODAY = "2023-11-14"  # NOW


def starting(address: str = "a", conversions: int = 1) -> Change:
    return Change(address, "create", (), START, basis={"conversions": {str(n): {} for n in range(conversions)}})


def record(phase: Any = "done", spent: int = 0, job_id: str = "j", **more: Any) -> JobRecord:
    return JobRecord("a", "api", phase, job_id, spent=spent, **more)


@dataclass
class Books:
    """A store that knows one record."""

    now: JobRecord | None

    def get(self, _address: str) -> JobRecord | None:
        return self.now


def with_budget(root: Path, clock: float = NOW, **budget: int) -> Project:
    project = project_in(root)
    runtime = replace(project.runtime, clock=lambda: clock)
    return replace(project, file=replace(project.file, budget=budget), runtime=runtime)


def learn(project: Project, run: str, job: str, cost: int) -> None:
    """What a later process hears of a job."""
    spender = Spender(project, "api")
    spender.learned(run, job, cost)
    spender.close()


def pay(project: Project, now: JobRecord | None, change: Change | None = None, fails: bool = False) -> None:
    spender = Spender(project, "api")

    async def work() -> None:
        books: Any = Books(now)
        async with spender.paying(books, change or starting(), JobRecord("a", "api")):
            if fails:
                raise ConversionFailed("damaged")

    try:
        asyncio.run(work())
    finally:
        spender.close()


def today(project: Project) -> int:
    spender = Spender(project, "api")
    found = spender.spending.spent(spender._day())
    spender.close()
    return found


def test_what_is_spent_is_told_by_the_record_and_counts_for_the_day(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=5)
    pay(project, record(spent=3))
    assert today(project) == 3
    pay(project, record(spent=2))
    with pytest.raises(LimitRefused, match=r"5 credits of 5 spent or under way today \(UTC\), by budget.per_day"):
        pay(project, record(spent=1))
    assert today(project) == 5


def test_another_day_begins_at_midnight_utc(tmp_path: Path) -> None:
    midnight = NOW - NOW % 86_400 + 86_400
    pay(with_budget(tmp_path, midnight - 1, per_day=1), record(spent=1))
    with pytest.raises(LimitRefused):
        pay(with_budget(tmp_path, midnight - 1, per_day=1), record(spent=1))
    pay(with_budget(tmp_path, midnight, per_day=1), record(spent=1))


def test_a_run_costs_no_more_than_it_may(tmp_path: Path) -> None:
    spender = Spender(with_budget(tmp_path, per_run=3), "api")

    async def work() -> None:
        books: Any = Books(record(spent=2))
        async with spender.paying(books, starting(), JobRecord("a", "api")):
            pass
        async with spender.paying(books, starting("b"), JobRecord("b", "api")):
            pass
        with pytest.raises(LimitRefused, match=r"4 credits of 3 spent or under way, by budget\.per_run"):
            async with spender.paying(books, starting("c"), JobRecord("c", "api")):
                pass

    asyncio.run(work())
    spender.close()


def test_what_starts_nothing_costs_nothing_and_settles_what_an_earlier_run_started(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=9)
    pay(project, record("started"))
    assert today(project) == 1, "it may cost what was estimated"
    pay(project, record("done", spent=4), Change("a", "wait", ()))
    assert today(project) == 1, "it is heard of the service"
    learn(project, "a", "j", 4)
    assert today(project) == 4
    learn(project, "a", "j", 8)
    assert today(project) == 4, "it is settled once"


def test_what_a_detached_job_cost_is_found_by_its_id_whatever_its_address_is_called_then(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=9)
    pay(project, record("started", job_id="j1"))
    pay(project, record("started", job_id="j2"), starting("b"))
    learn(project, "b", "j1", 3)
    assert today(project) == 4, "3 and what was estimated for the job of b"
    learn(project, "renamed", "j2", 5)
    assert today(project) == 8


def test_what_a_job_cost_that_a_killed_process_started_is_found_by_its_address(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=9)
    pay(project, JobRecord("a", "api", intent=LOST))
    learn(project, "a", "adopted", 2)
    assert today(project) == 2


def test_what_is_spent_is_written_down_without_a_bound_too(tmp_path: Path) -> None:
    pay(with_budget(tmp_path), record(spent=3))
    assert today(with_budget(tmp_path)) == 3


def test_what_fails_counts_as_far_as_it_may_have_cost(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=9)
    with pytest.raises(ConversionFailed):
        pay(project, record("failed"), starting(conversions=2), fails=True)
    assert today(project) == 2
    with pytest.raises(ConversionFailed):
        pay(project, JobRecord("a", "api"), starting(conversions=2), fails=True)
    assert today(project) == 2, "nothing was started"


def test_a_create_that_was_looked_for_in_vain_was_not_paid_for(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=1)
    lost = JobRecord("a", "api", intent=LOST)
    pay(project, lost)
    assert today(project) == 1
    spender = Spender(project, "api")
    again, found = (PlannedChange(change, None, lost) for change in (starting(), Change("a", "adopt", ())))
    assert [spender.spent_today([one]) for one in (again, found)] == [0, 1]
    spender.looked_for(lost, JobRecord("a", "api"))
    spender.close()
    pay(project, record(spent=1))
    assert today(project) == 1


def test_a_record_that_cannot_be_kept_matters_only_where_there_is_a_budget(tmp_path: Path) -> None:
    (tmp_path / ".a2c").mkdir()
    (tmp_path / ".a2c/spending.db").write_text("no database")
    pay(with_budget(tmp_path), record(spent=1))
    with pytest.raises(IntegrityError, match="the record of what was spent"):
        pay(with_budget(tmp_path, per_run=5), record(spent=1))


def test_another_state_begins_no_new_day(tmp_path: Path) -> None:
    project = with_budget(tmp_path, per_day=3)
    old = replace(project, file=replace(project.file, state="data/project.db"))
    for number, state in enumerate(("", "d/x.db", "e/x.db")):
        one = replace(old, flags=replace(old.flags, state=state))
        pay(one, record(spent=1))
        assert today(one) == today(project) == number + 1
    for one in (project, old, replace(project, file=replace(project.file, env="staging"))):
        with pytest.raises(LimitRefused):
            pay(one, record(spent=1))


def test_where_the_folder_of_the_project_cannot_be_written_nothing_is_spent_by_a_budget(tmp_path: Path) -> None:
    (tmp_path / ".a2c").write_text("")
    project = with_budget(tmp_path, per_day=3)
    project = replace(project, file=replace(project.file, state="data/project.db"))
    with pytest.raises(SpecError, match="the record of what was spent"):
        pay(project, record(spent=1))


LOST = Intent(("create_job",), starts=True)
DRAFT = Intent(("create_job",))
COSTS = [
    (JobRecord("a", "api"), None, 0),
    (JobRecord("a", "api"), JobRecord("a", "api"), 0),
    (JobRecord("a", "api"), JobRecord("a", "api", intent=LOST), None),
    (JobRecord("a", "api"), JobRecord("a", "api", intent=DRAFT), 0),
    (JobRecord("a", "api"), record("building"), 0),
    (JobRecord("a", "api"), record("started"), None),
    (JobRecord("a", "api"), record("completed", 2), 2),
    (JobRecord("a", "api"), record("done", 0), None),
    (JobRecord("a", "api"), record("failed", 1), 1),
    (JobRecord("a", "api"), record("failed", 0), None),
    (record("building"), record("done", 2), 2),
    (record("done", 7), record("done", 7), 0),
    (record("done", 7), record("done", 3, "k"), 3),
    (record("done", 7), record("done", 7, intent=LOST), None),
]


@pytest.mark.parametrize(("before", "now", "cost"), COSTS)
def test_a_cost_is_known_once_nothing_else_can_come(before: JobRecord, now: JobRecord | None, cost: int | None) -> None:
    assert true_cost(before, now) == cost


def test_a_plan_beyond_the_budget_is_refused_before_anything_is_sent() -> None:
    check(Allowance(2, 2, 5))
    with pytest.raises(LimitRefused, match=r"costs about 3 credits, budget.per_run allows 2"):
        check(Allowance(3, 2, 5))
    with pytest.raises(LimitRefused, match=r"costs about 2 credits, budget.per_day leaves 1 of 5 today \(UTC\)"):
        check(Allowance(2, 2, 5, 4))
    with pytest.raises(LimitRefused) as refused:
        check(Allowance(9, 3, max_credits=2, max_replace=0, again=1))
    several = "the plan costs about 9 credits, budget.per_run allows 3, --max-credits allows 2"
    assert refused.value.message == f"{several}; 1 paid job would be run again, --max-replace allows 0"
