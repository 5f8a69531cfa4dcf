"""Secrets are had only when asked for, from where the user allowed, and never told."""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from a2c_spec.core.desired import Secret
from a2c_spec.errors import InvalidError, LimitRefused, SpecError
from a2c_spec.manifests.secret_command import run_command
from a2c_spec.manifests.secrets import Run, fingerprint_key, fingerprint_secret, resolve


def _resolve(reference: str, root: Path, *, allow_cmd: str = "never", run: Run = run_command) -> str:
    environ = {"PW": "hunter2", "EMPTY": "", "PATH": "/usr/bin:/bin", "API2CONVERT_API_KEY": "the-key"}
    environ |= {"LONG": "x" * 65_537, "MOST": "x" * 65_536, "BYTES": "a\udcff"}
    return resolve(Secret(reference), environ=environ, root=root, allow_cmd=[tuple(allow_cmd.split())], run=run)


def test_each_kind_of_secret_is_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("hunter3\n")
    keyring = SimpleNamespace(get_password=lambda service, user: f"{service}+{user}")
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    (tmp_path / "lines").write_bytes(b" a \n\r\n")
    assert _resolve("env:PW", tmp_path) == "hunter2"
    assert len(_resolve("env:MOST", tmp_path)) == 65_536
    assert _resolve("file:lines", tmp_path) == " a \n"
    assert _resolve("file:pw", tmp_path) == "hunter3"
    assert _resolve("cmd:printf 'a b'", tmp_path, allow_cmd="printf") == "a b"
    assert _resolve("keyring:mail/me@x", tmp_path) == "mail+me@x"


@pytest.mark.parametrize(
    ("reference", "error", "message"),
    [
        ("env:NONE", InvalidError, "the secret env:NONE is not set"),
        ("env:EMPTY", InvalidError, "the secret env:EMPTY is empty"),
        ("env:LONG", InvalidError, "the secret env:LONG is longer than 65536 bytes"),
        ("env:BYTES", InvalidError, "the secret env:BYTES is not UTF-8"),
        ("file:long", InvalidError, "the secret file:long is longer than 65536 bytes"),
        ("keyring:nobody/", InvalidError, "the secret keyring:nobody/ must be keyring:service/user"),
        ("file:none", InvalidError, "the secret file:none cannot be read: No such file or directory"),
        ("file:../../etc/passwd", InvalidError, "the secret file:../../etc/passwd is outside the project root"),
        ("file:/etc/passwd", InvalidError, "the secret file:/etc/passwd must be relative to the manifest's folder"),
        ("file:link", InvalidError, "the secret file:link is outside the project root"),
        ("file:binary", InvalidError, "the secret file:binary is not UTF-8 text"),
        (
            "file:pointer",
            InvalidError,
            "the secret file:pointer is a Git LFS pointer, not the file itself; `git lfs pull` fetches it",
        ),
        ("cmd:echo hunter2", LimitRefused, "the secret cmd:echo hunter2 runs a command"),
        ("cmd:echo 'a", InvalidError, "the secret cmd:echo 'a cannot be read: its command failed (ValueError)"),
        ("keyring:nobody", InvalidError, "the secret keyring:nobody must be keyring:service/user"),
        ("keyring:a/b", SpecError, "the secret keyring:a/b needs the keyring package"),
        ("hunter2", InvalidError, "a secret must be a reference"),
        ("hunter2:x", InvalidError, "a secret must be a reference"),
    ],
)
def test_errors_name_the_reference_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, error: type[SpecError], message: str
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "long").write_bytes(b"x" * 65_537)
    (tmp_path / "pointer").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(error) as caught:
        _resolve(reference, tmp_path)
    assert caught.value.message == message
    assert caught.value.__cause__ is None


def _fails(words: Sequence[str], _environ: Mapping[str, str]) -> bytes:
    raise subprocess.CalledProcessError(1, words, output=b"hunter2")


COMMANDS = [
    ("op read x", "op read", True),
    ("op read x", "op read x", True),
    ("'op' \"read\" x", "op read", True),
    ("op read x", "op read y", False),
    ("op readx", "op read", False),
    ("op", "op read", False),
    ("/tmp/op read x", "op read", False),
    ("sh -c 'op read x'", "op read", False),
]


@pytest.mark.parametrize(("command", "allowed", "runs"), COMMANDS)
def test_a_command_runs_where_its_first_words_are_allowed(
    tmp_path: Path, command: str, allowed: str, runs: bool
) -> None:
    """It sees the caller's variables, but for the key of the service."""
    ran = []

    def run(words: Sequence[str], environ: Mapping[str, str]) -> bytes:
        ran.append((words, environ["PW"], "API2CONVERT_API_KEY" in environ))
        return b"word"

    if runs:
        assert _resolve(f"cmd:{command}", tmp_path, allow_cmd=allowed, run=run) == "word"
        assert ran == [(("op", "read", "x"), "hunter2", False)]
        return
    with pytest.raises(LimitRefused) as refused:
        _resolve(f"cmd:{command}", tmp_path, allow_cmd=allowed, run=run)
    assert (f"--allow-cmd {shlex.quote(command)}" in refused.value.hint, ran) == (True, [])


def test_a_failing_command_does_not_tell_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as caught:
        _resolve("cmd:pass show x", tmp_path, allow_cmd="pass show", run=_fails)
    assert "hunter2" not in repr((caught.value, caught.value.__cause__))
    assert caught.value.__suppress_context__


def test_a_fingerprint_changes_with_the_secret_and_with_the_key() -> None:
    one = fingerprint_secret("hunter2", b"key")
    assert one == fingerprint_secret("hunter2", b"key")
    assert len({one, fingerprint_secret("hunter3", b"key"), fingerprint_secret("hunter2", b"other")}) == 3
    assert "hunter2" not in one


def test_the_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "share" / "a2c-spec" / "hmac.key"
    key = fingerprint_key(file)
    assert len(key) == 32
    assert fingerprint_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["hmac.key"]
    for damaged in (b"", key[:31]):
        file.write_bytes(damaged)
        with pytest.raises(SpecError, match="is damaged"):
            fingerprint_key(file)


def test_a_key_that_another_process_made_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hmac.key"

    def random(size: int) -> bytes:
        file.write_bytes(b"k" * 32)
        return bytes(size)

    monkeypatch.setattr("os.urandom", random)
    assert fingerprint_key(file) == b"k" * 32


def of(value: str, root: Path) -> str:
    return resolve(Secret("env:PW"), environ={"PW": value}, root=root)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("hunter2\u200b", "holds the character U+200B (ZERO WIDTH SPACE) at the end"),
        ("\ufeffhunter2", "holds the character U+FEFF (ZERO WIDTH NO-BREAK SPACE) at the beginning"),
        ("hun\u202eter2", "holds the character U+202E (RIGHT-TO-LEFT OVERRIDE) as character 4"),
        ("hunter2\x00", "holds the character U+0000 at the end"),
    ],
)
def test_what_nobody_can_see_in_a_secret_is_named_and_nothing_else_of_it(value: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as caught:
        of(value, tmp_path)
    assert said in caught.value.message
    assert "hun" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    "value", ["pass word ", "schl\u00fcssel", "two\nlines\t", "\U0001f468\u200d\U0001f469", "\u00a0"]
)
def test_what_may_be_meant_stays_as_it_is(value: str, tmp_path: Path) -> None:
    assert of(value, tmp_path) == value


def test_the_mark_of_an_encoding_is_no_part_of_a_secret_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pw").write_bytes(b"\xef\xbb\xbfhunter3\r\n")
    assert _resolve("file:pw", tmp_path) == "hunter3"
