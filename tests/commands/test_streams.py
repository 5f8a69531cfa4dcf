"""Output that nobody reads, or that cannot be written, ends no work; and what is written can be read anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.commands._streams import LastingWriter
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings

BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: all
for_each: {glob: "src/*.png"}
template:
  inputs: [{id: i, path: "${{ each.path }}"}]
  conversions: [{id: c, category: archive, target: zip}]
  outputs: [{from: c, filename: "\u20ac-${{ each.stem }}", save: dist/}]
"""
COMMAND = [sys.executable, "-m", "a2c_spec"]


@pytest.fixture
def three(project: Path) -> Path:
    (project / "all.yaml").write_text(BATCH, encoding="utf-8")
    for name in ("one", "two", "three"):
        (project / "src" / f"{name}.png").write_bytes(name.encode())
    return project


def ran(*args: str, environ: Mapping[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, **(environ or {})}
    return subprocess.run([*COMMAND, *args], env=given, check=False, timeout=120, **more)


def results(folder: Path) -> int:
    return len(list((folder / "dist").glob("*.zip")))


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_an_apply_goes_on_when_nobody_reads_what_it_says(flags: list[str], three: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = ran("apply", "--local", *flags, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, b"rror" in done.stderr) == (0, False)
    assert results(three) == len(list((three / "src").glob("*.png")))


def test_an_apply_goes_on_without_any_output(three: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{' '.join(COMMAND)} apply --local >&- 2>&-"], check=False, timeout=120
    )  # as some schedulers start it
    assert done.returncode == 0
    assert results(three) >= 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_under_the_output_ends_with_an_error_once_the_work_is_done(three: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = ran("apply", "--local", stdout=full, stderr=subprocess.PIPE)
        assert (done.returncode, results(three) >= 3) == (1, True)
        assert done.stderr.endswith(b"error: the output cannot be written: the disk is full\n")
        assert ran("plan", "--local", stdout=full, stderr=full).returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_a_program_reads_is_utf_8_whatever_the_locale(encoding: str, three: Path) -> None:
    (three / "src/\u20ac.png").write_bytes(b"x")
    environ = {"PYTHONIOENCODING": encoding, "LC_ALL": "C.UTF-8"}
    shown = ran("plan", "--local", "--json", environ=environ, capture_output=True)
    assert "\u20ac-one" in json.dumps(json.loads(shown.stdout.decode()), ensure_ascii=False)
    assert 'all["\u20ac.png"]' in ran("plan", "--local", environ=environ, capture_output=True).stdout.decode()


def test_letters_that_the_locale_cannot_name_are_told_as_that(three: Path) -> None:
    assert three.is_dir()
    environ = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = ran("plan", "--local", environ=environ, capture_output=True)
    assert done.returncode == 1
    assert b"letters that the locale of this machine lacks; set LC_ALL=C.UTF-8" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_command_that_is_ended_says_that_nothing_is_lost(number: signal.Signals, three: Path) -> None:
    """SIGHUP is what a terminal sends that is closed."""
    assert three.is_dir()
    slow = Settings(data_dir=None, api_keys=("k",), progression=Progression("time", 60, 60))
    with Background(create_app(slow)) as server:
        environ = {**os.environ, "API2CONVERT_API_KEY": "k", "API2CONVERT_BASE_URL": server.url}
        with subprocess.Popen([*COMMAND, "apply"], env=environ, stderr=subprocess.PIPE) as command:
            assert command.stderr is not None
            while b"ready" not in command.stderr.readline():
                assert command.poll() is None
            command.send_signal(number)
            _, said = command.communicate(timeout=60)
    assert (command.returncode, b"the state is exact, nothing is lost" in said) == (130, True)


def test_a_writer_that_fails_once_writes_to_nowhere_and_remembers_why() -> None:
    reader, number = os.pipe()
    os.close(reader)
    with LastingWriter(open(number, "wb", buffering=0)) as writer:  # noqa: PTH123 - closed by the writer
        assert writer.write(b"x" * 100_000) == 100_000
        writer.flush()
        assert writer.write(b"more") == 4
        writer.flush()
        assert isinstance(writer.lost, BrokenPipeError)
