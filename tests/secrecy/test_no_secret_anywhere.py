"""No file, no plan, no log and no error of a whole run holds any secret, in any encoding."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from a2c_spec.testing import Service, serving
from tests.conftest import EXAMPLES, Command, Ran
from tests.secrecy.echoing import Echoing
from tests.secrecy.hunt import artefacts, betrayed, disguises

KEY = "feedfacecafebeef0123456789abcdef"

SECRETS = {
    "key": KEY,
    "report": (EXAMPLES / "src" / "report.password").read_text().strip(),
    "download": 'dl?Zq"7/+&=\\ <pass> 01',
    "conversion": "conv'Yx%3A~{pass}:02;ab",
    "output": "out`Wv|$HOME#pass 03 zz",
    "access": "AKIA/S3+access==04-qqqq",
    "ftp": "ftp:p@ss/w0rd?x=05&y=rr",
}

RECIPE = """
apiVersion: a2c-spec/v1
kind: Job
name: pack
job: {download_passwords: [{secret: "env:A2C_VAR_DOWNLOAD"}]}
inputs:
  - {id: report, path: src/report-Q3-2026.pdf, decrypt_password: {secret: "file:src/report.password"}}
conversions:
  - {id: pdf, category: document, target: pdf, options: {download_password: {secret: "env:A2C_VAR_CONVERSION"}}}
outputs:
  - {from: pdf, filename: pack, save: dist/, download_password: {secret: "env:A2C_VAR_OUTPUT"}}
"""

FAILING = """
apiVersion: a2c-spec/v1
kind: Job
name: cloudy
inputs:
  - {id: far, type: cloud, source: amazons3, parameters: {bucket: b, file: f.pdf},
     credentials: {accesskeyid: {secret: "env:A2C_VAR_ACCESS"}, secretaccesskey: {secret: "env:A2C_VAR_ACCESS"}}}
conversions:
  - id: pdf
    category: document
    target: pdf
    output_target:
      - {type: ftp, parameters: {host: 127.0.0.1, file: /x.pdf, port: 9},
         credentials: {username: {secret: "env:A2C_VAR_FTP"}, password: {secret: "env:A2C_VAR_FTP"}}}
