"""The settings of the service, among them one for each fact about the real API that no public source tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from a2c_spec.local_api.simulation.faults import Fault

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progression:
    """How fast a started job *shows* its progress; the work itself is always done as fast as possible.

    ``work``: the real progress. ``time``: the job shows as ready, then as running, for so many seconds of the service's
    clock. ``polls``: the same for so many reads of the job.
    """

    by: Literal["work", "time", "polls"] = "work"
    ready: float = 0
    running: float = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the service, which answers 413 (the first three), 402 (inputs, job bytes, credits) or 429."""

    upload_bytes: int = 4096 * MIB
    json_bytes: int = 16 * MIB
    base64_bytes: int = 256 * MIB
    inputs: int | None = None
    job_bytes: int | None = None
    concurrent_jobs: int | None = None
    credits: int | None = None
    downloads: int = 10
    output_lifetime: float = 24 * 3600
    fetch_seconds: float = 60
    fetch_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Facts about the real API that no public source tells, each with the safest assumption; change them for tests."""

    staged_status: Literal["incomplete", "ready"] = "incomplete"  # of a job with process false and all its parts
    vocabulary: Literal["guide", "sdk"] = "guide"  # ready, running | queued, downloading, processing
    after_delete: Literal["404", "canceled"] = "404"  # the answer of a deleted job
    delete_finished: Literal[204, 409] = 204  # DELETE of a completed or failed job
    arrays: bool = True  # POST /input and /conversions accept an array of objects
    upload_starts: bool = True  # the first upload to a process:true job starts it
    position_echoed: bool = True  # options.position is shown once it has been set
    inputs_listed: Literal["submission", "position"] = "submission"  # order of input[] after a reorder
    inline_position: bool = False  # options.position at creation counts
    empty_body: Literal[400, 204] = 400  # POST /jobs without a body
    unknown_target: Literal["refuse", "fail"] = "refuse"  # 400 at once, or a job that fails
    unknown_options: Literal["refuse", "ignore"] = "refuse"  # conversion options the catalog does not list
    passwords_after_start: bool = False  # download_passwords may be rotated on a started job
    upload_reply: Literal["ids", "input"] = "ids"  # {"id": {"job", "input"}, ...} or the InputFile
    contracts: Literal["object", "array", "none"] = "object"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one service. Without ``data_dir`` its data is in a temporary folder, deleted at the end."""

    data_dir: Path | None = None
    api_keys: tuple[str, ...] = ()  # each is an account; none: the service makes a random one
    base_url: str = ""  # of generated URLs; empty: taken from each request
    seed: str | int | None = None  # makes ids and tokens repeatable
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep  # between attempts to deliver a callback
    workers: int = 2  # jobs carried out at the same time
    progression: Progression = Progression()
    limits: Limits = Limits()
    unknowns: Unknowns = Unknowns()
    faults: tuple[Fault, ...] = ()
    allow_browser: bool = False  # may inputs be pages that a browser opens? A2C_BROWSER allows it too
    fetch_private: bool = False  # may remote inputs, clouds and callbacks reach loopback and private addresses?
    remote_files: Mapping[str, Path] = field(default_factory=dict)  # URL -> local file used instead of it
    callback_secret: str = ""  # sign callbacks with X-Oc-Signature
    log_calls: bool = True
    on_call: Callable[[Mapping[str, Any]], None] | None = None  # is called with the record of every answered request
