"""Which file each result becomes: one path per result, foreseen before the run and kept after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.core.desired import LATE_NAMES, Conversion, Input, Job, Late, Output
from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.prepare import base_name
from a2c_spec.core.result_paths import by_conversion, place, predicted
from a2c_spec.core.results import as_recorded, named_parts, recorded, recorded_names, spec_for, without_result
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.local_api.storage.blobs import safe_name as named_by_the_service


def late(text: Late, names: Mapping[str, Any]) -> str:
    """Renders ``a.b`` in angle brackets, which is enough of a template language here."""
    result = text.text
    for part, values in names.items():
        for key, value in values.items():
            result = result.replace(f"<{part}.{key}>", str(value))
    return result


ODD = st.lists(st.sampled_from([".", " ", "/", "jpg", ".jpg", ".JPG", "a", "\u3000", "con", ":", "e\u0301", "x" * 120]))


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=8), ODD.map("".join).filter(bool)))
def test_a_result_lands_where_it_was_foreseen_however_the_service_cleans_its_name(name: str) -> None:
    one = job(Output("webp", filename=name, save="dist/"), inputs=ONLY)
    (foreseen,) = predicted(one, late)
    for cleaned in (
        named_by_the_service(f"{base_name(name)}.webp"),
        f"{name}.webp",
        f"{name}.webp".strip(" ."),
        "output",
    ):
        assert placed(one, ("i1", cleaned)) == [foreseen.path]


COVER, PAGE = Input("cover", "upload", path="src/cover.png"), Input("page", "remote", source="https://x/p.v2.pdf?a=/b")
FROM = Input("from", "from", source="up.png")
WEBP = Conversion("webp", "webp", "image")
ANY, ONE = Output("webp", save="dist/"), Output("webp", input="page", save="page/")


def test_an_entry_that_names_the_input_wins() -> None:
    assert spec_for([ANY, ONE], "webp", ("page",)) == ONE
    assert spec_for([ANY, ONE], "webp", ("cover",)) == ANY
    assert spec_for([ONE], "webp", ("cover",)) is None
    assert spec_for([ANY], "pdf", ("cover",)) is None


ONLY = (COVER,)


def job(*outputs: Output, inputs: tuple[Input, ...] = (COVER, PAGE), **more: Any) -> Job:
    return Job("job", inputs=inputs, conversions=(Conversion("webp", "webp", "image", **more),), outputs=outputs)


API_NAMES = {"c": "conversions.webp", "i1": "inputs.cover", "i2": "inputs.page"}


def placed(one: Job, *files: tuple[str, str]) -> list[str]:
    """The path of each result, given as (input, file name)."""
    live = LiveJob("j", "completed", outputs=tuple(LiveOutput(f"o{n}", "c", (a,), b) for n, (a, b) in enumerate(files)))
    return [placement.path for placement in place(one, live, API_NAMES, late)]


def test_results_have_the_names_that_were_foreseen_and_else_those_of_the_service() -> None:
    assert placed(job(ANY, ONE), ("i1", "x.webp"), ("i2", "y.webp")) == ["dist/x.webp", "page/p.v2.webp"]
    assert placed(job(Output("webp", filename="n", save="dist/")), ("i1", "x.webp")) == ["dist/n.webp"]
    assert placed(job(ANY, inputs=ONLY), ("i1", "evil.zip")) == ["dist/cover.zip"]
    assert placed(job(ANY, inputs=ONLY), ("i1", "x-1.webp"), ("i1", "x-2.webp")) == ["dist/x-1.webp", "dist/x-2.webp"]


def test_a_result_that_somebody_renames_on_the_service_keeps_its_place() -> None:
    pages = tuple(SavedFile("", 1, "", f"o{n}", "webp", service_name=f"x-{n}.webp") for n in range(2))
    record = JobRecord("job", "x", "done", "j", files=pages)
    live = LiveJob("j", "completed", outputs=tuple(LiveOutput(f"o{n}", "c", ("i1",), "evil.webp") for n in range(3)))
    found = place(job(ANY, inputs=ONLY), as_recorded(record, live), API_NAMES, late)
    assert [one.path for one in found] == ["dist/x-0.webp", "dist/x-1.webp", "dist/evil.webp"]


def test_equal_paths_are_numbered_whatever_their_case() -> None:
    files = ("i1", "x.webp"), ("i1", "X.webp"), ("i1", "x.webp"), ("i1", "x-2.webp")
    assert placed(job(ANY), *files) == ["dist/x.webp", "dist/X-2.webp", "dist/x-3.webp", "dist/x-2-2.webp"]


def test_equal_paths_are_numbered_in_every_form_of_their_letters() -> None:
    assert placed(job(ANY), ("i1", "caf\u00e9"), ("i1", "cafe\u0301")) == ["dist/caf\u00e9", "dist/cafe\u0301-2"]


def test_what_is_not_saved_stays_on_the_service() -> None:
    assert placed(job(Output("webp", filename="n")), ("i1", "x.webp")) == [""]
    assert placed(job(), ("i1", "x.webp")) == [""]


def test_a_name_may_be_made_of_what_is_known_afterwards() -> None:
    text = "<input.id>-<input.stem>-<input.ext>-<output.index>-<output.ext>-<output.filename>"
    named = job(Output("webp", filename=Late(text, {}), save=Late("<input.name>/", {})))
    assert placed(named, ("i1", "x.webp"), ("i2", "y.webp"), ("?", "z.webp")) == [
        "cover.png/cover-cover-png-1-webp-x.webp",
        "p.v2.pdf/page-p.v2-pdf-2-webp-y.webp",
        "---3-webp-z.webp",
    ]


def test_a_placement_knows_its_part_its_number_and_the_name_without_extension() -> None:
    live = LiveJob("j", "completed", outputs=(LiveOutput("o", "c", ("i1", "?"), "x.webp", status="expired"),))
    (one,) = place(job(Output("webp", filename="n.webp", save="dist/")), live, API_NAMES, late)
    assert (one.conversion, one.inputs, one.index, one.name, one.gone) == ("webp", ("cover", "?"), 1, "n", True)
    (one,) = place(job(), LiveJob("j", "completed", outputs=(LiveOutput("o", "?"),)), API_NAMES, late)
    assert (one.conversion, one.spec, one.name, one.gone) == ("", None, "", False)


PREDICTED: list[tuple[str, Job, list[str]]] = [
    ("a name that is given", job(Output("webp", filename="n", save="dist/")), ["dist/n.zip", "dist/n.webp"]),
    (
        "a name with its extension",
        job(Output("webp", filename="n.webp", save="dist/")),
        ["dist/n.webp.zip", "dist/n.webp"],
    ),
    (
        "a name with another extension",
        job(Output("webp", filename="n.png", save="dist/")),
        ["dist/n.png.zip", "dist/n.png.webp"],
    ),
    ("no name, one input", job(ANY, inputs=ONLY), ["dist/cover.webp"]),
    ("no name, several inputs", job(ANY), []),
    ("no name, no input", job(ANY, inputs=()), []),
    ("no name, sent as another", job(ANY, inputs=(replace(COVER, filename="sent.png"),)), ["dist/sent.webp"]),
    ("no name, an escaped URL", job(ANY, inputs=(replace(PAGE, source="https://x/a%20b.png#1"),)), ["dist/a b.webp"]),
    ("no name, a URL without one", job(ANY, inputs=(replace(PAGE, source="https://x/?id=1"),)), []),
    ("no name, in a bucket", job(ANY, inputs=(Input("i", "cloud", source="amazons3"),)), []),
    ("no name, of another job", job(ANY, inputs=(FROM,)), []),
    ("no name, of another job, here", job(ANY, inputs=(replace(FROM, path="dist/up-0.png"),)), ["dist/up-0.webp"]),
    (
        "of the input, which another job makes",
        job(Output("webp", filename=Late("<input.stem>-x", {}), save="d/"), inputs=(FROM,)),
        [],
    ),
    (
        "of the input, which another job made",
        job(Output("webp", filename=Late("<input.stem>-x", {}), save="d/"), inputs=(replace(FROM, path="d/up-0.png"),)),
        ["d/up-0-x.webp"],
    ),
    ("no name, this input", job(ONE), ["page/p.v2.webp", "page/p.v2.zip"]),
    ("an option names it", job(ANY, options={"output_filename": "o"}), ["dist/o.zip", "dist/o.webp"]),
    ("an option that is empty", job(ANY, options={"output_filename": ""}, inputs=ONLY), ["dist/cover.webp"]),
    (
        "the name wins over the option",
        job(Output("webp", filename="n", save="d/"), options={"output_filename": "o"}),
        ["d/n.zip", "d/n.webp"],
    ),
    ("it is not saved", job(Output("webp", filename="n")), []),
    (
        "of the input",
        job(Output("webp", filename=Late("<input.stem>-x", {}), save="d/"), inputs=ONLY),
        ["d/cover-x.webp"],
    ),
    ("of one of several inputs", job(Output("webp", filename=Late("<input.stem>", {}), save="d/")), []),
    ("of the result", job(Output("webp", filename=Late("<output.index>", {}), save="d/"), inputs=ONLY), []),
    (
        "a word like output",
        job(Output("webp", filename=Late("my_output<input.id>", {}), save="d/"), inputs=ONLY),
        ["d/my_outputcover.webp"],
    ),
    ("a folder of the input", job(Output("webp", save=Late("<input.ext>/", {})), inputs=ONLY), ["png/cover.webp"]),
    ("a folder of the result", job(Output("webp", save=Late("<output.ext>/", {})), inputs=ONLY), []),
    ("a folder that leads out", job(Output("webp", save="../d/"), inputs=ONLY), ["d/cover.webp"]),
    ("another conversion", job(Output("pdf", filename="n", save="d/")), []),
    ("two of them", job(ANY, Output("webp", filename="n", save="d/"), inputs=ONLY), ["dist/cover.webp", "d/n.webp"]),
]


@pytest.mark.parametrize(("one", "paths"), [row[1:] for row in PREDICTED], ids=[row[0] for row in PREDICTED])
def test_what_can_be_told_before_the_run_is_told(one: Job, paths: list[str]) -> None:
    found = predicted(one, late)
    assert [prediction.path for prediction in found] == paths
    assert all(prediction.spec in one.outputs for prediction in found)


@pytest.mark.parametrize("category", ["operation", "metadata"])
def test_what_an_operation_gives_is_not_foreseen(category: str) -> None:
    one = Job(
        "job",
        inputs=ONLY,
        conversions=(Conversion("webp", "webp", category),),
        outputs=(Output("webp", filename="n", save="d/"),),
    )
    assert predicted(one, late) == ()


def test_equal_paths_are_foreseen_with_the_numbers_that_they_get() -> None:
    """In the order of the conversions, not of the entries; beside what other runs of the same manifest have."""
    entries = Output("webp", filename="n", save="d/"), Output("two", filename="N", save="d/")
    two = replace(
        job(*entries[::-1], inputs=ONLY),
        conversions=(WEBP, replace(WEBP, id="two")),
        elsewhere=frozenset({"d/n-2.webp"}),
    )
    found = {one.spec.conversion: one.path for one in predicted(two, late)}
    assert found == by_conversion(two, late, {}) == {"webp": "d/n.webp", "two": "d/N-3.webp"}


def test_a_prediction_is_where_the_result_is_placed() -> None:
    for one in (job(ANY, inputs=ONLY), job(Output("webp", filename="n.png", save="a\\b"), inputs=ONLY)):
        assert placed(one, ("i1", "cover.webp")) == [prediction.path for prediction in predicted(one, late)]


GIVEN: list[tuple[set[str], tuple[str, ...]]] = [
    ({"webp", "pdf"}, ()),
    ({"webp"}, ("pdf",)),
    (set(), ("webp", "pdf")),
    ({""}, ()),
    ({"webp", ""}, ()),
]


@pytest.mark.parametrize(("conversions", "empty"), GIVEN)
def test_a_conversion_that_gave_nothing_is_named_unless_it_delivers_elsewhere(
    conversions: set[str], empty: tuple[str, ...]
) -> None:
    elsewhere = Conversion("ftp", "webp", output_target=({"type": "ftp"},))
    one = Job("job", conversions=(WEBP, Conversion("pdf", "pdf"), elsewhere))
    assert without_result(one, [(name, ("a",)) for name in conversions]) == tuple((name, "") for name in empty)


def test_an_input_of_which_a_conversion_gave_nothing_is_named_where_it_counts() -> None:
    both = tuple(Input(name, "remote") for name in ("a", "b"))
    one = Job("job", inputs=both, conversions=(WEBP,), outputs=(Output("webp", save="d/"),))
    named = replace(one, outputs=(*one.outputs, Output("webp", "b", save="d/")))
    only_a, every = [("webp", ("a",))], [("webp", ("a",)), ("webp", ("b",))]
    untold, unknown = [("webp", ("a",)), ("webp", ())], [("webp", ("a", "x"))]
    assert without_result(one, only_a) == ()
    assert without_result(one, only_a, warned=True) == without_result(named, only_a) == (("webp", "b"),)
    for whole in (every, untold, unknown, [("webp", ("a", "b"))]):
        assert without_result(named, whole, warned=True) == ()
    each = replace(one, outputs=(Output("webp", "a", save="d/"), Output("webp", "b", save="d/")))
    assert without_result(each, [("webp", ("a", "b"))]) == (("webp", "b"),)  # one for both, which stands for one
    lenient = {"fail_on_input_error": False}
    assert without_result(replace(one, fields=lenient), only_a, warned=True) == ()
    assert without_result(replace(named, fields=lenient), only_a, warned=True) == (("webp", "b"),)
    assert named_parts([("pdf", ""), ("webp", "b")]) == "pdf, webp of b"


def test_recorded_results_are_placed_as_live_ones() -> None:
    file = SavedFile("old", 3, "ab", "o", "webp", ("cover",), 1, "x.webp")
    record = JobRecord("job", "x", "done", "j", files=(file,))
    assert recorded_names(record) == {name: name for name in ("conversions.webp", "inputs.cover")}
    (one,) = place(job(ANY), recorded(record), recorded_names(record), late)
    assert (one.path, one.conversion, one.inputs, one.output.size) == ("dist/x.webp", "webp", ("cover",), 3)


@pytest.mark.parametrize("source", [Input("i", "upload", path="in/a.txt"), Input("other", "upload", path="in/b.txt")])
def test_late_names_are_those_that_manifests_are_checked_for(source: Input) -> None:
    told: list[Mapping[str, Any]] = []

    def late(_text: Late, names: Mapping[str, Any]) -> str:
        told.append(names)
        return "x"

    outputs = (Output("c", filename=Late("${{ output.index }}", {}), save="dist/"),)
    job = Job("one", inputs=(source,), conversions=(Conversion("c", "md5", "hash"),), outputs=outputs)
    live = LiveJob("j", "completed", outputs=(LiveOutput("o", "c1", ("i1",), filename="a.md5"),))
    place(job, live, {"c1": "conversions.c", "i1": "inputs.i"}, late)
    assert told
    assert all({name: {*keys} for name, keys in names.items()} == LATE_NAMES for names in told)
