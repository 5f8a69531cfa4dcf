"""Calls that bring a job which has not started from what is live to what is desired, as few as there can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Body, Call, Effect, cost_of
from a2c_spec.core.desired import Input
from a2c_spec.core.foreign import strangers
from a2c_spec.core.live import LiveInput, LiveJob
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.planner.assignment import Pairs, alternatives, shorter
from a2c_spec.core.planner.conversion import patch_conversion
from a2c_spec.core.planner.create import (
    add_conversions,
    add_groups,
    last_step,
    late_passwords,
    needs_settings,
    password_call,
    settle,
    told_apart,
)
from a2c_spec.core.planner.matching import SentState, spare_name
from a2c_spec.core.planner.uploads import UploadBatch, any_order, in_order
from a2c_spec.core.prepare import DesiredJob

UNKNOWN = "not known here, perhaps added outside a2c-spec"
ELSEWHERE = "its result exists elsewhere"
"""Why a conversion of the manifest goes: another run makes it, or takes it from the results cache."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to carry an edit out: the calls, and which desired part is which live one (element name -> API id).

    ``one_by_one``: parts are made anew so that each answer tells one id; a new job would not tell them either.
    """

    calls: tuple[Call, ...]
    bindings: Mapping[str, str]
    one_by_one: bool = False


def edit(desired: DesiredJob, live: LiveJob, known: SentState, apart: Collection[str] = ()) -> Edit:
    """The cheapest edit; ``process: true`` rides in the same PATCH as the job fields.

    ``apart`` are conversions of the manifest that are not for this job.
    """
    pairs = known.pair_conversions(desired, live)
    best = known.pair_inputs(desired, live)
    ways = alternatives(desired.job.inputs, live.inputs, known.input_fits(desired, live), best)
    costly = known.costly_link(desired, live)
    edits = [_edit(_Context(desired, live, known, one, pairs, apart)) for way in ways for one in shorter(way, costly)]
    return min(edits, key=lambda one: cost_of(one.calls).key())


def _edit(context: _Context) -> Edit:
    job, live = context.desired.job, context.live
    bindings = {f"inputs.{job.inputs[d].id}": live.inputs[n].id for d, n in context.inputs.items()}
    bindings |= {f"conversions.{job.conversions[d].id}": live.conversions[n].id for d, n in context.conversions.items()}
    return Edit(context.calls(), bindings | {"job": live.id}, bool(context.known.doubtful(live)))


@dataclass(frozen=True, slots=True)
class _Context:
    """One pairing of desired with live, and the calls that follow from it."""

    desired: DesiredJob
    live: LiveJob
    known: SentState
    inputs: Pairs
    conversions: Pairs
    apart: Collection[str] = ()

    def calls(self) -> tuple[Call, ...]:
        fields = self._fields()
        groups, reorder = self._adding()
        alone = self._starts_alone(groups, reorder=reorder)
        hold = self._must_hold(groups, alone=alone, reorder=reorder)
        calls = [_patch_job({"process": False} | fields[0], fields[1], 0)] if hold else []
        body, sent = ({}, {}) if hold else fields
        step = last_step(calls) + 1
        deletes = self._input_deletes(step)
        edits = self._conversion_calls(step) + self._passwords(step)
        if body and (alone or not self.desired.job.process):
            edits.append(_patch_job(body, sent, step))
            body, sent = {}, {}
        first = last_step(edits) + 1 if alone and edits else step
        adds = add_groups(self.desired, groups, first, spread=not reorder, starts=alone)
        settled = settle(self.desired, groups, last_step(deletes + adds, step - 1) + 1, reorder=reorder)
        calls += deletes + edits + adds + settled
        if self.desired.job.process and not alone:
            start = _patch_job({"process": True} | body, sent, last_step(calls) + 1)
            calls.append(replace(start, starts=True))
        return _renumber(calls)

    def _fields(self) -> tuple[dict[str, Body], dict[str, Any]]:
        return field_changes(self.desired, self.live, self.known)

    def _new(self) -> tuple[Input, ...]:
        return tuple(item for d, item in enumerate(self.desired.job.inputs) if d not in self.inputs)

    def _adding(self) -> tuple[tuple[UploadBatch, ...], bool]:
        """The groups of new inputs, and whether a reorder follows them."""
        new = self._new()
        options = self.desired.options
        ordered, loose = in_order(new, options, free_inline=False), any_order(new, options)
        if self.known.doubtful(self.live):  # an array would again not tell which input is which
            ordered, loose = (tuple(_singly(groups)) for groups in (ordered, loose))
        if self._settings_differ() or needs_settings(new) or not self._appending_suffices():
            return loose, True
        cheap = _group_cost(ordered) <= (_group_cost(loose)[0] + 1, *_group_cost(loose)[1:])
        return (ordered, False) if cheap else (loose, True)

    def _appending_suffices(self) -> bool:
        """Whether the kept inputs are first and in the desired order already."""
        order = self.known.order(self.live)
        if order is None:
            return len(self.desired.job.inputs) < 2
        kept = sorted(self.inputs, key=lambda d: order.index(self.inputs[d]))
        return kept == list(range(len(kept)))

    def _settings_differ(self) -> bool:
        return any(
            compare.changed_keys(self.desired.job.inputs[d].settings, live.options, self.known.sent(live.id))[0]
            for d, live in self._kept()
        )

    def _kept(self) -> list[tuple[int, LiveInput]]:
        return [(d, self.live.inputs[n]) for d, n in self.inputs.items()]

    def _passwords(self, step: int) -> list[Call]:
        """Passwords of kept inputs that differ from what was sent; they never come back, so only marks are compared."""
        calls = []
        for d, live in self._kept():
            item = self.desired.job.inputs[d]
            secret = self.desired.fingerprint_secret(item.decrypt_password) if item.decrypt_password else None
            if secret is not None and not compare.same_secret(self.known.sent(live.id).get("decrypt"), secret):
                calls.append(password_call(self.desired, item, step))
        return calls

    def _input_deletes(self, step: int) -> list[Call]:
        return [
            Call("delete_input", live.id, effects=self._gone(live.id), step=step, reason=self._why_deleted(n))
            for n, live in enumerate(self.live.inputs)
            if n not in self.inputs.values()
        ]

    def _why_deleted(self, n: int) -> str:
        if not self.known.name(self.live.inputs[n].id):
            return f"input {UNKNOWN}"
        fits = self.known.input_fits(self.desired, self.live)
        if any(fits(d, n) for d in range(len(self.desired.job.inputs)) if d not in self.inputs):
            return "input deleted and added again, in a call that is needed anyway"
        if self.known.name(self.live.inputs[n].id) in {f"inputs.{item.id}" for item in self._new()}:
            return "input made anew, for what changed of it cannot be patched"
        return "input no longer in the manifest"

    def _conversion_deletes(self, step: int) -> list[Call]:
        return [
            Call(
                "delete_conversion",
                live.id,
                effects=self._gone(live.id),
                step=step,
                reason=self._why_not_made(self.known.name(live.id)),
            )
            for n, live in enumerate(self.live.conversions)
            if n not in self.conversions.values()
        ]

    def _why_not_made(self, name: str) -> str:
        if name.removeprefix("conversions.") in self.apart:
            return ELSEWHERE
        return "conversion not in the manifest" if name else f"conversion {UNKNOWN}"

    def _gone(self, api_id: str) -> tuple[Effect, ...]:
        name = self.known.name(api_id)
        return (Effect(spare_name(name, api_id, self.desired), None),) if name else ()

    def _conversion_calls(self, step: int) -> list[Call]:
        calls = self._conversion_deletes(step)
        for d, n in sorted(self.conversions.items()):
            live = self.live.conversions[n]
            call = patch_conversion(self.desired, self.desired.job.conversions[d], live, self.known.part(live.id), step)
            calls += [call] if call else []
        new = [item for d, item in enumerate(self.desired.job.conversions) if d not in self.conversions]
        together = [[item] for item in new] if self.known.doubtful(self.live) else told_apart(new)
        return calls + [add_conversions(self.desired, group, step) for group in together if group]

    def _starts_alone(self, groups: tuple[UploadBatch, ...], *, reorder: bool) -> bool:
        """Whether a lone input for a waiting job (process true, no input) starts it."""
        lone = len(groups) == 1 and len(groups[0].inputs) == 1
        empty = not self.live.inputs and len(self.desired.job.inputs) == 1
        waiting = bool(self.live.process) and self.desired.job.process
        return lone and empty and waiting and not reorder and not late_passwords(groups)

    def _must_hold(self, groups: tuple[UploadBatch, ...], *, alone: bool, reorder: bool) -> bool:
        """Whether a waiting job must be held first, lest the first new input start it too early."""
        if not self.live.process or alone:
            return False
        return bool(groups) or reorder or not self.desired.job.process


def _singly(groups: Iterable[UploadBatch]) -> Iterator[UploadBatch]:
    return (UploadBatch(group.way, (item,)) for group in groups for item in group.inputs)


def _group_cost(groups: tuple[UploadBatch, ...]) -> tuple[int, int]:
    return (len(groups) + len(late_passwords(groups)), sum(group.size for group in groups))


def _patch_job(body: Mapping[str, Body], sent: Mapping[str, Any], step: int) -> Call:
    return Call("patch_job", body=dict(body), effects=(Effect("job", sent),) if sent else (), step=step)


def field_changes(desired: DesiredJob, live: LiveJob, known: SentState) -> tuple[dict[str, Body], dict[str, Any]]:
    """(body, what is then sent) of the job fields that differ; a field no longer managed goes back to its default,
    one that somebody else set to what it was."""
    sent = known.sent(live.id)
    wire: Mapping[str, Any] = desired.job.fields
    others = strangers(known.part(live.id), "fields", sent, live.fields)
    body: dict[str, Body] = {}
    then: dict[str, Any] = {}
    for name in JOB_FIELDS:
        if name in wire:
            if not _field_holds(name, desired.sent_fields[name], live, sent):
                body[name], then[name] = wire[name], desired.sent_fields[name]
        elif name in sent and not _is_reset(name, live):
            body[name], then[name] = JOB_FIELDS[name].reset, None
        elif name in others and f"job.{name}" not in desired.job.lifecycle.ignore:
            body[name] = others[name]
    return body, then


def _is_reset(name: str, live: LiveJob) -> bool:
    """Whether a field echoes its default already; a secret one never tells."""
    return name in live.fields and compare.equal(live.fields[name], JOB_FIELDS[name].reset)


def _field_holds(name: str, value: Any, live: LiveJob, sent: Mapping[str, Any]) -> bool:
    return compare.echoes(value, live.fields[name]) if name in live.fields else compare.equal(value, sent.get(name))


def _renumber(calls: list[Call]) -> tuple[Call, ...]:
    """Waves without gaps, in order."""
    numbers = {step: place for place, step in enumerate(sorted({call.step for call in calls}))}
    return tuple(sorted((replace(call, step=numbers[call.step]) for call in calls), key=lambda call: call.step))
