"""Why something is done, in words a user can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from shlex import quote
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.compare import MISSING
from a2c_spec.core.observed import Disk, Observed
from a2c_spec.core.plan import Detail
from a2c_spec.core.recipe import dumps, holds_secret

ORDER = "order of inputs"
"""Where the order of all inputs is told, by their names."""

FREE = "0 credits: "
"""How it is said that a result comes from the results cache."""


def details(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Detail, ...]:
    """Every attribute of a recipe that differs, by its address below the job."""
    return tuple(
        Detail(
            path,
            None if old is MISSING else old,
            None if new is MISSING else new,
            holds_secret(old) or holds_secret(new),
        )
        for path, old, new in compare.differences(before, after)
    )


def recipe_reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """One sentence per difference between two recipes."""
    return tuple(dict.fromkeys(_sentences(before, after)))


def _sentences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for part, word in (("inputs", "input"), ("conversions", "conversion")):
        old, new = before.get(part, {}), after.get(part, {})
        yield from _added(old, new, word) if part == "inputs" else ()
        yield from (f"{word} {name} removed" for name in old if name not in new)
        for name in (name for name in new if name in old):
            yield from (
                f"{word} {name} changed: {_leaf(*difference)}"
                for difference in compare.differences(old[name], new[name])
            )
    fields = compare.differences(before.get("fields", {}), after.get("fields", {}))
    yield from (f"job.{name} changed: {_flag(old)} -> {_flag(new)}" for name, old, new in fields)
    first, then = [*before.get("order", ())], [*after.get("order", ())]
    if sorted(first) == sorted(then) and first != then:
        yield f"{ORDER}: {_order(first)} -> {_order(then)}"
    yield from _added(before.get("conversions", {}), after.get("conversions", {}), "conversion")  # no reason for others


def _added(old: Mapping[str, Any], new: Mapping[str, Any], word: str) -> Iterator[str]:
    return (f"{word} {name} added" for name in new if name not in old)


def changed_reason(detail: Detail) -> str:
    """Of a value that gets another one; of one that somebody else changed on the service, where that is."""
    if detail.path == ORDER:
        return f"changed on the service: {ORDER} {_order(detail.before)} -> {_order(detail.after)}"
    part, _, rest = detail.path.partition(".")
    name, _, key = rest.partition(".")
    if detail.foreign and part in ("inputs", "conversions") and not key:
        if detail.before is None:
            return f"{part[:-1]} {name} is no longer on the service: removed outside a2c-spec"
        return f"{part[:-1]} {detail.before} is on the service, and not known here: perhaps added outside a2c-spec"
    where, what = (f"{part[:-1]} {name} ", key) if part in ("inputs", "conversions") else ("", detail.path)
    values = "(sensitive: changed)" if detail.sensitive else " -> ".join(shown_pair(detail.before, detail.after))
    return f"{where}changed on the service: {what} {values}" if detail.foreign else f"{detail.path} {values}"


def _flag(value: Any) -> str:
    """A decisive field that a recipe does not name is at its default, true."""
    return "true" if value is MISSING else str(value).lower()


def _order(names: Any) -> str:
    return ", ".join(names)


def _leaf(path: str, old: Any, new: Any) -> str:
    if holds_secret(old) or holds_secret(new):
        return f"{path} (sensitive: changed)"
    if path == "upstream":
        return "what it depends on in another manifest changed"
    return f"{path} {' -> '.join(shown_pair(old, new))}"


def shown_pair(before: Any, after: Any) -> tuple[str, str]:
    """Two values, each short enough for one line; those that begin alike are shown from where they differ."""
    one, other = shown(before), shown(after)
    if one != other or before == after:
        return one, other
    texts = _text(before), _text(after)
    start = next((place for place, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), SHOWN)
    old, new = (_cut(f"..{text[max(0, start - 20) :]}") for text in texts)
    return old, new


SHOWN = 60
"""The longest value that is shown whole on a line."""


def shown(value: Any) -> str:
    """A value short enough for one line; digests keep their first four digits."""
    if value is MISSING or value is None:
        return "(unset)"
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return f"{value[:4]}.."
    return _cut(_text(value))


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


UNKNOWN = "exists and is not recorded as a result of a2c-spec"
"""What is said of a file that nothing is known of."""


def let_go(whose: str) -> str:
    """What a file is that was a result of another environment, which does not keep it any more."""
    return f"is a result of {whose}, which no manifest asks for there any more"


def left(owner: str) -> str:
    """What a file is that was a result of another address."""
    return f"is a result that {owner} has let go of"


def conflict(path: str, status: Disk, policy: str, origin: str = "", *, late: bool = False) -> str:
    """Why no result is written to ``path``, where a file that is not ours stands, and what the user can do. ``origin``:
    where it comes from, if that is known. ``late``: no manifest says that a result gets this path."""
    if status == "folder":
        others = "rename" if policy == "skip" else "rename or skip"
        return f"{path} is a folder; move it away, or set on_conflict to {others}"
    what = "has changed since a2c-spec wrote it" if status == "changed" else origin or UNKNOWN
    if late and policy == "overwrite":
        told = "and on_conflict overwrite is for paths that a manifest names, not for names that the service gives"
        ways = "move it away, give the result a filename, or apply again with --on-conflict overwrite"
        return f"{path} {what}, {told}; {ways}"
    others = "overwrite or rename" if policy == "skip" else "overwrite, rename or skip"
    return f"{path} {what}, and on_conflict is {policy}; move it away, or set on_conflict to {others}"


def blocked(path: str, why: str) -> str:
    """Why no file can be written at ``path``, whatever ``on_conflict`` says."""
    return f"{path} cannot be written, because {why}"


def refused(observed: Observed, path: str, policy: str, *, moves: bool = False) -> str:
    """Why nothing may be written to ``path``, decided before anything is paid for; empty where nothing hinders it.

    ``moves``: a file of ours has to move there, so that ``skip`` leaves it without its place.
    """
    if why := observed.blocked.get(path):
        return blocked(path, why)
    status = observed.status(path)
    late = path in observed.late_names
    kept = policy == "error" or (moves and policy == "skip")
    kept = kept or (policy == "overwrite" and (late or status == "folder"))
    origin = observed.origins.get(path, "")
    return conflict(path, status, policy, origin, late=late) if kept and observed.taken(path) else ""


def skipped(path: str, stands: Disk, why: str = "", origin: str = "") -> str:
    """Of a result that is left out, because ``on_conflict`` is skip; ``why`` nothing is written there at all, and the
    ``origin`` of what stands there, as far as that is known."""
    if why:
        return f"skipped: {blocked(path, why)}"
    if stands == "changed":
        return f"skipped: {path} has changed since a2c-spec wrote it"
    what = "is a folder" if stands == "folder" else origin or "exists and is not ours"
    return f"skipped: {path} {what}"


NAMED = 5
"""So many addresses, or files, are named in a sentence."""


def listed(names: Iterable[str]) -> str:
    """``a, b``; of many the first ones, and how many more there are."""
    every = list(names)
    return f"{', '.join(every[:NAMED])}{f' and {len(every) - NAMED} more' if len(every) > NAMED else ''}"


def not_saved(path: str) -> str:
    """Of a result that is not here, and that the manifest saves nowhere any more."""
    return f"{path} is no longer saved, and not here"


def stays(path: str, why: str = "") -> str:
    """Of a result of an earlier run whose place no new one takes."""
    return f"{path} stays here{f': {why}' if why else ''}"


def replaced_later(taker: str) -> str:
    """Why a result stays that nobody asks for: an address is going to write in its place."""
    return f"{taker} writes there, and replaces it when it is applied"


def kept_there(job: str) -> str:
    """Of a job that does not run, and that the service refuses to delete."""
    return f"job {job} stays on the service, which does not delete it"


def only_there(count: int) -> str:
    """Of results that were paid for, and of which there is no other copy."""
    return f"{counted(count, 'result')} {'is' if count == 1 else 'are'} only on the service"


def lost_there(count: int) -> str:
    """The same of results that go with their jobs."""
    return f"{only_there(count)}, and deleted there"


def deleted_there(count: int) -> str:
    """The same in a question."""
    return f"{only_there(count)}, although paid for, and would be deleted there"


def removed(path: str) -> str:
    """Of a result of ours that nobody asks for any more."""
    return f"{path} is removed"


def of_endpoint(realm: str) -> str:
    """Where a file comes from that stands in the place of a result, and was written for another endpoint."""
    return f"was written for another endpoint ({realm})"


def of_both(realm: str) -> str:
    """What a present result is, if another endpoint has it as one, too."""
    return f"is a result of another endpoint, too ({realm})"


def untold(job: str, conversions: Iterable[str]) -> str:
    """Of a job whose results do not tell which of these conversions made them, so that none can be taken."""
    return f"job {job} does not tell which result is of which of {', '.join(conversions)}"


OF_THEIR_OWN = "put these conversions into manifests of their own"
"""What helps where that is so."""

ASKED = "--replace asks for it"
"""Why something is run again although nothing changed."""


def run_again(address: str, conversions: Iterable[str]) -> str:
    """How these conversions of a job, and no others, are run again."""
    named = dict.fromkeys(quote(f"{address}.{name}") for name in conversions)
    return f"{' '.join(f'--replace {name}' for name in named)} runs {'them' if len(named) > 1 else 'it'} again"


OF_EARLIER_RUN = "is the result of another run"
"""Where a file comes from that was a result of the same address."""


def of_another(path: str, owner: str, *, left_out: bool = False, orphan: bool = False) -> str:
    """Why no result is written to ``path``, where the result of another address stands; ``left_out`` of the plan, or an
    ``orphan``, for which no manifest asks."""
    if orphan:
        ways = f"apply the whole project, say `moved: {{from: {owner}}}`, or `a2c-spec state rm {owner}`"
        return f"{path} is a result of {owner}, which is in no manifest; {ways}"
    which, do = (", which this plan leaves out", "apply all manifests, or ") if left_out else ("", "")
    return f"{path} is a result of {owner}{which}; {do}give one of the two another name or folder"


def size(count: int) -> str:
    """Bytes for people: 4.2 MB."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{count} B"


def credits_told(about: int, balance: int | None = None, before: int = 0) -> str:
    """``about 3 credits of 471, 1 of them paid before``."""
    of = "" if balance is None else f" of {balance:,}"
    share = "" if about == 1 else "all " if before == about else f"{before:,} of them "
    paid = f", {share}paid before" if before else ""
    return f"about {about:,} credit{'' if about == 1 else 's'}{of}{paid}"


def counted(number: int, word: str) -> str:
    """``1 upload``, ``2 uploads``, ``2 addresses``."""
    return f"{number} {word}{'' if number == 1 else 'es' if word.endswith('s') else 's'}"
