"""The words of the API: statuses, input types, engines; and the phases of a job with the status each is shown as."""

from __future__ import annotations

from collections.abc import Mapping

STATUSES: Mapping[str, str] = {
    "created": "The job has been created.",
    "incomplete": "Missing information to run the job.",
    "ready": "The job is ready to be processed.",
    "queued": "The job is queued and waits for a worker.",
    "pending": "The job waits for its download slot.",
    "downloading": "The file is currently downloading from the source URL.",
    "running": "The job is currently being processed.",
    "processing": "The file is currently being processed.",
    "completed": "The file has been successfully converted.",
    "failed": "The file has not been converted due to errors.",
    "canceled": "The job has been canceled.",
}

INCOMPLETE, READY, FETCHING, CONVERTING = "incomplete", "ready", "fetching", "converting"
COMPLETED, FAILED, CANCELED = "completed", "failed", "canceled"

TERMINAL = frozenset({COMPLETED, FAILED, CANCELED})
UNDER_WAY = frozenset({READY, FETCHING, CONVERTING})

# The guide knows ready and running; the official libraries know queued, downloading and processing.
VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "guide": {READY: "ready", FETCHING: "running", CONVERTING: "running"},
    "sdk": {READY: "queued", FETCHING: "downloading", CONVERTING: "processing"},
}

INPUT_TYPES = ("upload", "remote", "output", "input_id", "gdrive_picker", "base64", "cloud")
ENGINES = ("auto", "video", "file", "website", "screenshot", "screenshot_pdf", "zip")
RESIZE_HANDLING = ("keep_aspect_ratio", "stretch")


def code_of(phase: str, vocabulary: str) -> str:
    """The status code that a phase is shown as."""
    return VOCABULARIES[vocabulary].get(phase, phase)


def phases_of(code: str, vocabulary: str) -> tuple[str, ...]:
    """The phases shown as ``code``: what ``GET /jobs?status=`` looks for."""
    phases = (INCOMPLETE, READY, FETCHING, CONVERTING, COMPLETED, FAILED, CANCELED)
    return tuple(phase for phase in phases if code_of(phase, vocabulary) == code)


def counted(count: int, noun: str) -> str:
    """A number with its noun: ``1 input``, ``2 inputs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
