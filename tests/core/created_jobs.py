"""A record, a create that was about to be sent, and the job that it made."""

from __future__ import annotations

from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.state import Element, Intent, JobRecord

BARE = JobRecord("a", "x")
HELD = JobRecord("a", "x", "building", "job-1", elements={"job": Element("job-1", {"callback": "c"})})
INTENT = Intent(
    ("create_job",),
    fingerprint="f",
    basis={"order": []},
    elements={"job": Element("", {"callback": "c"}), "inputs.a": Element(""), "conversions.webp": Element("")},
    noted_at=1000.0,
)
LIVE = LiveJob(
    "job-2",
    "incomplete",
    created_at="1970-01-01T00:16:41",
    inputs=(LiveInput("in-1"),),
    conversions=(LiveConversion("con-1"),),
)
