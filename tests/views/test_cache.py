"""The entries of the results cache, as text and as JSON."""

from __future__ import annotations

from a2c_spec.state.results_cache import Entry
from a2c_spec.views.cache import entry_json, listing
from a2c_spec.views.style import Style


def entry(files: int) -> Entry:
    rows = [{"sha256": f"s{n}", "size": n, "service_name": f"{n}.webp"} for n in range(files)]
    return Entry("k" * 64, {"fingerprint": "f" * 64, "files": rows}, 1500, 1_700_000_000.0)


def test_each_entry_has_a_line_with_its_first_names_and_the_sum_comes_last() -> None:
    assert listing([entry(3), entry(4)], Style()).splitlines() == [
        "FINGERPRINT   FILES  SIZE    LAST USED (UTC)      NAMES",
        "ffffffffffff  3      1.5 kB  2023-11-14 22:13:20  0.webp, 1.webp, 2.webp",
        "ffffffffffff  4      1.5 kB  2023-11-14 22:13:20  0.webp, 1.webp, 2.webp ...",
        "2 results, 3.0 kB",
    ]


def test_an_empty_cache_says_so() -> None:
    assert listing([], Style()) == "the results cache is empty"


def test_an_entry_as_json_has_its_digests_and_no_names() -> None:
    assert entry_json(entry(2)) == {
        "key": "k" * 64,
        "fingerprint": "f" * 64,
        "size": 1500,
        "used_at": 1_700_000_000.0,
        "files": [{"sha256": "s0", "size": 0}, {"sha256": "s1", "size": 1}],
    }
