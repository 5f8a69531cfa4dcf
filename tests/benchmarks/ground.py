"""What benchmarks stand on: projects of any size, the stub service as a process, and commands run and measured."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"

BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: b
for_each: {glob: {pattern: "src/*.txt"}}
key: ${{ each.stem }}
template:
  inputs: [{id: src, path: "${{ each.path }}"}]
  conversions: [{id: out, category: image, target: webp, options: {width: 640, quality: 80}}]
  outputs: [{from: out, filename: "${{ each.stem }}", save: dist/}]
"""

ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: job-%d
labels: {team: finance}
inputs:
  - {id: src, path: ../src/%05d.txt}
conversions:
  - id: out
    category: image
    target: webp
    options: {width: 640, quality: 80}
outputs:
  - {from: out, filename: "out-%d", save: ../dist/}
"""


@dataclass(frozen=True)
class Ran:
    """A process that ended: seconds on the wall and of the processor, its greatest memory in bytes, its output."""

    wall: float
    cpu: float
    memory: int
    out: str


def batch(folder: Path, count: int) -> Path:
    """A project of one Batch over ``count`` small files."""
    _sources(folder, count)
    (folder / "batch.yaml").write_text(BATCH)
    return folder


def manifests(folder: Path, count: int) -> Path:
    """A project of ``count`` manifests, one job each."""
    _sources(folder, count)
    (folder / "m").mkdir()
    for number in range(count):
        (folder / f"m/{number:05}.yaml").write_text(ONE % (number, number, number))
    return folder


def _sources(folder: Path, count: int) -> None:
    (folder / "src").mkdir(parents=True)
    (folder / "a2c.yaml").write_text("")
    for number in range(count):
        (folder / f"src/{number:05}.txt").write_text(f"file {number}\n")


@contextmanager
def stub(latency: float, convert: float) -> Iterator[str]:
    """The stub service, by its origin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.benchmarks.stub", str(port), str(latency), str(convert)]
    process = subprocess.Popen(command, cwd=ROOT)
    origin = f"http://127.0.0.1:{port}"
    try:
        _until_it_answers(origin)
        yield origin
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(origin: str) -> None:
    for _ in range(200):
        try:
            counts(origin)
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(origin)


def counts(origin: str) -> Mapping[str, int]:
    """What the stub was asked for so far."""
    with urllib.request.urlopen(f"{origin}/counts", timeout=10) as answer:
        found: dict[str, int] = json.loads(answer.read())
    return found


def measured(command: Sequence[str], folder: Path, origin: str = "") -> Ran:
    """Runs a command to its end; it must succeed."""
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / ".data"), "XDG_CONFIG_HOME": str(folder / ".config")}
    environment |= {"API2CONVERT_API_KEY": KEY, "API2CONVERT_BASE_URL": f"{origin}/v2"} if origin else {}
    with (folder / ".said").open("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        out = said.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}:\n{out[-2000:]}")
    return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out)


def a2c(*args: str) -> list[str]:
    return [sys.executable, "-m", "a2c_spec", *args]
