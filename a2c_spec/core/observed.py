"""What was read and seen for one address before it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from a2c_spec.core.live import LiveJob
from a2c_spec.core.result_paths import Placement, RenderLate
from a2c_spec.core.state import JobRecord

Disk = Literal["absent", "intact", "outdated", "changed", "foreign", "another's", "folder"]
"""What stands at a path: nothing, what we wrote for this address, a result of ours that is not the present one of this
address (another endpoint's, or one of an earlier run), what we wrote but was changed since, a file that we did not
write, what we wrote for another address, a folder."""

NOT_OURS = frozenset[Disk]({"changed", "foreign", "folder"})
"""What is replaced only if ``on_conflict`` allows it; a folder never is."""

IN_THE_WAY = NOT_OURS | {"another's"}
"""What is left alone where ``on_conflict`` is skip."""

DOUBTFUL = frozenset[Disk]({"outdated", "changed"})
"""What may be the present result after all: a record says so, though another one wrote there since."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was read for one address. ``gone``: the service answered 404. ``live`` None: it was not asked.

    ``replace``: the user wants it run again although nothing changed. ``waited``: the job was told to run and waited
    for, and did not start. ``cached``: the job as the results cache would leave it, its files without paths.
    ``placed``: where recorded results belong, if that was worked out already. ``blocked``: path -> why no file can be
    written there. ``earlier``: what another run made of the same conversions before, and ``why`` it does not do, where
    that is not told by its recipe. ``apart`` are conversions of the manifest that other runs make. ``origins``: path ->
    where what is outdated there, or not ours, comes from, as far as that is known. ``beside``: path that something else
    has -> the one that a result gets instead under ``on_conflict: rename``. ``shared``: another address waits for
    results of the same job. ``late_names``: paths that no manifest names, at which something unknown stands.
    """

    late: RenderLate
    live: LiveJob | None = None
    gone: bool = False
    replace: bool = False
    waited: bool = False
    cached: JobRecord | None = None
    placed: tuple[Placement, ...] | None = None
    earlier: JobRecord | None = None
    why: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()
    shared: bool = False
    disk: Mapping[str, Disk] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    late_names: frozenset[str] = frozenset()

    def status(self, path: str) -> Disk:
        """What stands at ``path``."""
        return self.disk.get(path, "absent")

    def skips(self, path: str, policy: str) -> bool:
        """Whether a result that was made is left out because something stands in its place."""
        return policy == "skip" and self.status(path) in IN_THE_WAY

    def told(self, path: str) -> tuple[str, Disk, str, str]:
        """A path, what stands there, why nothing is written there at all, and where that comes from, if known."""
        return path, self.status(path), self.blocked.get(path, ""), self.origins.get(path, "")

    def expected(self, path: str, policy: str) -> str:
        """Where a result goes that is to have this path."""
        return self.beside.get(path, path) if policy == "rename" else path

    def taken(self, path: str) -> bool:
        """Whether something stands at ``path`` that is not as we wrote it."""
        return self.status(path) in NOT_OURS
