"""The lock file: what another process reads in it, and what is left of one that died."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.errors import Locked
from a2c_spec.state.lock import exclusive


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
