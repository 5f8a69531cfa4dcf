"""The usual runtime is the real world, and every part of it can be replaced."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
import uuid
from pathlib import Path

import pytest

from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime, absolute_folder, user_home
from a2c_spec.engine.user_config import config_folder


def test_the_usual_clocks_are_those_of_the_machine() -> None:
    before = time.time(), time.monotonic()
    now = DEFAULT_RUNTIME.clock(), DEFAULT_RUNTIME.monotonic()
    after = time.time(), time.monotonic()
    assert before[0] <= now[0] <= after[0]
    assert before[1] <= now[1] <= after[1]


def test_chance_lies_between_0_and_1_and_ids_are_never_the_same() -> None:
    chances = [DEFAULT_RUNTIME.jitter() for _ in range(50)]
    assert all(0 <= chance <= 1 for chance in chances)
    assert len(set(chances)) > 1
    keys = {DEFAULT_RUNTIME.new_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(str(uuid.UUID(key)) == key for key in keys)


def test_the_environment_is_read_when_it_is_asked_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2C_SPEC_TEST_OF_RUNTIME", "late")
    assert DEFAULT_RUNTIME.environ["A2C_SPEC_TEST_OF_RUNTIME"] == "late"
    assert Runtime().environ is os.environ


def test_what_is_replaced_is_all_that_is_used() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    moments: list[str] = []
    runtime = Runtime(lambda: 1.0, lambda: 2.0, sleep, lambda: 0.5, lambda: "key", {"A": "b"}, moments.append)
    asyncio.run(_sleep(runtime))
    runtime.probe("recorded done#1")
    assert (runtime.clock(), runtime.monotonic(), runtime.jitter(), runtime.new_key()) == (1.0, 2.0, 0.5, "key")
    assert (slept, moments, runtime.environ) == ([3600.0], ["recorded done#1"], {"A": "b"})


async def _sleep(runtime: Runtime) -> None:
    await runtime.sleep(3600.0)


def test_a_runtime_cannot_be_changed_under_way() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_RUNTIME.clock = lambda: 0.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("home", "found"),
    [("/home/me", Path("/home/me")), ("rel", None), (".", None)],
    ids=["absolute", "relative", "here"],
)
def test_a_relative_home_is_none_for_it_would_be_another_folder_from_each_place(home: str, found: Path | None) -> None:
    assert user_home({"HOME": home}) == found
    assert absolute_folder({"XDG_DATA_HOME": home}, "XDG_DATA_HOME") == found
    assert config_folder({"XDG_CONFIG_HOME": home, "HOME": "/home/me"}) == (found or Path("/home/me/.config"))


def test_without_a_word_the_home_is_that_of_the_machine() -> None:
    assert user_home({}) == user_home({"HOME": ""}) == Path.home()
    assert absolute_folder({}, "XDG_DATA_HOME") is None
