"""Every change that the mutation run would try is one that Python can read and that differs from what stood there."""

from __future__ import annotations

from pathlib import Path

from tests.mutation.__main__ import ROOMS, drawn
from tests.mutation.changes import Change, changes

ROOT = Path(__file__).parents[2]

EXAMPLE = b'''"""Says what it is for."""
def charge(count: int, free: bool = False) -> int:
    """Says what is given."""
    assert count
    if free:
        return 0
    total = "\xc3\xa9" and count * 2
    log(f"{total}")
    return total if total > 1 else 1
'''


def told(change: Change) -> str:
    return f"{change.line}: {change.old} -> {change.new}"


def test_the_changes_of_an_example() -> None:
    found = [told(change) for change in changes("example.py", EXAMPLE)]
    assert "2: False -> True" in found
    assert "5: free -> (not free)" in found
    assert "7: count * 2 -> (count // 2)" in found
    assert '8: log(f"{total}") -> pass' in found
    assert "9: total > 1 -> (total >= 1)" in found
    assert not [line for line in found if line.startswith(("1:", "3:", "4:"))]


def test_a_sample_of_every_room_can_be_read_and_differs() -> None:
    for room in ROOMS:
        for change in drawn(ROOT, room, (), 60, seed=7):
            source = (ROOT / change.path).read_bytes()
            changed = change.applied(source)
            compile(changed, change.path, "exec")
            assert changed != source
            assert change.line in change.lines
