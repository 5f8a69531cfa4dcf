"""What a run is going to do is told before it does it: what is sent and made, and which files are written."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Conversion, Input, Job, Late, Output
from a2c_spec.core.foreseen import foreseen, work_of
from a2c_spec.core.plan import Change

UPLOAD, REMOTE = {"type": "upload"}, {"type": "remote"}
TAKEN = {"type": "output", "upstream": "digest"}
WEBP, PDF = {"target": "webp", "category": "image"}, {"target": "pdf"}
CREATE = Call("create_job", starts=True)

WORK: list[tuple[list[Any], list[Any], str]] = [
    ([], [], "an empty job"),
    ([UPLOAD], [WEBP], "1 upload (1.5 kB), 1 conversion to image/webp"),
    ([UPLOAD, REMOTE, UPLOAD], [WEBP, PDF, WEBP], "2 uploads (1.5 kB), 1 remote, 3 conversions to image/webp, pdf"),
    ([REMOTE, REMOTE], [PDF], "2 remote, 1 conversion to pdf"),
    ([TAKEN, TAKEN], [PDF], "2 results of other jobs (1.5 kB), 1 conversion to pdf"),
    ([UPLOAD, TAKEN], [PDF], "1 upload (1.5 kB), 1 result of other jobs, 1 conversion to pdf"),
    ([{"type": "output"}], [PDF], "1 remote, 1 conversion to pdf"),
]


HELD: list[tuple[list[Any], list[int], int, str]] = [
    ([UPLOAD], [0], 0, "1 upload (0 B)"),
    ([UPLOAD], [], 0, "bytes that the service holds"),
    ([UPLOAD, UPLOAD, REMOTE], [1], 7, "1 upload (7 B), bytes of 1 input that the service holds, 1 remote"),
    ([UPLOAD, TAKEN], [1], 7, "bytes that the service holds, 1 result of other jobs (7 B)"),
    ([TAKEN], [], 0, "1 result of other jobs"),
]


@pytest.mark.parametrize(("inputs", "sent", "size", "told"), HELD)
def test_bytes_are_told_as_sent_or_held_by_what_the_calls_carry(
    inputs: list[Any], sent: list[int], size: int, told: str
) -> None:
    basis = {"inputs": {str(place): one for place, one in enumerate(inputs)}, "conversions": {"c": PDF}}
    carrying = Call("upload_base64", creates=tuple(f"inputs.{place}" for place in sent), size=size)
    calls = (CREATE, *([carrying] if sent else []))
    assert work_of(Change("a", "create", (), calls, basis=basis)) == f"{told}, 1 conversion to pdf"


@pytest.mark.parametrize(("inputs", "conversions", "told"), WORK)
def test_a_new_job_is_summed_up_by_its_inputs_and_targets(inputs: list[Any], conversions: list[Any], told: str) -> None:
    names = [str(place) for place in range(len(inputs))]
    basis = {"inputs": dict(zip(names, inputs, strict=True)), "conversions": dict(enumerate(conversions))}
    send = Call("upload_base64", creates=tuple(f"inputs.{name}" for name in names), size=1500)
    assert work_of(Change("a", "create", ("new",), (CREATE, send), basis=basis)) == told
    held = Change("a", "create", (), (Call("create_job"), send), basis=basis)
    assert work_of(held) == f"{told}, held, not started"
    assert work_of(Change("a", "update", (), (Call("patch_job"),), basis=basis)) == ""


def late(text: Late, _scope: Any) -> str:
    return f"late-{text.text}"


ONE, TWO = Input("a", "upload", path="src/a.png"), Input("b", "upload", path="src/b.png")
WEB, SMALL = Conversion("web", "webp", "image"), Conversion("small", "webp", "image")
EACH = Conversion("web", "webp", "image", options={"allow_multiple_outputs": True})
UNTOLD = "dist/ (results of web, whose names the run tells)"

PLACES: list[tuple[Job, list[str], list[str]]] = [
    (Job("j", inputs=(ONE,), conversions=(WEB,), outputs=(Output("web", save="dist/"),)), ["dist/a.webp"], []),
    (Job("j", inputs=(ONE,), conversions=(WEB,), outputs=(Output("web", save=""),)), [], []),
    (Job("j", inputs=(ONE, TWO), conversions=(WEB,), outputs=(Output("web", save="dist/"),)), [], [UNTOLD]),
    (
        Job(
            "j",
            inputs=(ONE,),
            conversions=(WEB,),
            outputs=(Output("web", filename=Late("output.index", {}), save="dist/"),),
        ),
        [],
        [UNTOLD],
    ),
    (
        Job("j", inputs=(ONE,), conversions=(WEB,), outputs=(Output("web", save=Late("output.index", {})),)),
        [],
        ["a folder that the run tells (results of web, whose names the run tells)"],
    ),
    (
        Job("j", inputs=(ONE, TWO), conversions=(WEB,), outputs=(Output("web", filename="x", save="dist/"),)),
        ["dist/x.zip"],
        ["dist/x.webp instead, if web makes one result of all inputs"],
    ),
    (
        Job("j", inputs=(ONE, TWO), conversions=(EACH,), outputs=(Output("web", filename="x", save="dist/"),)),
        ["dist/x.webp"],
        ["dist/x.webp with -2, -3, ... in its name (if web gives several results)"],
    ),
    (
        Job(
            "j",
            inputs=(ONE,),
            conversions=(WEB, SMALL),
            outputs=(Output("small", save="dist/"), Output("web", save="dist/")),
        ),
        ["dist/a.webp", "dist/a-2.webp"],
        [],
    ),
    (
        Job(
            "j",
            inputs=(ONE,),
            conversions=(WEB,),
            outputs=(Output("web", save="dist/"),),
            elsewhere=frozenset({"dist/a.webp"}),
        ),
        ["dist/a-2.webp"],
        [],
    ),
]


@pytest.mark.parametrize(("job", "paths", "others"), PLACES)
def test_every_place_is_a_path_that_is_known_or_a_folder_whose_names_the_run_tells(
    job: Job, paths: list[str], others: list[str]
) -> None:
    found = foreseen(job, late)
    assert ([path for path, _ in found.paths], list(found.others)) == (paths, others)
