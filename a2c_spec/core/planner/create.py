"""Calls that build a job from nothing, as few as there can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.core import recognition
from a2c_spec.core.calls import Body, Call, Effect, Ref, cost_of
from a2c_spec.core.desired import Conversion, Input
from a2c_spec.core.patchable_fields import INPUT_SETTINGS
from a2c_spec.core.planner import bodies
from a2c_spec.core.planner.uploads import UploadBatch, any_order, in_order
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import UNPLACED


def create_calls(desired: DesiredJob, *, step: int = 0) -> tuple[Call, ...]:
    """The cheapest sequence that creates the job: everything that needs no upload rides in the create itself."""
    inputs, candidates = desired.job.inputs, []
    if not needs_settings(inputs):
        ordered = in_order(inputs, desired.options, free_inline=True)
        candidates.append(_assemble(desired, ordered, step, reorder=False))
    if len(inputs) > 1 or not candidates:
        candidates.append(_assemble(desired, any_order(inputs, desired.options), step, reorder=True))
    return min(candidates, key=lambda calls: cost_of(calls).key())


def needs_settings(inputs: Iterable[Input]) -> bool:
    """Whether any input carries what only the bulk PATCH can set."""
    return any(item.settings for item in inputs)


def _assemble(desired: DesiredJob, groups: tuple[UploadBatch, ...], step: int, *, reorder: bool) -> tuple[Call, ...]:
    """Create, then the groups (one after another, or all at once when a reorder follows), then start."""
    carried = groups[0].inputs if groups and groups[0].way == "inline" else ()
    rest = groups[1:] if carried else groups
    reorder = reorder and (len(desired.job.inputs) > 1 or needs_settings(desired.job.inputs))
    first, *others = told_apart(desired.job.conversions)
    at_once = starts_at_create(desired, rest, reorder=reorder) and not others
    calls = [_create(desired, carried, first, step, process=at_once)]
    calls += [add_conversions(desired, group, step + 1) for group in others]
    calls += add_groups(desired, rest, step + 1, spread=not reorder, starts=at_once)
    calls += settle(desired, rest, last_step(calls) + 1, reorder=reorder)
    if desired.job.process and not at_once:
        calls.append(Call("patch_job", body={"process": True}, step=last_step(calls) + 1, starts=True))
    if at_once and not rest:
        calls[0] = mark_start(calls[0])
    return tuple(calls)


def told_apart(conversions: Sequence[Conversion]) -> list[list[Conversion]]:
    """The conversions in groups, within each of which an answer tells which one is which.

    Those that differ only in secrets come back alike, so that they travel in calls of their own.
    """
    if len(conversions) < 2:
        return [[*conversions]]
    groups: list[list[Conversion]] = [[]]
    kinds: dict[str, int] = {}
    for alike in recognition.alike([bodies.conversion_body(item) for item in conversions]):
        shown = recognition.shown_form(bodies.conversion_body(conversions[alike[0]]))
        place = kinds[shown] = kinds.get(shown, -1) + 1
        groups += [[]] if place == len(groups) else []
        groups[place] += [conversions[n] for n in alike]
    return [sorted(group, key=conversions.index) for group in groups]


def mark_start(call: Call) -> Call:
    """The same call, known to start the job."""
    return replace(call, starts=True)


def last_step(calls: Sequence[Call], default: int = -1) -> int:
    return max((call.step for call in calls), default=default)


def starts_at_create(desired: DesiredJob, rest: tuple[UploadBatch, ...], *, reorder: bool) -> bool:
    """Whether ``process: true`` may go with the create.

    It may when nothing follows, or when a lone upload follows: the first upload to a job without inputs starts it,
    and closes it to further uploads.
    """
    if not desired.job.process or reorder:
        return False
    if not rest:
        return bool(desired.job.inputs)
    lone = len(desired.job.inputs) == 1 and rest[0].way != "inline"
    return lone and not late_passwords(rest)


def late_passwords(groups: Iterable[UploadBatch]) -> list[Input]:
    """Inputs sent in a base64 body, which takes no password: it needs a PATCH of its own."""
    return [item for group in groups if group.way == "base64" for item in group.inputs if item.decrypt_password]


def _create(
    desired: DesiredJob, carried: tuple[Input, ...], conversions: Sequence[Conversion], step: int, *, process: bool
) -> Call:
    job = desired.job
    body: dict[str, Any] = {"process": process, **job.fields}
    if carried:
        body["input"] = tuple(bodies.input_body(item) for item in carried)
    if conversions:
        body["conversion"] = tuple(bodies.conversion_body(item) for item in conversions)
    effects = [Effect("job", desired.sent_fields), *_input_effects(desired, carried)]
    effects += conversion_effects(desired, conversions)
    names = [f"inputs.{item.id}" for item in carried] + [f"conversions.{item.id}" for item in conversions]
    return Call("create_job", body=body, creates=("job", *names), effects=tuple(effects), step=step)


def add_conversions(desired: DesiredJob, new: Sequence[Conversion], step: int) -> Call:
    """Adds conversions to a job that is there."""
    return Call(
        "add_conversions",
        body=tuple(bodies.conversion_body(item) for item in new),
        creates=tuple(f"conversions.{item.id}" for item in new),
        effects=tuple(conversion_effects(desired, new)),
        step=step,
    )


def conversion_effects(desired: DesiredJob, items: Sequence[Conversion]) -> list[Effect]:
    return [Effect(f"conversions.{item.id}", desired.sent_conversion(item)) for item in items]


def _input_effects(desired: DesiredJob, items: Iterable[Input], *, password: bool = True) -> list[Effect]:
    hidden = set() if password else {"decrypt"}
    later = {*INPUT_SETTINGS} | hidden
    now = (replace(item, applied_sha256="") if item.applied_sha256 else item for item in items)
    sent = {item.id: desired.sent_input(item) for item in now}
    return [Effect(f"inputs.{name}", {k: v for k, v in one.items() if k not in later}) for name, one in sent.items()]


def add_groups(
    desired: DesiredJob, groups: Sequence[UploadBatch], step: int, *, spread: bool, starts: bool
) -> list[Call]:
    """One call per group; ``spread`` sends them one after another, because arrival order is then the order."""
    placed = spread or len(groups) == 1
    return [
        _add(desired, group, step + (place if spread else 0), starts=starts, placed=placed)
        for place, group in enumerate(groups)
    ]


def _add(desired: DesiredJob, group: UploadBatch, step: int, *, starts: bool, placed: bool) -> Call:
    """``placed`` False: other calls add inputs at the same time, so that the order is not known until it is set."""
    effects = _input_effects(desired, group.inputs, password=group.way != "base64")
    if not placed:
        effects = [replace(effect, sent={**(effect.sent or {}), "position": UNPLACED}) for effect in effects]
    return Call(
        {"inline": "add_inputs", "file": "upload_file", "base64": "upload_base64"}[group.way],
        body=_group_body(group),
        creates=tuple(f"inputs.{item.id}" for item in group.inputs),
        effects=tuple(effects),
        step=step,
        starts=starts,
        size=group.size,
    )


def _group_body(group: UploadBatch) -> Body:
    if group.way == "file":
        return bodies.payload(group.inputs[0])
    if group.way == "base64":
        return tuple(bodies.payload(item, with_password=False) for item in group.inputs)
    return tuple(bodies.input_body(item) for item in group.inputs)


def settle(desired: DesiredJob, groups: Iterable[UploadBatch], step: int, *, reorder: bool) -> list[Call]:
    """What new inputs still need once they have arrived: their order and settings, and passwords not yet given."""
    calls = [password_call(desired, item, step) for item in late_passwords(groups)]
    return [*calls, reorder_call(desired, step)] if reorder else calls


def password_call(desired: DesiredJob, item: Input, step: int) -> Call:
    """Sets the decrypt_password of one input, the only credential that can be changed."""
    name = f"inputs.{item.id}"
    return Call(
        "patch_input",
        Ref(name),
        {"credentials": {"decrypt_password": item.decrypt_password}},
        effects=(Effect(name, {"decrypt": desired.sent_input(item)["decrypt"]}),),
        step=step,
        reason=f"decrypt_password of input {item.id}",
    )


def reorder_call(desired: DesiredJob, step: int) -> Call:
    """Order, slide_duration and resize_handling of all inputs in one call."""
    inputs = desired.job.inputs
    effects = tuple(
        Effect(f"inputs.{item.id}", {"position": place, **item.settings}) for place, item in enumerate(inputs, start=1)
    )
    return Call("patch_inputs", body=bodies.permutation(inputs), effects=effects, step=step, reason="order of inputs")


def why_not_fewer(calls: tuple[Call, ...]) -> str:
    """Why no shorter sequence builds the job."""
    uploads = sum(call.uploads for call in calls)
    rest = len(calls) - uploads - 1
    parts = ["one creates the job"]
    parts += [f"{uploads} must carry the bytes"] if uploads else []
    parts += [f"{rest} can only follow once the parts exist"] if rest else []
    return ", ".join(parts)
