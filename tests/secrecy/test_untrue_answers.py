"""Answers that mean harm: nothing of them is kept or shown that may not be, and nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command
from tests.secrecy.hunt import artefacts, betrayed
from tests.secrecy.lying import Lie, Lying

KEY = "feedfacecafebeef0123456789abcdef"
RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: pack
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: cover, save: dist/}]
"""


@contextmanager
def lying(monkeypatch: pytest.MonkeyPatch, lie: Lie) -> Iterator[Lying]:
    service = Lying(Settings(api_keys=(KEY,)), lie)
    with Background(service) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
        yield service


@pytest.fixture
def pack(project: Path) -> Path:
    (project / "pack.yaml").write_text(RECIPE)
    return project


def told_by(a2c: Command, project: Path) -> dict[str, bytes]:
    """All that the commands say, and leave, of a job at such a service."""
    said = {}
    for args in (
        ("apply", "pack.yaml", "-y", "-v", "--timeout", "600"),
        ("plan", "pack.yaml", "--json"),
        ("apply", "pack.yaml", "-y", "--timeout", "600"),
        ("status",),
        ("status", "--json"),
        ("state", "show", "pack", "--json"),
        ("drift", "--json"),
        ("destroy", "pack", "-y"),
    ):
        ran = a2c(*args)
        assert "internal error" not in ran.err, ran.err
        said[" ".join(args)] = f"{ran.out}\n{ran.err}".encode()
        said |= {f"{args}: {name}": data for name, data in artefacts(project, set()).items()}
    return said


def in_parts(kind: str, key: str) -> Callable[[str], Lie]:
    def with_value(value: str) -> Lie:
        def lie(job: dict[str, Any]) -> None:
            for part in job[kind]:
                part[key] = value

        return lie

    return with_value


def as_id(value: str) -> Lie:
    def lie(job: dict[str, Any]) -> None:
        job["id"] = value

    return lie


PLACES = {
    "job": as_id,
    "input": in_parts("input", "id"),
    "conversion": in_parts("conversion", "id"),
    "output": in_parts("output", "id"),
    "checksum of an output": in_parts("output", "checksum"),
    "checksum of an input": in_parts("input", "checksum"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_key_in_the_place_of_an_id_is_neither_kept_nor_shown(
    place: str, pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the conversion paid for twice."""
    with lying(monkeypatch, PLACES[place](KEY if "checksum" in place else f"id-{KEY}")) as service:
        said = told_by(a2c, pack)
        assert sum(job.spent for job in service.service.store.all_jobs(limit=99, offset=0)) <= 1
    assert betrayed({"key": KEY}, said) == []
    assert b"holds a secret" in said["apply pack.yaml -y -v --timeout 600"]


def with_uri(uri: str) -> Lie:
    def lie(job: dict[str, Any]) -> None:
        for part in job["output"]:
            part["uri"] = uri
            part.pop("filename")

    return lie


def test_a_key_in_a_link_names_no_file(pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(monkeypatch, with_uri(f"http://127.0.0.1:9/{KEY}")):
        assert betrayed({"key": KEY}, told_by(a2c, pack)) == []


def test_a_password_in_a_link_opens_it_and_is_not_shown(
    pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(job: dict[str, Any]) -> None:
        for part in job["output"]:
            part["uri"] = part["uri"].replace("http://", "http://robot:swordfish99@")

    with lying(monkeypatch, lie):
        ran = a2c("apply", "pack.yaml", "-y")
        assert (ran.code, (pack / "dist" / "cover.webp").exists()) == (0, True), ran.err
        assert betrayed({"password": "swordfish99"}, told_by(a2c, pack)) == []


LONG = "long " * 50_000
WHERE: dict[str, Callable[[dict[str, Any]], object]] = {
    "warnings": lambda job: job.update(warnings=[{"message": LONG, "code": LONG, "source": LONG}]),
    "info": lambda job: job["status"].update(info=LONG),
    "failed": lambda job: job.update(status={"code": "failed", "info": LONG}, errors=[{"message": LONG}] * 9),
    "status": lambda job: job["status"].update(code=LONG),
    "name": lambda job: [one.update(filename=f"{LONG}.webp") for one in job["output"]],
    "conversion": lambda job: [one.update(target=LONG, category=LONG) for one in job["conversion"]],
}


@pytest.mark.parametrize("where", WHERE)
def test_a_text_of_any_length_is_shown_and_kept_cut(
    where: str, pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(job: dict[str, Any]) -> None:
        WHERE[where](job)

    with lying(monkeypatch, lie):
        said = told_by(a2c, pack)
        said["history"] = a2c("history", "pack", "--json").out.encode()
    assert {name: len(text) for name, text in said.items() if len(text) > 200_000} == {}


def test_a_refusal_of_any_length_is_shown_cut(pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(monkeypatch, lambda _job: None) as service:
        service.refusing, service.heard = True, [LONG[:100_000]]
        ran = a2c("apply", "pack.yaml", "-y")
        assert (ran.code, "more characters)" in ran.err, len(ran.err) < 20_000) == (5, True, True)
        assert len(a2c("apply", "pack.yaml", "-y", "--json").out) < 20_000


OTHER = RECIPE.replace("name: pack", "name: other").replace("64", "65").replace("filename: cover", "filename: other")
COSTS: tuple[Any, ...] = (-5, 0, None, "-9", 10**30, -(10**30), 2**64 - 1, 1e308, -1e308, [], "x", False)


@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_whatever_a_job_is_said_to_cost_a_budget_holds(
    cost: Any, pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first job takes all that the day may cost, whatever the service says."""
    (pack / "a2c.yaml").write_text("budget: {per_day: 1}\n")
    (pack / "other.yaml").write_text(OTHER)

    def lie(job: dict[str, Any]) -> None:
        job["spent"] = cost

    with lying(monkeypatch, lie) as service:
        first, second = a2c("apply", "pack.yaml", "-y"), a2c("apply", "other.yaml", "-y", "--json")
        assert (first.code, second.code) == (0, 11), first.err + second.err
        assert len(service.service.store.all_jobs(limit=9, offset=0)) == 1
    assert "internal error" not in a2c("status").err + first.err + second.err


@pytest.mark.parametrize("cost", COSTS, ids=repr)
def test_so_does_the_limit_of_one_apply(cost: Any, pack: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def lie(job: dict[str, Any]) -> None:
        job["spent"] = cost

    (pack / "other.yaml").write_text(OTHER)
    with lying(monkeypatch, lie) as service:
        assert a2c("apply", "pack.yaml", "other.yaml", "-y", "--max-credits", "1").code == 11
        assert len(service.service.store.all_jobs(limit=9, offset=0)) <= 1
