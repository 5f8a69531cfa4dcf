"""The built-in local API in the place of the other service: the same books are kept from what it tells about itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from a2c_spec.local_api.settings import Limits, Progression, Settings, Unknowns
from a2c_spec.testing import Service, serving
from tests.worlds.calls import class_of
from tests.worlds.flavour import picture_of
from tests.worlds.meddling import THEIRS
from tests.worlds.service_jobs import Jobs
from tests.worlds.service_model import KEY, TERMINAL, Entry, Job, Output, Start
from tests.worlds.switches import Fault, Switches

ID = "?" * 36
PATHS = {
    "create": ("POST", "/jobs"),
    "list": ("GET", "/jobs"),
    "get": ("GET", f"/jobs/{ID}"),
    "start": ("PATCH", f"/jobs/{ID}"),
    "cancel": ("DELETE", f"/jobs/{ID}"),
    "edit": ("PATCH", f"/jobs/{ID}/conversions/{ID}"),
    "rename": ("PATCH", f"/jobs/{ID}/output/{ID}"),
    "upload": ("POST", "*/upload-*"),
    "download": ("GET", "*/download-file/*"),
    "edit preset": ("PATCH", "/presets/*"),
}
"""The class of a call as the local API's faults name it."""


class LocalService(Jobs):
    """Knows of jobs and calls what the local API says; ``refresh`` brings it up to date."""

    def __init__(self, switches: Switches, clock: Callable[[], float]) -> None:
        super().__init__(switches, clock)
        self.rows: list[tuple[str, Mapping[str, Any]]] = []
        self.api: Service | None = None

    def heard(self, row: Mapping[str, Any]) -> None:
        """One call, once it was answered."""
        self.rows.append((self.actor, row))

    def trouble(self, fault: Fault) -> None:
        where, do = PATHS.get(fault.call), _act(fault.kind)
        if where and do and self.api:
            self.api.fail(method=where[0], path=where[1], nth=fault.skip + 1, times=fault.times, **do)

    def calm(self) -> None:
        self._ask("DELETE", "/_a2c/faults")

    def refresh(self) -> None:
        actor, self.actor = self.actor, "judge"
        rows, self.rows = self.rows, []
        for row in self._ask("GET", "/jobs") or []:
            self._take(row, actor)
        for who, row in rows:
            path = str(row["path"])
            subject = next((one for one in path.split("/") if one in self.jobs), "")
            owner = self.jobs[subject].creator if subject else ""
            call = class_of(f"{row['method']} {path}")
            fault = " ".join(row.get("faults") or ())
            self.log.append(Entry(who, call, subject, owner, row.get("status") or 0, fault))
            if call == "cancel" and row.get("status") in (204, 404) and subject:
                self.jobs[subject].deleted = True
        self.rows.clear()
        self.actor = actor

    def _take(self, row: Mapping[str, Any], actor: str) -> None:
        job = self.jobs.setdefault(row["id"], Job(row["id"], row["token"], actor, self.now()))
        code = row["status"]["code"]
        status = code if code in TERMINAL else "draft" if code == "incomplete" or not row["process"] else "running"
        if job.status == "draft" and status != "draft" and (row["process"] or status != "canceled"):
            self.starts.append(Start(actor, job.creator, job.id, (), job.edited))
        job.status = status
        job.outputs = [Output(one["id"], "", [], one["filename"], b"", self.now()) for one in row["output"]]

    def meddle(self, what: str, one: Any) -> None:
        """Somebody else does something to a job; to presets, nobody does anything here."""
        if what == "start":
            self._ask("PATCH", f"/jobs/{one.id}", {"process": True})
        elif what == "set inputs":
            rows = (self._ask("GET", f"/jobs/{one.id}") or {}).get("input", ())
            body = [{"id": row["id"], "options": dict(THEIRS)} for row in rows[::2]]
            one.edited = bool(body and self._ask("PATCH", f"/jobs/{one.id}/input", body)) or one.edited
        elif what in ("cancel", "delete"):
            self._ask("DELETE", f"/jobs/{one.id}")
            one.deleted = True
        elif what == "drop outputs":
            for output in one.outputs:
                self._ask("DELETE", f"/jobs/{one.id}/output/{output.id}")
        elif what == "rename":
            self._ask("PATCH", f"/jobs/{one.id}/output/{one.outputs[0].id}", {"filename": "elsewhere"})
        self.refresh()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        assert self.api is not None
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.api.url}{path}", method=method, data=data)
        request.add_header("X-Api2convert-Api-Key", KEY)
        request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=30) as response:
                text = response.read()
        except HTTPError as error:
            error.close()
            return None
        except ConnectionError:  # a fault of the world met us instead of the client
            return None
        return json.loads(text) if text else None


def _act(kind: str) -> dict[str, Any]:
    if kind in ("lost", "unsent"):
        return {"do": "drop", "when": "after" if kind == "lost" else "before"}
    if kind == "500 after":
        return {"do": "status", "status": 500, "when": "after"}
    status = 403 if kind == "denied" else int(kind) if kind.isdigit() else 0
    return {"do": "status", "status": status} if status else {}


def _unknowns(switches: Switches) -> Unknowns:
    return Unknowns(
        staged_status="ready" if switches.staged == "ready" else "incomplete",
        vocabulary="sdk" if switches.words == "sdk" else "guide",
        after_delete="canceled" if switches.deleted == "canceled" else "404",
        delete_finished=409 if switches.remove == "409" else 204,
        arrays=switches.arrays,
        position_echoed=switches.echo_positions,
        upload_reply="input" if switches.upload_reply == "input" else "ids",
    )


@contextmanager
def served_locally(switches: Switches, clock: Callable[[], float], folder: Path) -> Iterator[tuple[LocalService, str]]:
    """A local API of these switches, as far as it has them, on a port of its own."""
    service = LocalService(switches, clock)
    folder.mkdir(parents=True, exist_ok=True)
    far = {}
    for number, name in enumerate(("far", "near")):
        file = folder / f"{name}.png"
        file.write_bytes(picture_of(number + 9))
        far[f"https://files.example/{name}.txt"] = file
    settings = Settings(
        clock=lambda: clock() + switches.skew,
        api_keys=(KEY,),
        seed=1,
        progression=Progression("polls", 1, max(0, switches.polls - 1)),
        limits=Limits(output_lifetime=switches.outputs_last),
        unknowns=_unknowns(switches),
        remote_files=far,
        on_call=service.heard,
    )
    with serving(settings) as api:
        service.api = api
        yield service, api.url
