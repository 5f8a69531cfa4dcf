"""Commands of secrets: what they say, and how they are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from a2c_spec.core.desired import Secret
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.secret_command import TooLong, run_command
from a2c_spec.manifests.secrets import resolve

MOST = 100


def test_what_a_command_says_is_had() -> None:
    assert run_command(["printf", "a\nb"], os.environ, most=MOST) == b"a\nb"
    assert run_command(["sh", "-c", "cat; echo $X >&2; echo $X"], {**os.environ, "X": "y"}, most=MOST) == b"y\n"


def test_a_command_that_fails_has_failed() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run_command(["false"], os.environ, most=MOST)
    with pytest.raises(FileNotFoundError):
        run_command(["no-such-command-here"], os.environ, most=MOST)


ENDLESS = {
    "silent": ("sleep 300", "takes more than 1 seconds"),
    "speaking": ("yes", "says more than 100 bytes"),
    "with a process below it": ("sleep 300 & sleep 300", "takes more than 1 seconds"),
    "which leaves one behind": ("sleep 300 & echo x", "takes more than 1 seconds"),
    "which closes its output": ("exec >&-; sleep 300", "takes more than 1 seconds"),
    "which does not want to end": ("trap '' TERM INT; while :; do sleep 1; done", "takes more than 1 seconds"),
}


@pytest.mark.parametrize(("script", "said"), ENDLESS.values(), ids=ENDLESS.keys())
def test_a_command_without_an_end_is_ended_with_all_that_it_started(script: str, said: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TooLong, match=said):
        run_command(["sh", "-c", f"echo $$ > {tmp_path}/pid; {script}"], os.environ, most=MOST, seconds=1)
    assert time.monotonic() - started < 10
    group = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    zombies = subprocess.run(["ps", "-o", "stat=", "-g", str(group)], check=False, capture_output=True, text=True)
    assert all(line.startswith("Z") for line in zombies.stdout.split())


def test_a_process_that_went_elsewhere_with_the_output_is_not_waited_for() -> None:
    script = "import os, time\nif os.fork() == 0:\n os.setsid()\n time.sleep(4)\n"
    started = time.monotonic()
    with pytest.raises(TooLong):
        run_command([sys.executable, "-c", script], os.environ, most=MOST, seconds=1)
    assert time.monotonic() - started < 3


def test_what_stops_us_stops_the_command() -> None:
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_command(["sleep", "30"], os.environ, most=MOST, seconds=20)
    assert time.monotonic() - started < 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_secret_names_its_command_and_nothing_that_it_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as error:
        resolve(Secret("cmd:yes geheim"), environ=os.environ, root=tmp_path, allow_cmd=[("yes",)])
    assert error.value.message == "the secret cmd:yes geheim cannot be read: it says more than 65538 bytes"
