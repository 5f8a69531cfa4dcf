"""What a record of format 2 becomes: a result that another took counts only where it is proven which one that was."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.recipe import digest
from a2c_spec.state.upgrade_3 import upgraded

MADE = digest(["recipe", "h"])
FILE = {"conversion": "h", "sha256": "5" * 64, "output_id": "o"}
RESULT = digest([FILE["sha256"]])
MAKER: dict[str, Any] = {
    "phase": "done",
    "basis": {},
    "elements": [],
    "job_id": "j",
    "fingerprint": "recipe",
    "intent_at": 1.0,
    "files": [FILE],
}
TAKER: dict[str, Any] = {
    "phase": "done",
    "job_id": "k",
    "fingerprint": "f",
    "intent_at": 2.0,
    "elements": [["job", "k", {}], ["inputs.i", "x", {}], ["conversions.c", "y", {}]],
    "basis": {
        "order": ["i"],
        "inputs": {"i": {"type": "output", "source": "maker.h", "upstream": MADE}},
        "conversions": {"c": {"category": "hash", "target": "md5"}},
    },
}

MAKERS: list[tuple[str, dict[str, Any], str]] = [
    ("done, of that recipe, before", MAKER, RESULT),
    ("of another recipe", MAKER | {"fingerprint": "other"}, MADE),
    ("failed", MAKER | {"phase": "failed"}, MADE),
    ("made again afterwards", MAKER | {"intent_at": 3.0}, MADE),
    ("being created anew: what it was before counts", MAKER | {"phase": "creating", "previous": MAKER}, RESULT),
    ("being created anew after another recipe", MAKER | {"previous": MAKER | {"fingerprint": "other"}}, MADE),
]


@pytest.mark.parametrize(("maker", "upstream"), [row[1:] for row in MAKERS], ids=[row[0] for row in MAKERS])
def test_a_taken_result_is_told_by_its_digest_where_it_is_proven(maker: dict[str, Any], upstream: str) -> None:
    new = upgraded({"maker": maker, "taker": TAKER})
    assert new["taker"]["basis"]["inputs"]["i"]["upstream"] == upstream


def test_a_create_without_an_answer_is_an_intent_with_all_that_was_sent() -> None:
    sending = TAKER | {"phase": "creating", "idempotency_key": "key", "intent_at": 7.0}
    new = upgraded({"maker": MAKER, "taker": sending})["taker"]
    intent = new["intent"]
    assert (new["phase"], new["job_id"], new["basis"]) == ("building", "", {})
    assert (intent["kinds"], intent["key"], intent["noted_at"]) == (["create_job"], "key", 7.0)
    assert intent["basis"]["inputs"]["i"]["upstream"] == RESULT
    assert intent["fingerprint"]


def test_no_key_of_format_2_is_left() -> None:
    whole = upgraded({"taker": TAKER | {"phase": "started", "pending": True, "previous": None, "idempotency_key": "k"}})
    assert not {"previous", "pending", "idempotency_key", "intent_at"} & set(whole["taker"])
    assert (whole["taker"]["intent"]["starts"], whole["taker"]["intent"]["basis"]) == (True, {})
    assert upgraded({"none": {}})["none"]["intent"] is None


@pytest.mark.parametrize(("kind", "named"), [("upload", "n"), ("cloud", "n"), ("output", "n"), ("base64", None)])
def test_a_name_that_was_sent_is_part_of_the_recipe_where_it_decides(kind: str, named: str | None) -> None:
    sent = [["job", "k", {}], ["inputs.i", "x", {"filename": "n"}], ["conversions.c", "y", {}]]
    basis = TAKER["basis"] | {"inputs": {"i": {"type": kind}}}
    new = upgraded({"taker": TAKER | {"elements": sent, "basis": basis}})["taker"]
    assert new["basis"]["inputs"]["i"].get("filename") == named


def test_of_calls_that_were_on_their_way_only_a_start_says_nothing_of_what_runs() -> None:
    held = TAKER | {"phase": "building", "pending": True}
    kept, lost = (upgraded({"taker": held | {"phase": phase}})["taker"] for phase in ("building", "started"))
    assert (bool(kept["fingerprint"]), bool(kept["basis"])) == (True, True)
    assert (lost["phase"], lost["fingerprint"], lost["basis"]) == ("building", "", {})
