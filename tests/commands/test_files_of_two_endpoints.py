"""A file that two endpoints have as their result: what is done at one of them takes it from neither, or says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import in_dist
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: {source}}}]
conversions: [{{id: c, category: image, target: {target}, options: {{{option}: {value}}}}}]
outputs: [{{from: c, {file}save: dist/}}]
"""


def job(project: Path, file: str = "x", width: int = 8, name: str = "j") -> None:
    text = JOB.format(
        name=name, source="src/cover.png", target="webp", option="width", value=width, file=f"filename: {file}, "
    )
    (project / f"{name}.yaml").write_text(text)


def pages(project: Path, dpi: int) -> None:
    """A job of whose result only the run tells the name."""
    text = JOB.format(name="p", source="src/appendix.pdf", target="png", option="dpi", value=dpi, file="")
    (project / "p.yaml").write_text(text)


@pytest.fixture
def both(project: Path, server: Background, a2c: Command) -> Path:
    """A job that was tried with --local and then paid for at the service, which gave the same bytes."""
    job(project)
    job(project, "y", 9, "k")
    assert a2c("apply", "--local").code == 0
    assert a2c("apply", "-y").code == 0
    assert a2c("verify").code == a2c("verify", "--local").code == 0, "the local API is deterministic"
    assert server
    return project


TOO = "dist/x.webp stays here: it is a result of another endpoint, too (localhost:"


def test_a_rename_leaves_the_other_endpoint_its_file(both: Path, a2c: Command) -> None:
    job(both, "new")
    told = a2c("plan", "--local").out
    assert ("~ rename    dist/x.webp -> dist/new.webp" in told, TOO in told) == (True, True), told
    (change,) = (one for one in json.loads(a2c("plan", "--local", "--json").out)["changes"] if one["moves"])
    assert [one.partition(" (")[0] for one in change["stays"]] == [TOO.partition(" (")[0]]
    assert a2c("apply", "--local").code == 0
    assert in_dist(both) == ["new.webp", "x.webp", "y.webp"]
    assert a2c("verify", "--local").code == 0
    job(both)
    assert a2c("verify").code == 0
    back = a2c("apply", "--local")
    assert (back.code, in_dist(both)) == (0, ["x.webp", "y.webp"]), "the same bytes are there, so nothing is lost"
    assert a2c("verify").code == a2c("verify", "--local").code == 0


def test_names_that_change_places_are_asked_about(both: Path, a2c: Command) -> None:
    job(both, "y")
    job(both, "x", 9, "k")
    refused = a2c("apply", "--local")
    why = "dist/x.webp, dist/y.webp, results of another endpoint (localhost:"
    assert (refused.code, refused.err.count("would be replaced, although already paid for")) == (11, 1), refused.err
    assert why in refused.err or "dist/y.webp, dist/x.webp" in refused.err
    assert a2c("apply", "--local", "-y").code == 0
    assert a2c("verify", "--local").code == 0
    assert in_dist(both) == ["x.webp", "y.webp"]


def test_destroy_leaves_it_its_file(both: Path, a2c: Command) -> None:
    done = a2c("destroy", "j", "--local", "--files", "-y")
    assert (done.code, TOO in done.out, "removes" in done.out) == (0, True, False), done.out
    assert (in_dist(both), a2c("verify").code) == (["x.webp", "y.webp"], 0)


def test_a_result_made_anew_in_its_place_is_asked_about(both: Path, a2c: Command) -> None:
    job(both, width=7)
    told = a2c("plan", "--local").out
    assert "replaces dist/x.webp, which is a result of another endpoint, too (localhost:" in told, told
    refused = a2c("apply", "--local")
    assert (refused.code, "dist/x.webp, a result of another endpoint (localhost:" in refused.err) == (11, True)
    changes = json.loads(a2c("plan", "--local", "--json").out)["changes"]
    (paid,) = [one["replaces_paid"] for one in changes if one["replaces_paid"]]
    assert paid["dist/x.webp"].startswith("another endpoint (localhost:")
    assert a2c("apply", "--local", "-y").code == 0


def test_a_trial_costs_nothing_and_so_is_only_told(both: Path, a2c: Command) -> None:
    job(both, width=7)
    told = a2c("plan").out
    assert "replaces dist/x.webp, which is a result of another endpoint, too (local)" in told, told
    assert "another endpoint" not in a2c("apply").err
    done = a2c("apply", "-y")
    assert (done.code, in_dist(both)) == (0, ["x.webp", "y.webp"])


def test_so_it_is_of_a_result_whose_name_only_the_run_tells(project: Path, server: Background, a2c: Command) -> None:
    pages(project, 36)
    assert a2c("apply", "--local").code == 0
    assert a2c("apply", "-y").code == 0
    assert server
    pages(project, 48)
    names = in_dist(project)
    refused = a2c("apply", "--local")
    assert (refused.code, "of another endpoint (localhost:" in refused.err) == (11, True), refused.err
    done = a2c("apply", "--local", "-y")
    assert (done.code, in_dist(project)) == (0, names), done.err
