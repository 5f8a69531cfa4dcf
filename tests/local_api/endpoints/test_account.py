"""Presets, contracts, statistics."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.local_api.settings import Unknowns
from tests.local_api.harness import Api, Start

PRESET: dict[str, Any] = {"name": "my preset", "target": "upper", "options": {"color": "blue", "width": 7}}


def test_a_preset_is_kept_changed_and_removed(api_with: Start) -> None:
    api = api_with()
    made = api("POST", "/presets", json=PRESET)
    assert made.status_code == 201
    preset = made.json()
    assert preset == {**PRESET, "id": preset["id"], "category": "document", "scope": "private"}
    path = f"/presets/{preset['id']}"
    assert api.ok("GET", path) == preset
    changed = api.ok("PATCH", path, json={"name": "renamed", "options": {"width": 8}})
    assert (changed["name"], changed["options"], changed["target"]) == ("renamed", {"width": 8}, "upper")
    assert api("GET", path, key="stranger").status_code == 404
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


def test_presets_are_filtered_and_public_ones_hide_their_options(api_with: Start) -> None:
    api = api_with()
    api.ok("POST", "/presets", json={**PRESET, "name": "For the web"})
    api.ok("POST", "/presets", json={**PRESET, "name": "For print", "target": "joined", "scope": "public"})
    assert len(api.ok("GET", "/presets")) == 2
    (public,) = api.ok("GET", "/presets", key=None)
    assert public["name"] == "For print"
    assert "options" not in public
    for query, count in (("filter=web,nothing", 1), ("filter=for", 2), ("target=joined", 1), ("category=audio", 0)):
        assert len(api.ok("GET", f"/presets?{query}")) == count, query


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x"}, {**PRESET, "target": "nope"}, {**PRESET, "options": {"width": 0}}, {**PRESET, "scope": "all"}],
)
def test_a_preset_has_to_fit_the_catalog(api: Api, body: Any) -> None:
    assert api("POST", "/presets", json=body).status_code == 400


def test_options_of_a_conversion_override_those_of_its_preset(api: Api) -> None:
    preset = api.ok("POST", "/presets", json=PRESET)
    job = api.job(conversion=[{"target": "upper", "options": {"preset": preset["id"], "width": 9}}])
    options = job["conversion"][0]["options"]
    assert (options["preset"], options["color"], options["width"]) == (preset["id"], "blue", 9)


def test_statistics_are_strings_by_hour_day_and_month_and_empty_when_nothing_happened(api_with: Start) -> None:
    api = api_with(clock=lambda: 1_542_245_000.0)  # 2018-11-15 01:23:20
    api.run("hello")
    api.run("BROKEN")
    (row,) = api.ok("GET", "/stats/day/2018-11-15/single")
    assert row == {
        "created_at": "2018-11-15 01:00:00",
        "input_traffic": "11",
        "output_traffic": "5",
        "job_counter": "2",
        "conversion_minutes": "0",
        "completed_jobs": "1",
        "failed_jobs": "1",
    }
    assert api.ok("GET", "/stats/month/2018-11/all")[0]["created_at"] == "2018-11-15 00:00:00"
    assert api.ok("GET", "/stats/year/2018/all")[0]["created_at"] == "2018-11-01 00:00:00"
    empty = api("GET", "/stats/month/2018-12/all")
    assert (empty.status_code, empty.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["day/2018-13-01/all", "day/today/all", "month/2018/all", "year/20189/all", "day/2018-11-15/x"]
)
def test_an_invalid_period_is_400(api: Api, path: str) -> None:
    assert api("GET", f"/stats/{path}").status_code == 400


@pytest.mark.parametrize("path", ["/contracts", "/stats/year/2018/all", "/jobs"])
def test_what_belongs_to_an_account_needs_a_key(api: Api, path: str) -> None:
    assert api("GET", path, key=None).status_code == 401


def test_contracts_come_in_the_shape_of_the_settings(api_with: Start) -> None:
    shapes = {"object": dict, "array": list}
    for shape, kind in shapes.items():
        api = api_with(unknowns=Unknowns(contracts=shape))  # type: ignore[arg-type] # one of its values
        assert isinstance(api.ok("GET", "/contracts"), kind)
    assert api_with(unknowns=Unknowns(contracts="none"))("GET", "/contracts").status_code == 204
