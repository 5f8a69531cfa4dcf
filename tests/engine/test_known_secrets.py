"""What is hidden in what the service says: recorded secrets, the key, passwords of proxies, and plain ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.core.sensitive import HIDDEN
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.endpoint import Endpoint
from a2c_spec.engine.known_secrets import watch
from a2c_spec.engine.project import Project
from a2c_spec.state.sqlite import SqliteStore
from tests.engine.projects import project_in
from tests.state.stores import put

DIGEST = "#" + "0" * 64
MANIFEST = """
apiVersion: a2c-spec/v1
kind: Job
name: report
inputs: [{id: a, source: "https://example.com/report.pdf", decrypt_password: written7}]
conversions: [{id: c, target: png, options: {download_password: {secret: "env:letter"}}}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "report.yaml").write_text(MANIFEST)
    return project_in(tmp_path, {"SENT": "sent-earlier", "RUN": "never-run"}, allow_cmd=("never",))


def watched(project: Project, *marks: str, key: str = "the-api-key", realm: str = "host") -> Project:
    store = SqliteStore(project.root / "state.db", "host")
    put(store, JobRecord("a", "host", basis={"all": [{"$secret": mark} for mark in marks]}))
    watch(project, store, Endpoint("https://host", key, realm))
    return project


def test_the_key_is_hidden_but_not_the_word_that_stands_for_it_locally(project: Project) -> None:
    assert watched(project).hidden.text("the-api-key") == HIDDEN
    local = project_in(project.root)
    assert watched(local, key="local", realm="local").hidden.text("local") == "local"


def test_what_earlier_runs_sent_is_hidden_as_far_as_it_can_be_had(project: Project) -> None:
    hidden = watched(project, f"env:SENT{DIGEST}", "env:UNSET", f"cmd:touch ran{DIGEST}").hidden
    assert hidden.text("sent-earlier") == HIDDEN
    assert not (project.root / "ran").exists()


def test_what_stands_in_a_manifest_in_plain_text_is_hidden_where_it_was_sent(project: Project) -> None:
    assert watched(project).hidden.text("written7") == "written7"
    assert watched(project_in(project.root), f"literal{DIGEST}").hidden.text("written7") == HIDDEN


def test_the_password_of_a_proxy_is_hidden(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:pass%20word@proxy:3128")
    assert watched(project).hidden.text("407 for me:pass word") == f"407 for me:{HIDDEN}"


@pytest.mark.parametrize("user", ["s3cretToken", "s3cretToken:", "s3cretToken:x"])
def test_a_token_that_stands_as_the_user_of_a_proxy_is_hidden(
    user: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{user}@proxy:3128")
    assert watched(project).hidden.text("407 no s3cretToken") == f"407 no {HIDDEN}"


def test_a_text_that_a_manifest_shows_to_everybody_stays_in_echoes(project: Project) -> None:
    hidden = watched(project).hidden
    hidden.learn("report", "written7", "letter")
    assert hidden.data({"filename": "report.pdf", "info": "report"}) == {"filename": "report.pdf", "info": HIDDEN}
    assert hidden.data({"a": "written7", "b": "letter"}) == {"a": HIDDEN, "b": HIDDEN}
