"""Machines as they are: what fails outside our own code is told as that, and never as a defect."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.commands._output import internal_error, of_outside
from a2c_spec.errors import ANOTHER_LOCALE, HINTS, LACKING, WORDS, not_text, shown_name, why
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: i, path: IN}]
conversions: [{id: c, category: archive, target: zip}]
outputs: [{from: c, filename: one, save: dist/}]
"""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.EACCES, "Permission denied", "/x/y"), "/x/y: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device", b"/x/\xe9"), "/x/\\xe9: the disk is full"),
        (
            OSError(errno.EMFILE, "Too many open files"),
            "a call of the operating system failed: too many files are open",
        ),
        (OSError("only words"), "a call of the operating system failed: only words"),
        (OSError(), "a call of the operating system failed: OSError"),
        (sqlite3.OperationalError("disk I/O error"), "a database of a2c-spec cannot be used: disk I/O error"),
        (MemoryError(), "there is not enough memory"),
        (ModuleNotFoundError("No module named 'httpx'", name="httpx"), "a library cannot be loaded: No module named"),
        (UnicodeEncodeError("utf-8", "a\udce9", 1, 2, "no"), "a name or a value is not UTF-8"),
        (UnicodeEncodeError("ascii", "\udcc3\udca9", 0, 2, "no"), f"a name or a value {LACKING}"),
        (UnicodeEncodeError("ascii", "\u20ac", 0, 1, "no"), "a name has letters that the locale of this machine lacks"),
    ],
)
def test_what_fails_outside_is_told_in_words(problem: Exception, said: str) -> None:
    known = internal_error(problem, verbose=False)
    assert known.message.startswith(said)
    assert "defect" not in known.hint


@pytest.mark.parametrize(
    "problem", [KeyError("x"), ImportError("x", name="a2c_spec.core.x"), UnicodeEncodeError("utf-8", "a", 0, 1, "no")]
)
def test_what_fails_inside_is_a_defect(problem: Exception) -> None:
    assert of_outside(problem) is None


def test_every_error_of_the_system_has_words() -> None:
    for number in errno.errorcode:
        assert why(OSError(number, os.strerror(number)))
    assert {*WORDS, *HINTS} <= {*errno.errorcode}


def test_names_of_bytes_can_be_shown() -> None:
    assert [shown_name(one) for one in ("caf\udce9", b"caf\xe9", "\ud83d", "caf\u00e9")] == [
        "caf\\xe9", "caf\\xe9", "\\ud83d", "caf\u00e9",
    ]  # fmt: skip


@pytest.mark.parametrize("args", [["validate", "caf\udce9.yaml"], ["plan", "--target", "\udce9"], ["-C", "\udce9"]])
def test_a_command_line_that_is_not_utf_8_is_refused(args: list[str], a2c: Command) -> None:
    ran = a2c(*args)
    assert (ran.code, "\\xe9" in ran.err, "on the command line is not UTF-8" in ran.err) == (2, True, True)


@pytest.mark.parametrize(
    ("name", "told"), [("caf\udce9", "is not UTF-8"), ("caf\udcc3\udca9", LACKING), ("\ud83d", "is not UTF-8")]
)
def test_what_only_the_locale_cannot_read_is_not_said_to_be_wrong(name: str, told: str, a2c: Command) -> None:
    assert not_text(name, "rename it") == (told, ANOTHER_LOCALE if told == LACKING else "rename it")
    ran = a2c("validate", f"{name}.yaml")
    assert (ran.code, f"on the command line {told}" in ran.err) == (2, True)


