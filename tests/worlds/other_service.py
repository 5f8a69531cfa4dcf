"""A second implementation of the service, written from its documentation alone; it converts by a pure function.

It shares no code with the client nor with the local API, and takes the freedoms of the documentation as its switches
say, so that a wrong idea of the service cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

from tests.worlds.calls import class_of
from tests.worlds.http_server import Reply, Request, Server, as_json
from tests.worlds.service_bodies import from_base64, json_of, multipart
from tests.worlds.service_catalog import catalogues, presets
from tests.worlds.service_echo import Echo
from tests.worlds.service_jobs import Jobs
from tests.worlds.service_model import KEY, Entry, Job, Refusal, check_options
from tests.worlds.switches import Fault, Switches

PAGE = 50


class OtherService(Jobs):
    """The service behind its requests: who may call, what goes wrong, what is answered."""

    def __init__(self, switches: Switches, clock: Callable[[], float], advance: Callable[[float], None]) -> None:
        super().__init__(switches, clock)
        self.advance = advance
        self.faults: list[Fault] = []
        self.echo = Echo(switches, "")
        for _ in range(switches.crowd):
            job = Job(self.new_id(), "f" * 32, "crowd", self.now() - 3600, status="completed")
            self.jobs[job.id] = job

    def trouble(self, fault: Fault) -> None:
        self.faults.append(fault)

    def calm(self) -> None:
        self.faults.clear()

    def __call__(self, request: Request) -> Reply:
        """Answers one request; a fault may come in between."""
        path = request.path.removeprefix("/v2")
        call = class_of(f"{request.method} {path}")
        if not request.whole and not (self.switches.takes_parts and call == "upload"):
            return Reply(0, drop=True)
        self.advance(20.0 if call == "list" and self.switches.slow_lists else 0.01)
        parts = path.strip("/").split("/")
        subject = next((one for one in parts if one in self.jobs or one in self.presets), "")
        fault = next((one for one in self.faults if one.meets(call, subject)), None)
        kind = fault.kind if fault else ""
        owner = getattr(self.jobs.get(subject) or self.presets.get(subject), "creator", "")
        reply = self._under(kind, call, request, parts)
        self.log.append(Entry(self.actor, call, subject, owner, reply.status, kind))
        return Reply(reply.status, reply.body, {**reply.headers, **self._date()}, reply.drop)

    def _under(self, kind: str, call: str, request: Request, parts: list[str]) -> Reply:
        if kind in ("429", "500", "402", "400", "denied"):
            status = 403 if kind == "denied" else int(kind)
            return as_json(status, {"message": "A fault was asked for."})
        if kind == "unsent":
            return Reply(0, drop=True)
        if kind == "rival" and call == "upload":
            self._rival(parts[-1])
        before = set(self.jobs)
        reply = self._answered(call, request, parts)
        if kind == "fails":
            for job in [one for one in self.jobs.values() if one.id not in before or one.id in parts]:
                job.doomed = True
        if kind == "lost":
            return Reply(reply.status, drop=True)
        return as_json(500, {"message": "Something broke."}) if kind == "500 after" else reply

    def _rival(self, job_id: str) -> None:
        """Somebody else's bytes come first."""
        job = self.jobs.get(job_id)
        if job is not None and job.status == "draft":
            self.upload(job, b"bytes of somebody else", "rival.txt")
            job.edited = True
            self.start_if_ready(job)

    def _date(self) -> dict[str, str]:
        return {"Date": formatdate(self.now(), usegmt=True)} if self.switches.date_header else {}

    def _answered(self, call: str, request: Request, parts: list[str]) -> Reply:
        try:
            self._admit(call, request, parts)
            return self._handle(call, request, parts)
        except Refusal as no:
            if call == "download":
                return as_json(no.status, {"error_code": 107, "message": str(no)})
            return as_json(no.status, {"code": no.status, "message": str(no), "errors": {}})

    def _admit(self, call: str, request: Request, parts: list[str]) -> None:
        key = request.headers.get("x-api2convert-api-key") or request.headers.get("x-oc-api-key")
        token = request.headers.get("x-api2convert-token") or request.headers.get("x-oc-token")
        job = next((self.jobs[one] for one in parts if one in self.jobs), None)
        free = call == "download" or (request.method == "GET" and parts[0] in ("conversions", "presets", "statuses"))
        if not (free or key == KEY or (job and token == job.token)):
            raise Refusal(401, "Invalid api key")

    def _handle(self, call: str, request: Request, parts: list[str]) -> Reply:
        if call == "download":
            return self._download(request, parts[3])
        if call == "upload":
            return self._upload(request, self.find(parts[-1]), parts[2])
        body = json_of(request) if request.method in ("POST", "PATCH") else None
        if parts[0] == "presets":
            return presets(self, self.echo, request, parts, body)
        if call == "list":
            return self._list(request)
        if call == "create":
            return as_json(201, self._told(self.create(body)))
        if parts[0] == "jobs" and len(parts) > 1:
            return self._of_job(call, self.find(parts[1]), parts[2:], body)
        return catalogues(request, parts)

    def _told(self, job: Job) -> dict[str, Any]:
        return self.echo.job(job, self.now())

    def _list(self, request: Request) -> Reply:
        rows = self.listed()
        for job in rows:
            if job.status == "running":
                self.look(job)
        if wanted := request.query.get("status"):
            rows = [one for one in rows if self.echo.status(one) == wanted]
        page = int(request.query.get("page", "1"))
        shown = [self.echo.row(one, self.now()) for one in rows[(page - 1) * PAGE : page * PAGE]]
        return as_json(200, shown, {"X-Count": str(len(rows))}) if rows else Reply(204, headers={"X-Count": "0"})

    def _of_job(self, call: str, job: Job, rest: list[str], body: Any) -> Reply:
        if call == "get":
            self.look(job)
            return as_json(200, self._told(job))
        if call == "start":
            self.patch(job, body)
            return as_json(200, self._told(job))
        if call == "cancel":
            self.remove(job)
            return Reply(204)
        if call == "read":
            return as_json(200, self._told(job).get({"conversions": "conversion"}.get(rest[0], rest[0]), []))
        return self._of_part(call, job, rest, body)

    def _of_part(self, call: str, job: Job, rest: list[str], body: Any) -> Reply:
        if call in ("add input", "add conversion"):
            return self._add(call, job, body)
        if call == "order":
            self.reorder(job, body)
            return as_json(200, self._told(job)["input"])
        if call in ("rename", "drop output"):
            return self._output(call, job, rest[1], body)
        self.editable(job)
        group: list[Any] = job.inputs if rest[0] == "input" else job.conversions
        one = next((item for item in group if item.id == rest[1]), None)
        if one is None:
            raise Refusal(404, f"there is no such {rest[0]}")
        if call.startswith("drop"):
            group.remove(one)
            return Reply(204)
        if call == "password":
            if body.keys() - {"credentials"} or body["credentials"].keys() - {"decrypt_password"}:
                raise Refusal(400, "only the password can be changed")
            one.password = body["credentials"]["decrypt_password"]
            return as_json(200, self.echo.input(job, one, 1))
        if body.keys() - {"options", "metadata"}:
            raise Refusal(400, "only options and metadata can be changed")
        merged = one.options | check_options(one.category, one.target, body.get("options") or {})
        one.options = {name: value for name, value in merged.items() if value is not None}
        one.metadata |= body.get("metadata") or {}
        return as_json(200, self.echo.conversion(one))

    def _add(self, call: str, job: Job, body: Any) -> Reply:
        self.editable(job)
        if isinstance(body, list) and not self.switches.arrays:
            raise Refusal(400, "one object is expected")
        rows = body if isinstance(body, list) else [body]
        if call == "add input":
            new = [self.new_input(one) for one in rows]
            job.inputs += new
            told = [self.echo.input(job, one, 1) for one in new]
        else:
            made = [self.new_conversion(one) for one in rows]
            job.conversions += made
            told = [self.echo.conversion(one) for one in made]
        self.start_if_ready(job)
        return as_json(201, told if isinstance(body, list) else told[0])

    def _upload(self, request: Request, job: Job, how: str) -> Reply:
        if how == "upload-file":
            data, name, password = multipart(request)
            new = [self.upload(job, data, name, password)]
            many = False
        else:
            body = json_of(request)
            many = isinstance(body, list)
            if many and not self.switches.arrays:
                raise Refusal(400, "one object is expected")
            new = [self.upload(job, *from_base64(one)) for one in (body if many else [body])]
        self.start_if_ready(job)
        told = [self.echo.upload(job, one) for one in new]
        return as_json(200, told if many else told[0])

    def _output(self, call: str, job: Job, output_id: str, body: Any) -> Reply:
        one = next((item for item in job.outputs if item.id == output_id), None)
        if one is None:
            raise Refusal(404, "there is no such output")
        if call == "drop output":
            one.deleted = True
            return Reply(204)
        if body.keys() - {"filename", "download_password"}:
            raise Refusal(400, "only name and password can be changed")
        if not self.switches.rename:
            raise Refusal(409, "outputs cannot be changed")
        if "filename" in body:
            one.filename = f"{body['filename']}.{one.filename.rsplit('.', 1)[-1]}"
        one.password = body.get("download_password", one.password)
        return as_json(200, self.echo.output(one, self.now()))

    def _download(self, request: Request, output_id: str) -> Reply:
        found = [(job, one) for job in self.jobs.values() for one in job.outputs if one.id == output_id]
        if not found:
            raise Refusal(404, "there is no such file")
        job, one = found[0]
        if self.gone(one):
            raise Refusal(410, "The file download has been disabled")
        passwords = {*job.flags.get("download_passwords", []), *filter(None, [one.password])}
        given = request.headers.get("x-api2convert-download-password") or request.headers.get("x-oc-download-password")
        if passwords and given not in passwords:
            raise Refusal(401, "a password is needed")
        one.downloads += 1
        return Reply(200, one.data, {"Content-Type": "application/octet-stream"})


@contextmanager
def served(
    switches: Switches, clock: Callable[[], float], advance: Callable[[float], None]
) -> Iterator[tuple[OtherService, Server]]:
    """A service of these switches on a port of its own."""
    service = OtherService(switches, clock, advance)
    server = Server(service)
    service.echo = Echo(switches, f"{server.url}/v2")
    try:
        yield service, server
    finally:
        server.close()
