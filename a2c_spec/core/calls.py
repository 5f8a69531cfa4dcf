"""One planned HTTP request as a value: what is sent where, what its answer names, what it makes true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.core.desired import Content, Secret


@dataclass(frozen=True, slots=True)
class Ref:
    """The API id of a named element (``inputs.cover``), or the output id behind ``from:job.conversion``."""

    name: str


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one upload: a file below the project root, or base64 text that the manifest holds."""

    input: str
    filename: str
    content: Content
    path: str = ""
    base64: str = ""
    decrypt_password: Secret | str | None = None


Body = None | bool | int | float | str | Secret | Ref | Payload | tuple["Body", ...] | Mapping[str, "Body"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Method and path of a kind of call. ``{job}`` is the job's API id, ``{id}`` the subject's, ``{server}`` the
    upload host that the job names."""

    method: str
    path: str


ENDPOINTS: Mapping[str, Endpoint] = {
    "create_job": Endpoint("POST", "/jobs"),
    "patch_job": Endpoint("PATCH", "/jobs/{job}"),
    "delete_job": Endpoint("DELETE", "/jobs/{id}"),
    "upload_file": Endpoint("POST", "{server}/upload-file/{job}"),
    "upload_base64": Endpoint("POST", "{server}/upload-base64/{job}"),
    "add_inputs": Endpoint("POST", "/jobs/{job}/input"),
    "patch_inputs": Endpoint("PATCH", "/jobs/{job}/input"),
    "patch_input": Endpoint("PATCH", "/jobs/{job}/input/{id}"),
    "delete_input": Endpoint("DELETE", "/jobs/{job}/input/{id}"),
    "add_conversions": Endpoint("POST", "/jobs/{job}/conversions"),
    "patch_conversion": Endpoint("PATCH", "/jobs/{job}/conversions/{id}"),
    "delete_conversion": Endpoint("DELETE", "/jobs/{job}/conversions/{id}"),
    "patch_output": Endpoint("PATCH", "/jobs/{job}/output/{id}"),
    "patch_outputs": Endpoint("PATCH", "/jobs/{job}/output"),
    "create_preset": Endpoint("POST", "/presets"),
    "patch_preset": Endpoint("PATCH", "/presets/{id}"),
    "delete_preset": Endpoint("DELETE", "/presets/{id}"),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes true of one element once the call succeeded.

    ``sent`` is merged into what was sent before, a None in it takes the key away; ``sent`` None: the element is gone.
    """

    name: str
    sent: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating request. Calls of the same ``step`` need nothing of each other and may run at once.

    ``creates`` names the elements whose ids the answer holds, in the order of the body. ``starts`` says that the job
    runs once the call succeeded. ``afterwards``: it is sent once the results of its change are where they belong, if
    ever. ``size`` is the number of payload bytes it sends, as they travel.
    """

    kind: str
    subject: Ref | str = ""
    body: Body = None
    creates: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    step: int = 0
    starts: bool = False
    afterwards: bool = False
    size: int = 0
    reason: str = ""

    @property
    def method(self) -> str:
        return ENDPOINTS[self.kind].method

    @property
    def uploads(self) -> bool:
        """Whether it carries bytes, be it none: an empty file is sent, too."""
        return self.kind.startswith("upload")

    @property
    def named(self) -> frozenset[str]:
        """Names of the elements that the call names by their ids."""
        return frozenset(_references((self.subject, self.body)))


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _references(item)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sequence of calls costs, in the order in which it matters: calls, bytes sent, longest chain."""

    calls: int = 0
    size: int = 0
    chain: int = 0

    def key(self) -> tuple[int, int, int]:
        return (self.calls, self.size, self.chain)


def cost_of(calls: tuple[Call, ...]) -> Cost:
    """Adds up a finished sequence."""
    return Cost(len(calls), sum(call.size for call in calls), len({call.step for call in calls}))


@dataclass(frozen=True, slots=True)
class PlannerOptions:
    """What the planner may assume and use.

    ``base64_file`` is the largest file (bytes) that may share a base64 upload: up to there the third more bytes is
    cheaper than one more call; ``base64_body`` bounds one such body. ``unnamed_targets`` are those that do not take
    the option ``output_filename``.
    """

    base64_file: int = 512 * 1024
    base64_body: int = 8 * 1024 * 1024
    unnamed_targets: frozenset[str] = field(default_factory=frozenset)


def single_part(call: Call, number: int, part: object) -> Call:
    """The call that adds one part of an array alone."""
    name = call.creates[number]
    effects = tuple(effect for effect in call.effects if effect.name == name)
    return replace(call, body=(part,), creates=(name,), effects=effects)  # type: ignore[arg-type]  # of the body