def test_folders_and_manifests_whose_names_are_not_utf_8_are_named(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project / "fol\udce9"
    folder.mkdir()
    (folder / "one.yaml").write_text(ONE.replace("IN", "../src/cover.png"))
    ran = a2c("plan", "--local")
    assert (ran.code, "fol\\xe9/one.yaml: error: the name of this manifest is not UTF-8" in ran.err) == (5, True)
    monkeypatch.chdir(folder)
    for command in ("plan", "apply", "doctor", "verify", "status"):
        ran = a2c(command, "--local")
        assert (ran.code, "fol\\xe9 is not UTF-8" in ran.err) == (2, True)


def test_a_git_lfs_pointer_is_no_input_and_no_table(project: Path, a2c: Command) -> None:
    (project / "pointer.png").write_text(POINTER)
    (project / "one.yaml").write_text(ONE.replace("IN", "pointer.png"))
    for command in (["validate"], ["plan", "--local"], ["apply", "--local"]):
        ran = a2c(*command)
        assert (ran.code, "`git lfs pull` fetches it" in f"{ran.out}{ran.err}") == (5, True)
    (project / "one.yaml").unlink()
    (project / "all.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: all\nfor_each: {csv: pointer.png}\nkey: '${{ each.k }}'\n"
        "template: {inputs: [{id: i, path: x}], conversions: [{id: c, category: archive, target: zip}]}\n"
    )
    assert "all.yaml:4:" in (ran := a2c("validate")).out
    assert "is a Git LFS pointer" in ran.out
    (project / "note.txt").write_text("version https://git-lfs is what I write about")
    (project / "all.yaml").write_text(ONE.replace("IN", "note.txt"))
    assert a2c("validate").code == 0


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("inputs: [{id: i, path: IN, decrypt_password: {secret: 'file:PW'}}]", "one.yaml:4:59"),
        ("inputs: [{id: i, source: http://x.org/a, credentials: {password: {secret: 'file:PW'}}}]", "one.yaml:4:75"),
    ],
)
def test_a_git_lfs_pointer_is_no_secret(part: str, place: str, project: Path, a2c: Command) -> None:
    folder = project / "deep"
    folder.mkdir()
    (folder / "pw").write_text(POINTER)
    (folder / "in.txt").write_text("x")
    lines = ONE.splitlines()
    lines[3] = part.replace("PW", "pw").replace("IN", "in.txt")
    (folder / "one.yaml").write_text("\n".join([*lines, ""]))
    for command in (["validate"], ["plan", "--local"], ["apply", "--local"]):
        ran = a2c(*command)
        told = f"deep/{place}: error: the secret file:pw is a Git LFS pointer"
        assert (ran.code, told in f"{ran.out}{ran.err}") == (5, True), ran
    (folder / "pw").write_text("version https://git-lfs is my password")
    assert a2c("validate").code == 0
    (folder / "pw").unlink()
    os.mkfifo(folder / "pw")
    assert a2c("validate").code == 0


def test_a_local_api_whose_folder_cannot_be_written_is_read(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "one.yaml").write_text(ONE.replace("IN", "src/cover.png"))
    assert a2c("apply", "--local").code == 0
    before = {path: path.read_bytes() for path in (project / ".a2c/local").rglob("*") if path.is_file()}
    local, really = project / ".a2c/local", os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != local and really(path, mode))
    assert a2c("drift", "--local").out == "no drift\n"
    assert "completed" in a2c("history", "one", "--local").out
    assert a2c("doctor", "--local").code == 0
    assert {path: path.read_bytes() for path in local.rglob("*") if path.is_file()} == before


def test_a_local_api_that_cannot_make_its_folder_starts_empty_for_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: Any, **_more: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refused)
    app = create_app(Settings(data_dir=tmp_path / "none"))
    assert app._folder() == app._temporary
    monkeypatch.setattr(Path, "mkdir", lambda *_args, **_more: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        create_app(Settings(data_dir=tmp_path / "none"))._folder()


def test_a_local_api_that_cannot_be_opened_says_so_and_not_that_a_network_is_down(project: Path, a2c: Command) -> None:
    (project / ".a2c").mkdir()
    (project / ".a2c/local").write_text("no folder")
    ran = a2c("catalog", "list", "--local")
    assert (ran.code, "the local API cannot use its folder: File exists" in ran.err) == (1, True)
    assert "network" not in ran.err


def test_a_failing_disk_ends_every_command_in_words(a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it fails: the kind, not the place."""

    def broken(*_args: Any, **_more: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("a2c_spec.engine.project.find_root", broken)
    for command in ("validate", "plan", "apply", "status", "doctor", "verify", "config"):
        ran = a2c(command)
        assert (ran.code, "input/output error" in ran.err, "defect" in ran.err) == (1, True, False)


def test_a_user_without_a_home_can_do_all_that_needs_no_secret(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_class: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", classmethod(none))
    (project / "one.yaml").write_text(ONE.replace("IN", "src/cover.png"))
    for command in ("plan --offline", "plan --local", "apply --local", "status --local", "config", "doctor --local"):
        assert a2c(*command.split()).code == 0, command
    assert "where a manifest has secrets, set A2C_SPEC_DIGEST_KEY" in a2c("doctor", "--local").out
