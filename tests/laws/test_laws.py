"""Laws that hold for any manifest: apply then plan is empty, an edit ends in what was asked for, import is idle.

Each runs the whole command line against the local API, which shares no code with the client.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from a2c_spec.cli import run
from tests.conftest import EXAMPLES

FILES = ("src/cover.png", "src/signatures.png", "src/appendix.pdf")
STEPS = settings(
    max_examples=int(os.environ.get("A2C_SPEC_LAW_EXAMPLES", "12")),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)

uploads = st.fixed_dictionaries({"path": st.sampled_from(FILES)})
remotes = st.fixed_dictionaries(
    {"source": st.sampled_from(["https://example.invalid/a.pdf", "https://example.invalid/b.pdf"])}
)
extras = st.fixed_dictionaries(
    {},
    optional={
        "slide_duration": st.sampled_from([0.5, 2, 120]),
        "resize_handling": st.sampled_from(["keep_aspect_ratio", "stretch"]),
        "decrypt_password": st.just({"secret": "env:A2C_VAR_LAW_PASSWORD"}),
    },
)
inputs = st.lists(st.builds(lambda one, more: one | more, uploads | remotes, extras), min_size=1, max_size=3)
conversions = st.lists(
    st.builds(
        lambda target, options, metadata: {
            "category": target[0],
            "target": target[1],
            "options": options,
            "metadata": metadata,
        },
        st.sampled_from([("document", "pdf"), ("image", "webp")]),
        st.fixed_dictionaries({}, optional={"dpi": st.sampled_from([72, 150]), "rotate": st.sampled_from([90, 180])}),
        st.fixed_dictionaries({}, optional={"title": st.sampled_from(["", "One", "Two"]), "author": st.just("Me")}),
    ),
    min_size=1,
    max_size=2,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "callback": st.just("https://example.invalid/hook"),
        "notify_status": st.booleans(),
        "fail_on_input_error": st.booleans(),
        "fail_on_conversion_error": st.booleans(),
        "download_passwords": st.just([{"secret": "env:A2C_VAR_LAW_PASSWORD"}]),
    },
)


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    """A staged job: nothing in it is started, so every part can be edited."""
    return {
        "apiVersion": "a2c-spec/v1",
        "kind": "Job",
        "name": "law",
        "job": {"process": False, **draw(fields)},
        "inputs": [{"id": f"i{n}", **one} for n, one in enumerate(draw(inputs))],
        "conversions": [{"id": f"c{n}", **one} for n, one in enumerate(draw(conversions))],
    }


class Bench:
    """A project folder and the command line in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *args: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*args, "-C", str(self.folder), "--local"])
        assert "Traceback" not in err.getvalue()
        return code, out.getvalue() or err.getvalue()

    def apply(self, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(plan, summary) of applying a manifest."""
        (self.folder / "m.yaml").write_text(yaml.safe_dump(dict(manifest), sort_keys=False))
        code, out = self("apply", "m.yaml", "--json", "-y")
        assert code == 0, out
        lines = [json.loads(line) for line in out.splitlines()]
        return lines[0], lines[-1]

    def plan(self, name: str = "m.yaml") -> dict[str, Any]:
        code, out = self("plan", name, "--json")
        assert code == 0, out
        tree: dict[str, Any] = json.loads(out)
        return tree


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a2c.yaml").write_text("")
        shutil.copytree(EXAMPLES / "src", folder / "src")
        yield Bench(folder)


@pytest.fixture(autouse=True, scope="module")
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as data:
        patch.setenv("XDG_DATA_HOME", data)
        patch.setenv("A2C_VAR_LAW_PASSWORD", "letters and digits 4711")
        patch.delenv("API2CONVERT_BASE_URL", raising=False)
        yield


@STEPS
@given(manifests())
def test_after_an_apply_the_plan_is_empty(manifest: dict[str, Any]) -> None:
    with bench() as project:
        project.apply(manifest)
        assert project.plan()["noop"], project.plan()["changes"][0]["reasons"]


@STEPS
@given(manifests(), manifests())
def test_an_edit_sends_just_the_planned_calls_and_ends_in_what_was_asked_for(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    with bench() as project:
        project.apply(before)
        plan, summary = project.apply(after)
        sent = {method: count for method, count in summary["requests"].items() if method != "GET"}
        assert sent == plan["totals"]["calls"]
        assert project.plan()["noop"], project.plan()["changes"][0]["reasons"]


@STEPS
@given(manifests())
def test_after_an_import_the_plan_is_empty(manifest: dict[str, Any]) -> None:
    with bench() as project:
        _, summary = project.apply(manifest)
        assert project("state", "rm", "law")[0] == 0
        code, out = project("import", summary["jobs"][0]["job_id"], "--name", "again")
        assert code == 0, out
        assert project.plan("again.yaml")["noop"], project.plan("again.yaml")["changes"][0]["reasons"]


@STEPS
@given(manifests(), st.randoms(use_true_random=False))
def test_formatting_comments_and_key_order_never_matter(manifest: dict[str, Any], random: Any) -> None:
    with bench() as project:
        project.apply(manifest)
        keys = list(manifest)
        random.shuffle(keys)
        text = yaml.safe_dump({key: manifest[key] for key in keys}, sort_keys=bool(random.getrandbits(1)), indent=4)
        (project.folder / "m.yaml").write_text("# a comment\n\n" + text.replace(":\n", ":  # why not\n"))
        assert project.plan()["noop"]
