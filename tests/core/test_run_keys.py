"""Keys of runs: which address one belongs to, and which is free."""

from __future__ import annotations

import pytest

from a2c_spec.core.run_keys import added_part, address_of, free_key

KEYS = [
    ("report", "report"),
    ("report#2", "report"),
    ("report#12", "report"),
    ('rows["a#2"]', 'rows["a#2"]'),
    ('rows["a#2"]#3', 'rows["a#2"]'),
    ("report#0", "report#0"),
]


@pytest.mark.parametrize(("key", "address"), KEYS)
def test_a_run_belongs_to_the_address_before_its_number(key: str, address: str) -> None:
    assert address_of(key) == address


def test_the_first_run_has_the_address_itself_and_others_the_first_free_number() -> None:
    assert free_key("a", ()) == "a"
    assert free_key("a", {"a"}) == "a#2"
    assert free_key("a", {"a", "a#2", "a#4"}) == "a#3"


def test_what_somebody_added_is_called_by_its_id_which_no_manifest_can_be() -> None:
    assert added_part("conversions", "7c06f0c8") == "conversions.#7c06f0c8"
