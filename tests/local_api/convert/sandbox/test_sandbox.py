"""Worker processes: what they cannot do, and that a worker that fails does not affect others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.convert.contract import ConversionError
from a2c_spec.local_api.convert.sandbox import confine, landlock, pool
from a2c_spec.local_api.convert.sandbox.task import MIB, Limits, Task

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
MISBEHAVING = "tests.local_api.convert.sandbox.misbehaving:"


def run(function: str, workdir: Path, limits: Limits | None = None, **payload: Any) -> Any:
    return pool.run(Task(MISBEHAVING + function, payload, workdir, limits=limits or Limits(seconds=10)))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(alive(pid) for pid in pids)


def test_a_task_returns_its_value(tmp_path: Path) -> None:
    assert run("greet", tmp_path, name="you") == "hello you"


def test_a_task_over_the_time_limit_is_killed_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"longer than 0\.5 seconds"):
        run("sleep", tmp_path, Limits(seconds=0.5))
    wait_until_gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


def test_a_task_over_the_memory_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="more memory"):
        run("eat_memory", tmp_path, Limits(seconds=10, memory=1024 * MIB))


def test_a_task_over_the_file_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="larger than one job may write"):
        run("fill_the_disk", tmp_path, Limits(seconds=10, output=2 * MIB))
    assert (tmp_path / "large").stat().st_size <= 2 * MIB


def test_a_crash_is_reported_and_the_next_task_is_served(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="SIGSEGV"):
        run("crash", tmp_path)
    with pytest.raises(ConversionError, match="without an answer"):
        run("exit_early", tmp_path)
    assert run("greet", tmp_path, name="again") == "hello again"


def test_printed_text_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    assert run("print_a_lot", tmp_path) == "true"


@pytest.mark.skipif(landlock.version() < 1, reason="this kernel has no Landlock")
def test_files_outside_the_job_cannot_be_read_or_written(tmp_path: Path) -> None:
    job, other = tmp_path / "job", tmp_path / "other"
    job.mkdir()
    other.mkdir()
    (other / "secret").write_text("secret")
    for path in ("/etc/passwd", str(other / "secret"), f"/proc/{os.getpid()}/environ"):
        with pytest.raises(ConversionError, match="PermissionError"):
            run("read", job, path=path)
    with pytest.raises(ConversionError, match="PermissionError"):
        run("write", job, path=str(other / "note"))
    run("write", job, path="note")
    assert run("read", job, path="note") == "here I am"


@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock does not know signals")
def test_other_processes_cannot_be_signalled(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="PermissionError"):
        run("send_signal", tmp_path, pid=os.getpid())


def test_there_is_no_network(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not let users make network namespaces")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(ConversionError, match=r"OSError|Connection|Permission"),
    ):
        run("connect", tmp_path, port=server.getsockname()[1])
    assert run("interfaces", tmp_path) == ["lo"]


def test_a_worker_does_not_get_the_environment_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API2CONVERT_API_KEY", "secret")
    pool.close()
    assert set(run("environment", tmp_path)) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "HOME", "TMPDIR"}


def test_many_threads_share_the_workers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: run("greet", tmp_path, name=str(n)), range(40)))
    assert answers == [f"hello {n}" for n in range(40)]


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "from tests.local_api.convert.sandbox.test_sandbox import run\n"
        "from pathlib import Path\n"
        f"run('sleep', Path({str(tmp_path)!r}))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[4])
    deadline = time.monotonic() + 10
    while not (tmp_path / "pids").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    time.sleep(0.05)
    wait_until_gone([int(pid) for pid in (tmp_path / "pids").read_text().split()])


def test_an_idle_worker_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "from tests.local_api.convert.sandbox.test_sandbox import pool, run\n"
        "from pathlib import Path\n"
        f"run('greet', Path({str(tmp_path)!r}), name='x')\n"
        "print(pool._idle[0].process.pid, flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    root = Path(__file__).parents[4]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.kill()
    wait_until_gone([worker])


@pytest.mark.parametrize(
    ("landlock_version", "network", "said"),
    [
        (1, True, ""),
        (0, True, "no Landlock, so a converter that a hostile input takes over can read and write the files"),
        (-1, False, "no Landlock and user namespaces, so a converter that a hostile input takes over can read and"),
        (7, False, "no user namespaces, so a converter that a hostile input takes over can use the network"),
    ],
)
def test_what_a_system_lacks_is_said(
    landlock_version: int, network: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: landlock_version)
    monkeypatch.setattr(confine, "_can_drop_network", lambda: network)
    assert said in confine.missing()
    assert bool(said) == bool(confine.missing())


def test_the_network_is_gone_where_that_is_said(tmp_path: Path) -> None:
    if not confine._can_drop_network():
        pytest.skip("no user namespaces here")
    assert run("interfaces", tmp_path) == ["lo"]
