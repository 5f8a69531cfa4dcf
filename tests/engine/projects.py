"""What tests of the engine share: jobs as values, and a project in a folder of its own whose world is fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Output, Secret
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.runtime import Runtime
from a2c_spec.engine.session import Session, open_state
from a2c_spec.manifests.project_file import Project as ProjectFile
from tests.core.planner.situations import record_of

NOW = 1_700_000_000.0
KEY = "5d1e4a3c-0000-4000-8000-000000000001"
LINK = Input("cover", "remote", source="https://example.com/cover.png")
WEBP = Conversion("webp", "webp", "image")


def project_in(root: Path, environ: Mapping[str, str] | None = None, cache: str = "", **flags: Any) -> Project:
    """A project in ``root``, with just these environment variables and flags; its clock stands still."""
    settings = ProjectFile(root, cache={"url": cache} if cache else {})
    surroundings = {"XDG_DATA_HOME": str(root / "data"), "XDG_CONFIG_HOME": str(root / "config")} | dict(environ or {})
    runtime = Runtime(clock=lambda: NOW, new_key=lambda: KEY, environ=surroundings)
    return Project(Flags(**flags), root, root, settings, (), runtime)


@contextmanager
def session_in(root: Path, **flags: Any) -> Iterator[Session]:
    """A session of such a project, without the service; the realm is that of the local API."""
    with open_state(project_in(root, local=True, **flags)) as session:
        yield session


def job(address: str = "job", *needed: str, **more: Any) -> Job:
    """A job that takes one link, and a result of each job that it needs."""
    inputs = (LINK, *(Input(f"from-{name}", "from", source=f"{name}.webp") for name in needed))
    return replace(Job(address, inputs=inputs, conversions=(WEBP,), outputs=(Output("webp", save="dist/"),)), **more)


def mark(secret: Secret | str) -> str:
    """A fingerprint of a secret that shows which one it is."""
    return secret.reference if isinstance(secret, Secret) else "literal"


def desired(one: Job) -> DesiredJob:
    return prepare(one, mark, PlannerOptions())


def record(one: Job, **more: Any) -> JobRecord:
    """What is recorded of a job that was built as it is desired."""
    return replace(record_of(desired(one), more.pop("phase", "done")), realm="local", **more)
