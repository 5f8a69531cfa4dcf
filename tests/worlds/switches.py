"""What the documentation of the service leaves open, as switches; and requests that are made to go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Switches:
    """One reading of the service's freedoms; the default is the plainest. Times are in seconds.

    ``drop_inputs_after``: how long an upload can be used again by ``input_id``. ``cancel``: what a DELETE of a running
    job does: it is taken (204), refused (409), answered 409 because the job has just ended, or fails (500).
    ``crowd``: how many jobs of other people the key has. ``impure``: equal runs give different bytes.
    ``downloads``: how often a
    result can be downloaded. ``takes_parts``: an upload that breaks off counts with what has come.
    ``input_defaults``: settings of inputs that nobody set are shown with their defaults.
    """

    conversions_reversed: bool = False
    inputs_reversed: bool = False
    list_order: str = "newest"
    bare_rows: bool = False
    cancel: str = "204"
    remove: str = "204"
    deleted: str = "404"
    checksums: str = "present"
    upload_reply: str = "pair"
    echo_positions: bool = False
    input_defaults: bool = False
    expanded: bool = True
    php_maps: bool = True
    staged: str = "incomplete"
    words: str = "guide"
    skew: float = 0.0
    date_header: bool = True
    slow_lists: bool = False
    arrays: bool = True
    input_id: str = "taken"
    drop_inputs_after: float = 86400.0
    rename: bool = True
    outputs_last: float = 86400.0
    downloads: int = 10
    gone_says_enabled: bool = False
    polls: int = 2
    impure: bool = False
    crowd: int = 0
    takes_parts: bool = False

    def __str__(self) -> str:
        """What differs from the plainest reading."""
        plain = Switches()
        pairs = ((one.name, getattr(self, one.name)) for one in fields(self))
        told = [f"{name}={value!r}" for name, value in pairs if value != getattr(plain, name)]
        return ", ".join(told) or "(plain)"


CHOICES: dict[str, tuple[Any, ...]] = {
    "conversions_reversed": (True,),
    "inputs_reversed": (True,),
    "list_order": ("oldest", "random"),
    "bare_rows": (True,),
    "cancel": ("409", "ended", "500"),
    "remove": ("409",),
    "deleted": ("canceled",),
    "checksums": ("late", "missing"),
    "upload_reply": ("input",),
    "echo_positions": (True,),
    "input_defaults": (True,),
    "expanded": (False,),
    "php_maps": (False,),
    "staged": ("ready",),
    "words": ("sdk",),
    "skew": (7200.0, -7200.0, 172800.0, -172800.0),
    "date_header": (False,),
    "slow_lists": (True,),
    "arrays": (False,),
    "input_id": ("refused",),
    "drop_inputs_after": (3600.0,),
    "rename": (False,),
    "outputs_last": (3600.0,),
    "downloads": (1, 2),
    "gone_says_enabled": (True,),
    "polls": (1, 5, 12),
    "impure": (True,),
    "crowd": (120,),
    "takes_parts": (True,),
}


def random_switches(chance: random.Random) -> Switches:
    """A plain service more often than not; else each freedom is taken now and then."""
    if chance.random() < 0.25:
        return Switches()
    how_often = chance.choice((0.1, 0.3))
    picked = {name: chance.choice(values) for name, values in CHOICES.items() if chance.random() < how_often}
    if chance.random() < 0.02:
        picked["crowd"] = 2100
    if chance.random() < 0.7:
        picked.pop("arrays", None)  # it hides everything else in most projects
    return replace(Switches(), **picked)


FAULTS = ("lost", "unsent", "429", "500", "500 after", "402", "400", "rival", "fails", "denied")
"""lost: done, but the answer never comes; unsent: the connection breaks before anything is done; 500 after: done, yet
answered 500; rival: somebody else's upload comes first; fails: the job that this call starts ends as failed; denied:
403. The rest are answers in place of the work."""


@dataclass(slots=True)
class Fault:
    """``kind`` of trouble for the calls of class ``call``: after ``skip`` of them, ``times`` in a row.

    Reading and canceling stays troubled for the job that met it first, and for that alone.
    """

    call: str
    kind: str
    skip: int = 0
    times: int = 1
    subject: str = ""

    def meets(self, call: str, subject: str) -> bool:
        """Whether this call is one to go wrong; counts it."""
        if call != self.call or self.times <= 0 or (self.subject and self.subject != subject):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        self.subject = subject if call in ("get", "cancel") else ""
        return True
