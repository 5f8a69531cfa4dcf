"""The classes of calls that faults and counts speak of."""

from __future__ import annotations

import re

CALLS = (
    (re.compile(r"POST /jobs$"), "create"),
    (re.compile(r"GET /jobs$"), "list"),
    (re.compile(r"GET /jobs/[^/]+$"), "get"),
    (re.compile(r"PATCH /jobs/[^/]+$"), "start"),
    (re.compile(r"DELETE /jobs/[^/]+$"), "cancel"),
    (re.compile(r"POST /jobs/[^/]+/input$"), "add input"),
    (re.compile(r"PATCH /jobs/[^/]+/input$"), "order"),
    (re.compile(r"PATCH /jobs/[^/]+/input/[^/]+$"), "password"),
    (re.compile(r"DELETE /jobs/[^/]+/input/[^/]+$"), "drop input"),
    (re.compile(r"POST /jobs/[^/]+/conversions$"), "add conversion"),
    (re.compile(r"PATCH /jobs/[^/]+/conversions/[^/]+$"), "edit"),
    (re.compile(r"DELETE /jobs/[^/]+/conversions/[^/]+$"), "drop conversion"),
    (re.compile(r"PATCH /jobs/[^/]+/output/[^/]+$"), "rename"),
    (re.compile(r"DELETE /jobs/[^/]+/output/[^/]+$"), "drop output"),
    (re.compile(r"POST /dl/[^/]+/upload-file/[^/]+$"), "upload"),
    (re.compile(r"POST /dl/[^/]+/upload-base64/[^/]+$"), "upload"),
    (re.compile(r"(GET|HEAD) /dl/[^/]+/download-file/"), "download"),
    (re.compile(r"POST /presets$"), "new preset"),
    (re.compile(r"PATCH /presets/[^/]+$"), "edit preset"),
    (re.compile(r"DELETE /presets/[^/]+$"), "drop preset"),
    (re.compile(r"GET /presets/[^/]+$"), "get preset"),
    (re.compile(r"GET "), "read"),
)
"""The class of a call, by which faults and counts name it."""


def class_of(line: str) -> str:
    """The class of a call from its method and path."""
    return next((name for pattern, name in CALLS if pattern.match(line)), "unknown")
