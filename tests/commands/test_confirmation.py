"""What a person is asked at a terminal (a pseudo terminal, where the answers are typed), and what each answer does."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Limits, Settings
from tests.commands.conftest import PNG, Somebody
from tests.conftest import Command

PATIENCE = 60.0
INTERRUPT, END = "\x03", "\x04"
QUESTION = "[y/N]: "
AGAIN = "one would be run again (about 1 credit), and dist/cover.webp replaced, although already paid for. Go on?"


@dataclass(frozen=True)
class Seen:
    """How a command at a terminal ended: its exit code, and all that was shown there."""

    code: int
    screen: str

    @property
    def asked(self) -> int:
        return self.screen.count(QUESTION)


def nothing() -> None:
    """Nothing happens meanwhile."""


def typed(
    folder: Path,
    answer: str | signal.Signals,
    *args: str,
    meanwhile: Callable[[], object] = nothing,
    out: Path | None = None,
) -> Seen:
    """Runs a command at a terminal and types the answer to its question, or sends a signal, ``meanwhile`` before.
    ``out``: standard output goes to this file."""
    main, terminal = pty.openpty()
    target = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if out else os.dup(terminal)
    environ = {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "a2c_spec", *args], cwd=folder, env=environ, stdin=terminal, stderr=terminal,
        stdout=target, start_new_session=True, preexec_fn=_with_its_terminal,
    )  # fmt: skip
    os.close(terminal)
    os.close(target)
    screen, answered, end = b"", False, time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end and (part := _read(main, process)) is not None:
            screen += part
            if QUESTION.encode() in screen and not answered:
                answered = True
                meanwhile()
                process.send_signal(answer) if isinstance(answer, signal.Signals) else os.write(main, answer.encode())
        return Seen(process.wait(PATIENCE), screen.decode().replace("\r\n", "\n"))
    finally:
        if process.poll() is None:
            process.kill()
        os.close(main)


def _read(terminal: int, process: subprocess.Popen[bytes]) -> bytes | None:
    """What is shown next, for a moment; None at the end."""
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if not ready:
        return b"" if process.poll() is None else None
    try:
        return os.read(terminal, 65536) or None
    except OSError:
        return None


def _with_its_terminal() -> None:
    """The terminal becomes that of the session, so that Ctrl-C is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def service_settings() -> Settings:
    return Settings(limits=Limits(credits=471))


def again(two: Path, a2c: Command, *args: str) -> None:
    """What was applied is edited, so that it would be paid for again."""
    assert a2c("apply", "two.yaml", "--target", "one", *args).code == 0
    (two / "two.yaml").write_text(PNG.replace("width: 64", "width: 65", 1))


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("n\n", 11, "not confirmed; nothing was sent"),
        ("\n", 11, "not confirmed; nothing was sent"),
        (END, 11, "not confirmed; nothing was sent"),
        ("what?\nno\n", 11, "not confirmed; nothing was sent"),
        (INTERRUPT, 130, "interrupted at the question; nothing was sent"),
        (signal.SIGTERM, 130, "interrupted at the question; nothing was sent"),
        (signal.SIGHUP, 130, "interrupted at the question; nothing was sent"),
        ("y\n", 0, "1 credit spent"),
        ("YES\n", 0, "1 credit spent"),
    ],
    ids=["n", "enter", "end of input", "nonsense", "ctrl-c", "SIGTERM", "SIGHUP", "y", "YES"],
)
def test_only_yes_goes_on_and_every_other_answer_leaves_all_as_it_was(
    answer: str | signal.Signals, code: int, said: str, two: Path, a2c: Command, somebody: Somebody
) -> None:
    again(two, a2c)
    file, jobs = (two / "dist/cover.webp").read_bytes(), somebody("GET", "/jobs")
    seen = typed(two, answer, "apply", "two.yaml", "--target", "one")
    assert (seen.code, AGAIN in seen.screen, said in seen.screen) == (code, True, True), seen.screen
    assert "about 1 credit of 470, paid before" in seen.screen, "the plan is above the question"
    assert (len(somebody("GET", "/jobs")) > len(jobs)) is (code == 0)
    assert ((two / "dist/cover.webp").read_bytes() != file) is (code == 0)
    assert a2c("plan", "two.yaml", "--target", "one", "--detailed-exitcode").code == (0 if code == 0 else 2)


def test_a_plan_that_cannot_be_seen_is_shown_with_the_question(two: Path, a2c: Command, somebody: Somebody) -> None:
    again(two, a2c)
    args = ("apply", "two.yaml", "--target", "one")
    plain = "replaces dist/cover.webp\n"
    for more in (("-q",), ("--json",), ()):
        seen = typed(two, "n\n", *args, *more, out=two / "out.txt")
        assert (seen.code, plain in seen.screen, seen.asked) == (11, True, 1), seen.screen
    assert plain in (two / "out.txt").read_text()
    assert typed(two, "n\n", *args).screen.count(plain) == 1, "it is seen once"
    assert len(somebody("GET", "/jobs")) == 1


