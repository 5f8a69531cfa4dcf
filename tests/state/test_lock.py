"""The lock file: what another process reads in it, and what is left of one that died."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.errors import Locked, SpecError
from a2c_spec.state.lock import exclusive
from a2c_spec.state.sqlite import SqliteStore


def test_the_holder_is_named_although_a_longer_name_was_left_by_one_that_died(tmp_path: Path) -> None:
    path = tmp_path / "state.lock"
    path.write_text('{"who": "somebody with a very long name on a machine with a very long name"}')
    with exclusive(path, "bob"), pytest.raises(Locked, match=r"the state: bob$"), exclusive(path, "ann"):
        pass
    assert path.read_text() == ""


@pytest.mark.parametrize("left", ["", "no JSON", "[]", "{}", '{"who": '])
def test_a_holder_whose_name_cannot_be_read_still_holds_it(tmp_path: Path, left: str) -> None:
    path = tmp_path / "state.lock"
    with exclusive(path, "bob"):
        path.write_text(left)
        with pytest.raises(Locked, match=r"the state: unknown$") as caught, exclusive(path, "ann"):
            pytest.fail("two at a time")
        assert "never has to be removed" in caught.value.hint


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with exclusive(tmp_path / "state.lock", "bob"):
        assert (tmp_path / "state.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_locks_is_not_another_apply(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: Any) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(SpecError, match=r"cannot lock files \(no\)") as caught, exclusive(tmp_path / "x.lock", "ann"):
        pytest.fail("nothing is locked")
    assert not isinstance(caught.value, Locked)
    assert "--state" in caught.value.hint


def test_a_state_on_a_file_system_without_locks_can_be_read_and_says_why_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state" / "state.db"
    SqliteStore(path, "local").close()

    def refused(*_args: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", refused)
    store = SqliteStore(path, "local")
    try:
        assert store.addresses() == ()
        with pytest.raises(SpecError, match=f"the file system of {path.parent} cannot lock"), store.lock("ann"):
            pytest.fail("nothing is locked")
    finally:
        store.close()
