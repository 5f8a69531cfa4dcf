"""Commands that a hint names, followed literally, work on what the command worked on that named them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest

from a2c_spec.cli import cli
from a2c_spec.commands._named_commands import begin, completed, remember
from a2c_spec.engine.flags import Flags
from a2c_spec.local_api.server import Background
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: a.txt}}]
conversions: [{{id: c, category: hash, target: md5}}]
outputs: [{{from: c, filename: {name}, save: dist/}}]
"""
GIVEN = {name: f"--{name}" for name in ("env", "chdir", "state", "local", "timeout")}
EVERY = Flags(env="st", chdir="sub dir", state="s.db", local=True, timeout=1, given=GIVEN)
HOSTS = Flags(allow_host=("a", "b"), given={"allow_host": "--allow-host"})
QUOTED = Flags(chdir='a "b"', given={"chdir": "-C"})
WITH = "--chdir 'sub dir' --env st --local --state s.db"


@pytest.mark.parametrize(
    ("flags", "text", "told"),
    [
        (EVERY, "so: `a2c-spec wait` does", f"so: `a2c-spec wait {WITH}` does"),
        (EVERY, "`a2c-spec state rm a`; `a2c-spec plan x`", f"`a2c-spec state rm a {WITH}`; `a2c-spec plan x {WITH}`"),
        (EVERY, *["`a2c-spec version`, `a2c-spec --help`, `a2c-spec nothing`"] * 2),
        (EVERY, "`a2c-spec apply --env st -C x`", "`a2c-spec apply --env st -C x --local --state s.db`"),
        (EVERY, "a2c-spec wait, and `a2c-spec it's`", "a2c-spec wait, and `a2c-spec it's`"),
        (HOSTS, "`a2c-spec plan`", "`a2c-spec plan --allow-host a --allow-host b`"),
        (replace(EVERY, given={"env": "A2C_SPEC_ENV", "state": "a2c.yaml:3"}), "`a2c-spec wait`", "`a2c-spec wait`"),
        (QUOTED, '{"hint": "`a2c-spec wait`"}', json.dumps({"hint": "`a2c-spec wait --chdir 'a \"b\"'`"})),
        (Flags(), "`a2c-spec wait`", "`a2c-spec wait`"),
    ],
)  # fmt: skip
def test_a_named_command_has_the_flags_that_it_takes(flags: Flags, text: str, told: str) -> None:
    with click.Context(cli):
        remember(flags)
    assert completed(text) == told
    assert completed(told) == told, "once"
    begin()
    assert completed(text) == text


@pytest.fixture
def elsewhere(project: Path, server: Background, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project below the current folder, which has an environment."""
    below = project / "sub dir"
    below.mkdir()
    (below / "a2c.yaml").write_text("environments: {st: {}}\n")
    (below / "a.txt").write_text("a")
    (below / "one.yaml").write_text(JOB.format(name="one"))
    monkeypatch.chdir(project)
    assert server
    return below


@pytest.mark.parametrize("flags", [[], ["--env", "st"], ["--state", "s.db"], ["--local"]])
def test_a_hint_that_is_followed_goes_on_with_the_same(elsewhere: Path, a2c: Command, flags: list[str]) -> None:
    args = ["-C", "sub dir", *flags]
    saved = a2c("plan", *args, "-o", "x.a2cplan.json")
    (command,) = re.findall(r"`a2c-spec (apply [^`]*)`", saved.err + saved.out)
    done = a2c(*shlex.split(command))
    assert (done.code, (elsewhere / "dist" / "one.md5").is_file()) == (0, True), done.err
    for as_json in (False, True):
        told = a2c("state", "show", "on", *args, *(["--json"] if as_json else []))
        hint = json.loads(told.out)["hint"] if as_json else told.err
        named = re.findall(r"`a2c-spec ([^`]*)`", hint)
        listed = [a2c(*shlex.split(one)).out for one in named]
        assert all("one" in one for one in listed), (hint, listed)
    (elsewhere / "dist" / "one.md5").unlink()
    verified = a2c("verify", *args)
    (command,) = re.findall(r"`a2c-spec (apply[^`]*)`", verified.err + verified.out)
    done = a2c(*shlex.split(command))
    assert (done.code, (elsewhere / "dist" / "one.md5").is_file()) == (0, True), done.err