@pytest.mark.parametrize(
    ("settings", "flags", "asks"),
    [
        ("", (), False),
        ("defaults: {confirm_above: 1}", (), True),
        ("defaults: {confirm_above: 2}", (), False),
        ("defaults: {confirm_above: 0}", ("--confirm-above", "2"), False),
        ("", ("--confirm-above", "1"), True),
        ("defaults: {confirm_above: 1}", ("-y",), False),
        ("defaults: {confirm_above: 1}", ("--yes",), False),
        ("defaults: {confirm_above: 1}", ("--auto-approve",), False),
        ("defaults: {confirm_above: 1}", ("--local",), False),
        ("environments: {live: {defaults: {confirm_above: 1}}}", ("--env", "live"), True),
    ],
)
@pytest.mark.usefixtures("server")
def test_new_work_is_asked_about_above_so_many_credits(
    settings: str, flags: tuple[str, ...], asks: bool, two: Path
) -> None:
    (two / "a2c.yaml").write_text(settings)
    seen = typed(two, "n\n", "apply", "two.yaml", *flags)
    assert seen.asked == asks, seen.screen
    by = "--confirm-above" if flags[:1] == ("--confirm-above",) else "confirm_above (a2c.yaml:1:"
    assert (f"about 2 credits of 471 would be spent, above the 1 of {by}" in seen.screen) is asks
    assert seen.code == (11 if asks else 0)
    assert (two / "dist").exists() is not asks


def test_the_variable_counts_as_the_flag_does(two: Path, server: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2C_SPEC_CONFIRM_ABOVE", "1")
    assert typed(two, "n\n", "apply", "two.yaml").asked == 1, server.url


def test_where_all_is_local_only_what_was_paid_for_is_asked_about(two: Path, a2c: Command) -> None:
    assert typed(two, "n\n", "apply", "two.yaml", "--local", "--confirm-above", "0").asked == 0
    again(two, a2c, "--local")
    seen = typed(two, "n\n", "apply", "two.yaml", "--local", "--target", "one")
    assert (seen.code, AGAIN in seen.screen) == (11, True), seen.screen


def test_an_edit_while_somebody_reads_is_left_to_the_next_plan(two: Path, a2c: Command, somebody: Somebody) -> None:
    again(two, a2c)

    def edit() -> None:
        (two / "two.yaml").write_text(PNG.replace("width: 64", "width: 9", 1).replace("filename: cover", "filename: x"))

    seen = typed(two, "y\n", "apply", "two.yaml", "--target", "one", meanwhile=edit)
    assert seen.code == 0, seen.screen
    widths = [
        somebody("GET", f"/jobs/{row['id']}")["conversion"][0]["options"]["width"] for row in somebody("GET", "/jobs")
    ]
    assert sorted(widths) == [64, 65]
    assert {path.name for path in (two / "dist").iterdir()} == {"cover.webp"}


def test_a_saved_plan_is_asked_about_too_and_can_be_used_after_a_no(two: Path, a2c: Command) -> None:
    again(two, a2c, "--local")
    assert a2c("plan", "two.yaml", "--target", "one", "--local", "-o", "p.a2cplan.json").code == 0
    for answer, code in (("n\n", 11), (INTERRUPT, 130), ("y\n", 0)):
        assert typed(two, answer, "apply", "p.a2cplan.json", "--local").code == code


def test_what_is_destroyed_is_asked_about(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    for answer, code in ((END, 11), (INTERRUPT, 130), ("n\n", 11)):
        seen = typed(two, answer, "destroy", "one", "--files", "--local")
        assert (seen.code, "removes dist/cover.webp" in seen.screen) == (code, True), seen.screen
        assert (two / "dist/cover.webp").exists()
    assert typed(two, "y\n", "destroy", "one", "--files", "--local").code == 0
    assert not (two / "dist/cover.webp").exists()


@pytest.mark.usefixtures("server")
def test_a_limit_refuses_before_anybody_is_asked(two: Path) -> None:
    seen = typed(two, "y\n", "apply", "two.yaml", "--confirm-above", "0", "--max-credits", "1")
    assert (seen.code, seen.asked, "--max-credits allows 1" in seen.screen) == (11, 0, True)


def test_without_a_terminal_new_work_goes_on_and_old_work_needs_yes(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "--confirm-above", "0").code == 0
    again(two, a2c, "--local")
    ran = a2c("apply", "two.yaml", "--local", "--target", "one", "--json")
    assert (ran.code, json.loads(ran.out.splitlines()[-1])["exit_code"]) == (11, 11)
    assert a2c("apply", "two.yaml", "--local", "--target", "one", "--auto-approve").code == 0
