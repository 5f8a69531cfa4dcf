"""Which results may be kept and used again, and what an entry of the cache says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.caching import cache_key, cacheable, entries_of, entry_of, record_from, usable
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Lifecycle
from a2c_spec.core.prepare import DesiredJob, only, prepare
from a2c_spec.core.state import Element, JobRecord, SavedFile
from tests.core.planner.situations import fingerprint_secret

UPLOAD = Input("u", "upload", path="a.png", content=Content(3, "ab" * 32, "cd" * 16))
BASE64 = Input("b", "base64", source="QUJD", content=Content(3, "ab" * 32, "cd" * 16))
REMOTE = Input("r", "remote", source="https://x")
WEBP = Conversion("webp", "webp", "image")


def job(*inputs: Input, **more: Any) -> Job:
    return replace(Job("job", inputs=inputs or (UPLOAD,), conversions=(WEBP,)), **more)


JOBS = [
    ("bytes from here", job(), True),
    ("bytes in the manifest", job(BASE64), True),
    ("an unknown source", job(REMOTE), False),
    ("a source with a pin", job(replace(REMOTE, pin="ab" * 32)), True),
    ("one unknown among others", job(UPLOAD, REMOTE), False),
    ("bytes not measured", job(replace(UPLOAD, content=None)), False),
    ("a result of another job that is here", job(replace(UPLOAD, type="from")), True),
    ("a result of another job that is not here", job(replace(UPLOAD, type="from", content=None)), False),
    ("no input", replace(job(), inputs=()), False),
    ("it is held", job(process=False), True),
    ("it calls somebody back", job(fields={"callback": "https://x"}), False),
    ("it calls nobody back", job(fields={"callback": ""}), True),
    ("it delivers elsewhere", job(conversions=(replace(WEBP, output_target=({"type": "ftp"},)),)), False),
    ("a preset of the service", job(conversions=(replace(WEBP, options={"preset": "p"}),)), False),
    ("bytes are ignored", job(lifecycle=Lifecycle(ignore=("inputs.u.content",))), False),
    ("something else is ignored", job(lifecycle=Lifecycle(ignore=("job.callback",))), True),
]


@pytest.mark.parametrize(("one", "kept"), [row[1:] for row in JOBS], ids=[row[0] for row in JOBS])
def test_only_what_rests_on_known_bytes_and_does_nothing_else_is_kept(one: Job, kept: bool) -> None:
    assert bool(cacheable(one)) is kept


def test_a_key_is_of_one_recipe_and_one_service() -> None:
    assert cache_key("f", "r") == cache_key("f", "r")
    assert len({cache_key("f", "r"), cache_key("g", "r"), cache_key("f", "s")}) == 3


def ready(*inputs: Input, **more: Any) -> DesiredJob:
    return prepare(job(*inputs, **more), fingerprint_secret, PlannerOptions())


FILE = SavedFile("dist/a.webp", 3, "ab" * 32, "o-1", "webp", ("u",), 1, "a.webp")
DONE = JobRecord("job", "x", "done", "job-1", files=(FILE,), spent=2)


def test_an_entry_has_numbers_for_parts_and_says_who_named_the_file() -> None:
    two = ready(BASE64, UPLOAD, conversions=(Conversion("pdf", "pdf"), replace(WEBP, options={"output_filename": "a"})))
    pdf = replace(FILE, conversion="pdf", inputs=("b", "u"), index=2, service_name="p.pdf")
    assert entry_of(two, replace(DONE, files=(FILE, pdf)), 7.0) is None  # nothing of b as webp
    files = (replace(FILE, inputs=("u", "b")), pdf)
    assert entry_of(two, replace(DONE, files=files), 7.0) == {
        "format": 2,
        "fingerprint": two.fingerprint,
        "spent": 2,
        "made_at": 7.0,
        "files": [
            {
                "sha256": "ab" * 32,
                "size": 3,
                "service_name": "a.webp",
                "named": True,
                "index": 1,
                "conversion": 1,
                "inputs": [1, 0],
            },
            {
                "sha256": "ab" * 32,
                "size": 3,
                "service_name": "p.pdf",
                "named": False,
                "index": 2,
                "conversion": 0,
                "inputs": [0, 1],
            },
        ],
    }


INCOMPLETE: list[tuple[str, JobRecord]] = [
    ("not done", replace(DONE, phase="completed")),
    ("from the cache itself", replace(DONE, job_id="")),
    ("no file", replace(DONE, files=())),
    ("a file that stays on the service", replace(DONE, files=(FILE, replace(FILE, path="")))),
    ("a file without digest", replace(DONE, files=(FILE, replace(FILE, sha256="")))),
    ("a warning", replace(DONE, warnings=("odd",))),
    ("a conversion without result", replace(DONE, files=(replace(FILE, conversion="pdf"),))),
    ("a result of an unknown conversion", replace(DONE, files=(FILE, replace(FILE, conversion="")))),
    ("a result of an unknown input", replace(DONE, files=(replace(FILE, inputs=("x",)),))),
]


@pytest.mark.parametrize("record", [row[1] for row in INCOMPLETE], ids=[row[0] for row in INCOMPLETE])
def test_what_is_not_whole_is_no_entry(record: JobRecord) -> None:
    assert entry_of(ready(), record, 7.0) is None


def test_each_conversion_has_an_entry_of_its_own_if_it_is_whole() -> None:
    two = ready(conversions=(replace(WEBP, id="webp"), Conversion("pdf", "pdf")))
    pdf = replace(FILE, conversion="pdf", path="dist/a.pdf", sha256="cd" * 32)
    done = replace(DONE, basis=two.basis, fingerprint=two.fingerprint)
    entries = entries_of(two, replace(done, files=(FILE, pdf)), 7.0)
    assert entries.keys() == {only(two, "webp").fingerprint, only(two, "pdf").fingerprint}
    assert [entry["spent"] for entry in entries.values()] == [1, 1]
    assert entries_of(two, replace(done, files=(FILE,)), 7.0).keys() == {only(two, "webp").fingerprint}
    assert entries_of(two, replace(done, files=(FILE, replace(pdf, conversion=""))), 7.0) == {}


def test_what_a_job_made_is_kept_under_the_recipe_that_it_was_sent_and_no_other() -> None:
    ran = ready(conversions=(WEBP, Conversion("pdf", "pdf")))
    done = replace(DONE, basis=ran.basis, fingerprint=ran.fingerprint)
    edited = ready(conversions=(replace(WEBP, options={"width": 9}), Conversion("pdf", "pdf")))
    assert entries_of(ran, done, 7.0).keys() == {only(ran, "webp").fingerprint}
    assert entries_of(edited, done, 7.0) == {}


USABLE = [
    ({}, False, True),
    ({}, True, False),
    ({"output_filename": "a"}, True, True),
    ({"output_filename": "a"}, False, True),
]


@pytest.mark.parametrize(("options", "named", "of_use"), USABLE)
def test_a_file_that_another_manifest_named_is_of_use_only_where_this_one_names_it(
    options: dict[str, Any], named: bool, of_use: bool
) -> None:
    entry = {"files": [{"conversion": 0, "named": named}]}
    assert usable(entry, ready(conversions=(replace(WEBP, options=options),))) is of_use


def test_an_entry_that_does_not_tell_who_named_it_is_taken_as_named() -> None:
    assert not usable({"files": [{"conversion": 0}]}, ready())


def test_a_result_from_the_cache_has_the_ids_of_this_manifest_and_no_job() -> None:
    entry = entry_of(ready(), DONE, 7.0)
    assert entry is not None
    other = ready(replace(UPLOAD, id="x"), conversions=(replace(WEBP, id="y"),))
    before = replace(DONE, problem="old", elements={"job": Element("job-1")}, leftover=(FILE,))
    record = record_from({"y": entry}, other, before, "x")
    (file,) = record.files
    assert (file.path, file.conversion, file.inputs, file.output_id) == ("", "y", ("x",), f"cached-1-{file.sha256}")
    assert (file.index, file.service_name, file.size) == (1, "a.webp", 3)
    assert (record.job_id, record.elements, record.spent, record.problem, record.phase) == ("", {}, 0, "", "done")
    assert (record.fingerprint, record.basis, record.leftover) == (other.fingerprint, other.basis, (FILE,))
    new = record_from({"y": entry}, other, None, "realm")
    assert (new.address, new.realm, new.phase) == ("job", "realm", "done")


@pytest.mark.parametrize("row", [{"conversion": 7, "inputs": [0]}, {"conversion": 0, "inputs": [99]}])
def test_an_entry_that_names_parts_which_the_job_does_not_have_is_of_no_use(row: dict[str, Any]) -> None:
    desired = ready(conversions=(replace(WEBP, options={"output_filename": "a"}),))
    assert not usable({"files": [{**row, "named": False}]}, desired)