"""


@dataclass
class Watched:
    """Runs commands and keeps everything they say."""

    a2c: Command
    said: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, *args: str) -> Ran:
        ran = self.a2c(*args)
        self.said[f"{len(self.said)}: {' '.join(args)}"] = f"{ran.out}\n{ran.err}".encode()
        return ran


@pytest.fixture
def service(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("download", "conversion", "output", "access", "ftp"):
        monkeypatch.setenv(f"A2C_VAR_{name.upper()}", SECRETS[name])
    (project / "pack.yaml").write_text(RECIPE)
    (project / "cloudy.yaml").write_text(FAILING)
    with serving(Settings(api_keys=(KEY,))) as one:
        monkeypatch.setenv("API2CONVERT_API_KEY", KEY)
        monkeypatch.setenv("API2CONVERT_BASE_URL", one.url)
        yield one


def tokens(service: Service) -> dict[str, str]:
    """The tokens of all jobs: each gives full access to its job."""
    request = Request(f"{service.url}/jobs", headers={"X-Api2convert-Api-Key": KEY})
    with urlopen(request, timeout=30) as response:
        return {f"token of {row['id']}": row["token"] for row in json.loads(response.read())}


def check(project: Path, watched: Watched, service: Service) -> None:
    """Nothing shows anywhere, but in the one file that is there to hold a secret."""
    places = watched.said | artefacts(project, {"src/report.password"})
    assert any(name.endswith("state.db") for name in places)
    assert betrayed(SECRETS | tokens(service), places) == []


def test_a_whole_run_betrays_nothing(project: Path, a2c: Command, service: Service) -> None:
    watched = Watched(a2c)
    for args in (
        ("validate", "pack.yaml", "--json"),
        ("render", "pack.yaml"),
        ("plan", "pack.yaml", "-v", "--explain"),
        ("plan", "pack.yaml", "--json", "--explain"),
        ("plan", "pack.yaml", "-o", "saved.a2cplan.json"),
        ("show", "saved.a2cplan.json"),
        ("apply", "pack.yaml", "-v", "--json"),
        ("status", "pack", "--json"),
        ("show", "pack"),
        ("state", "show", "pack"),
        ("history", "pack", "--json"),
        ("drift", "--json"),
        ("verify", "--json"),
        ("plan", "pack.yaml"),
    ):
        watched(*args)
    assert (project / "dist" / "pack.pdf").exists(), watched.said
    check(project, watched, service)


def test_failures_betray_nothing(
    project: Path, a2c: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(a2c)
    assert watched("apply", "cloudy.yaml", "-v").code == 6
    assert watched("apply", "cloudy.yaml", "-v", "--json").code == 6
    service.fail(do="status", status=401, path="*/download-file/*", times=None)
    assert watched("apply", "pack.yaml", "-v").code == 3
    service.fail(do="malformed", path="/jobs/*", times=None)
    assert watched("apply", "pack.yaml", "-v").code == 8
    monkeypatch.setenv("API2CONVERT_BASE_URL", "http://127.0.0.1:9/v2")
    assert watched("apply", "cloudy.yaml", "-v", "-y").code == 8
    check(project, watched, service)


@pytest.fixture
def echoing(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Echoing]:
    """In the place of the service one that says all it knows."""
    app = Echoing(Settings(api_keys=(KEY,)), SECRETS)
    with Background(app) as server:
        app.url = server.url
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
        yield app


def checked_with(echoing: Echoing, project: Path, watched: Watched) -> None:
    tokens = {f"token {row.id}": row.token for row in echoing.service.store.all_jobs(limit=-1, offset=0)}
    places = watched.said | artefacts(project, {"src/report.password"})
    assert tokens
    assert len(echoing.heard) >= 4
    assert betrayed(SECRETS | tokens, places) == []


AFTERWARDS = (
    ("plan", "pack.yaml", "-v", "--explain"),
    ("plan", "pack.yaml", "--json"),
    ("plan", "pack.yaml", "-o", "saved.a2cplan.json"),
    ("status", "pack", "--json"),
    ("state", "show", "pack"),
    ("history", "pack", "--json"),
    ("drift", "--json"),
    ("plan", "--refresh-only", "--json"),
    ("report", "--out", "report.html"),
    ("graph", "pack.yaml"),
    ("doctor",),
)


def test_a_service_that_echoes_everything_is_not_passed_on(
    project: Path, a2c: Command, echoing: Echoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(a2c)
    assert watched("apply", "pack.yaml", "-v", "--detach").code == 0
    assert watched("wait", "--json").code == 0
    assert (project / "dist" / "pack.pdf").exists(), watched.said
    assert b"(sensitive)" in watched.said["1: wait --json"]
    for args in AFTERWARDS:
        watched(*args)
    monkeypatch.delenv("A2C_VAR_CONVERSION")  # what is recorded must not show where nothing tells what to hide
    for args in AFTERWARDS[:5]:
        watched(*args, *(["--offline"] if args[0] == "plan" else []))
    checked_with(echoing, project, watched)


def test_a_service_that_echoes_everything_when_it_refuses_or_fails(
    project: Path, a2c: Command, echoing: Echoing
) -> None:
    watched = Watched(a2c)
    echoing.refusing = True
    assert watched("apply", "pack.yaml", "-v").code == 5
    assert watched("apply", "pack.yaml", "--json").code == 5
    echoing.refusing, echoing.failing = False, True
    assert watched("apply", "pack.yaml", "--json").code == 6
    assert watched("apply", "pack.yaml", "-v", "-y").code == 6
    for args in AFTERWARDS:
        watched(*args)
    body = {"process": False, "conversion": [{"target": "pdf", "options": {"user_password": SECRETS["ftp"]}}]}
    request = Request(f"{echoing.url}/jobs", json.dumps(body).encode(), {"X-Api2convert-Api-Key": KEY})
    with urlopen(request, timeout=30) as response:
        job = json.loads(response.read())["id"]
    watched("import", job, "--name", "taken")
    assert (project / "taken.yaml").exists(), watched.said
    checked_with(echoing, project, watched)


def test_passwords_in_plain_text_are_not_passed_on(project: Path, a2c: Command, echoing: Echoing) -> None:
    """Where a manifest holds them all the same, it is the only place, and it says so."""
    recipe = RECIPE
    for name in ("download", "conversion", "output"):
        recipe = recipe.replace(f'{{secret: "env:A2C_VAR_{name.upper()}"}}', json.dumps(SECRETS[name]))
    (project / "pack.yaml").write_text(recipe)
    watched = Watched(a2c)
    assert watched("validate", "pack.yaml").out.count("is in plain text") == 3
    watched("apply", "pack.yaml", "-v", "--json")
    assert (project / "dist" / "pack.pdf").exists(), watched.said
    for args in AFTERWARDS:
        watched(*args)
    places = watched.said | artefacts(project, {"src/report.password", "pack.yaml"})
    assert betrayed(SECRETS, places) == []


def test_a_secret_that_changed_shows_as_changed_and_as_nothing_else(
    project: Path, a2c: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(a2c)
    assert watched("apply", "pack.yaml").code == 0
    other = "another)(pass*word-06"
    assert watched("plan", "pack.yaml", "--detailed-exitcode").code == 0
    monkeypatch.setenv("A2C_VAR_OUTPUT", other)
    plan = watched("plan", "pack.yaml", "-v")
    assert "(sensitive: changed)" in plan.out
    assert watched("apply", "pack.yaml", "-y", "-v").code == 0
    check(project, watched, service)
    assert betrayed({"other": other}, watched.said | artefacts(project, set())) == []


def test_what_is_ours_only_its_owner_can_read(project: Path, a2c: Command, service: Service, tmp_path: Path) -> None:
    assert a2c("apply", "pack.yaml").code == 0
    assert service.calls(method="POST")
    ours = [project / ".a2c", tmp_path / "data" / "a2c-spec" / "hmac.key"]
    ours += [path for path in (project / ".a2c").iterdir() if path.name.endswith((".db", ".lock"))]
    assert [path for path in ours if path.stat().st_mode & 0o077] == []


def test_the_hunter_finds_what_is_there(tmp_path: Path) -> None:
    for number, disguise in enumerate(disguises(SECRETS["download"])):
        (tmp_path / str(number)).write_bytes(b"before " + disguise + b" after")
    shutil.copy(EXAMPLES / "report.yaml", tmp_path / "innocent")
    found = betrayed({"download": SECRETS["download"]}, artefacts(tmp_path, set()))
    assert len(found) == len(list(tmp_path.iterdir())) - 1


def test_a_surprise_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    from a2c_spec.commands._output import explain

    def broken(password: str) -> None:
        raise ValueError(f"cannot take {password}")

    with pytest.raises(ValueError, match="cannot take") as caught:
        broken(SECRETS["ftp"])
    assert explain(caught.value, as_json=False, verbose=True) == 1
    assert betrayed({"ftp": SECRETS["ftp"]}, {"stderr": capsys.readouterr().err.encode()}) == []
