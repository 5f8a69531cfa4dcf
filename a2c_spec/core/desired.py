"""What the manifests ask for, as values: rendered, validated, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from a2c_spec.core.diagnostics import Position


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret (``env:NAME``, ``file:path``, ``cmd:...``, ``keyring:service/user``), never its value."""

    reference: str


LATE_NAMES: Mapping[str, frozenset[str]] = {
    "output": frozenset({"index", "ext", "filename", "size"}),
    "input": frozenset({"id", "stem", "name", "ext"}),
}
"""What a name or a folder of a result may say that is known only once the result is, with its keys."""


@dataclass(frozen=True, slots=True)
class Late:
    """Text whose ``${{ }}`` names ``output`` or ``input``, so it is known only after the conversion.

    ``scope`` holds the values of every other name the text uses, already resolved.
    """

    text: str
    scope: Mapping[str, Value]


Value = None | bool | int | float | str | Secret | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a local file as they were measured: size in bytes, lowercase hex digests."""

    size: int
    sha256: str
    md5: str


@dataclass(frozen=True, slots=True)
class Input:
    """One source file. ``id`` is its identity; its place in ``Job.inputs`` is its position in a combined output.

    ``type`` is one of upload, remote, base64, cloud, gdrive_picker, input_id, output, from. An upload has ``path``
    (relative to the project root, POSIX) and, once measured, ``content``; base64 has ``source`` = the base64 text and
    ``content`` too; the others have ``source``; ``from`` names ``job.conversion`` of another manifest in ``source``.
    ``options`` are the engine's (screen_width, ...). ``settings`` are those of ``fields.INPUT_SETTINGS`` that the
    manifest names: slide_duration (seconds, 0.1 to 120), resize_handling. ``upstream`` is the
    fingerprint of what a ``from`` input is made of; such an input may have ``path`` and ``content`` too, the result as
    it is here, and is then uploaded instead of referred to. ``pin`` is the SHA-256 (hex) that a remote file is
    declared to have. ``applied_sha256`` is the digest of the bytes last applied, where ``lifecycle.ignore`` lets it
    stand for the content when recipes are compared; what is sent is the content all the same. ``awaited``: the job
    that makes what it takes has still to run. ``held`` is the id of an input of an earlier job of ours that holds these
    bytes, so that they need not be sent again.
    ``result_name`` is the file name that a result has, or is going to have, which a ``from`` input takes;
    under it that is sent. Empty where it is not known, or where the result stays on the service.
    """

    id: str
    type: str
    path: str = ""
    source: str = ""
    content: Content | None = None
    filename: str = ""
    engine: str = ""
    content_type: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    credentials: Mapping[str, Value] = field(default_factory=dict)
    decrypt_password: Secret | str | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    upstream: str = ""
    pin: str = ""
    applied_sha256: str = ""
    awaited: bool = False
    held: str = ""
    result_name: str = ""
    position: Position = field(default_factory=Position, compare=False)


@dataclass(frozen=True, slots=True)
class Conversion:
    """One thing to produce. ``preset_from`` names a Preset manifest whose id becomes the option ``preset``;
    ``upstream`` is the digest of what that preset holds, ``preset_id`` its id: empty while it has none yet, None where
    nobody looked."""

    id: str
    target: str
    category: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    metadata: Mapping[str, Value] = field(default_factory=dict)
    output_target: tuple[Mapping[str, Value], ...] = ()
    preset_from: str = ""
    preset_id: str | None = None
    upstream: str = ""
    position: Position = field(default_factory=Position, compare=False)


@dataclass(frozen=True, slots=True)
class Output:
    """How results of conversion ``conversion`` (of input ``input`` only, if given) are named and where they are saved.

    ``filename`` is a base name (an extension may be given; else the result's own is added); ``save`` is a folder
    relative to the project root, POSIX, ending in ``/``; empty means: leave the result on the service. Every
    conversion that delivers nowhere else has one: the loader adds what a manifest leaves out.
    """

    conversion: str
    input: str = ""
    filename: str | Late = ""
    save: str | Late = ""
    on_conflict: str = "error"
    download_password: Secret | str | None = None
    position: Position = field(default_factory=Position, compare=False)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """``ignore`` lists dotted addresses below the job whose changes do not count; ``on_replace``: keep | delete;
    ``on_rename``: keep | remove; ``allow_unknown`` lists addresses that may be what the catalog does not know."""

    ignore: tuple[str, ...] = ()
    on_replace: str = "keep"
    prevent_replace: bool = False
    allow_unknown: tuple[str, ...] = ()
    on_rename: str = "keep"


@dataclass(frozen=True, slots=True)
class Job:
    """One conversion job as desired. ``process``: run it; False builds and holds it.

    ``fields`` are those of ``fields.JOB_FIELDS`` that the manifest manages; for the others the service's default stays.
    ``elsewhere`` are paths of results that other runs of the same manifest have, beside which names are made.
    ``moved_from`` is the address that it had before. ``named`` matches the addresses that its manifest gives, where
    these are computed.
    """

    address: str
    process: bool = True
    fields: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    outputs: tuple[Output, ...] = ()
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    labels: Mapping[str, str] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()
    moved_from: str = ""
    named: str = field(default="", compare=False)
    position: Position = field(default_factory=Position, compare=False)

    @property
    def awaits(self) -> tuple[Input, ...]:
        """The inputs that others have still to make, or to look at again."""
        return tuple(item for item in self.inputs if item.awaited)

    @property
    def download_passwords(self) -> tuple[Secret | str, ...]:
        """Any of them opens every result."""
        words = self.fields.get("download_passwords")
        return tuple(word for word in words if isinstance(word, Secret | str)) if isinstance(words, tuple) else ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of conversion options kept on the service; ``scope`` is private or public. ``moved_from`` is the
    address that it had before. ``allow_unknown`` lists addresses that may be what the catalog does not know."""

    address: str
    name: str
    target: str
    category: str = ""
    scope: str = "private"
    options: Mapping[str, Value] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    moved_from: str = ""
    allow_unknown: tuple[str, ...] = ()
    position: Position = field(default_factory=Position, compare=False)


def without_remains(item: Job | Preset) -> Job | Preset:
    """The same, where everything goes that nobody asks for: also what its own runs leave behind."""
    if isinstance(item, Preset):
        return item
    return replace(item, lifecycle=replace(item.lifecycle, on_replace="delete", on_rename="remove"))
