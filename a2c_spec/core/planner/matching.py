"""What a record says about the parts of a live job, and which desired part each live one is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from a2c_spec.core import compare, recognition
from a2c_spec.core.desired import Conversion, Input
from a2c_spec.core.foreign import UNSEEN, settings_in, strangers
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.patchable_fields import INPUT_SETTINGS
from a2c_spec.core.planner.assignment import Pairs, assignment
from a2c_spec.core.planner.conversion import changes
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import UNPLACED, UPLOADED, asked_filename, by_bytes, sent_filename, uploaded
from a2c_spec.core.state import Element, JobRecord


@dataclass(frozen=True, slots=True)
class SentState:
    """The recorded elements of one job, looked up by API id; empty for a job we never wrote to."""

    elements: Mapping[str, Element]
    names: Mapping[str, str]

    def part(self, api_id: str) -> Element:
        """What we know of a part."""
        name = self.names.get(api_id)
        return self.elements[name] if name else Element(api_id)

    def sent(self, api_id: str) -> Mapping[str, Any]:
        """What was last sent for a part; empty when we do not know."""
        return self.part(api_id).sent

    def name(self, api_id: str) -> str:
        return self.names.get(api_id, "")

    def order(self, live: LiveJob) -> list[int] | None:
        """Indexes of the live inputs in the order in which they would be combined; None where that is not known.

        Echoed positions count if every input has one; else those that we set or that follow from the order in which
        we added them. Inputs of somebody else stand last. Only of inputs of which we know nothing, the order of the
        reply counts: no document promises it, and there is nothing else.
        """
        ours = [self.sent(item.id).get("position") for item in live.inputs]
        if live.positions or not any(place is not None for place in ours):
            return shown_order(live)
        if UNPLACED in ours:
            return None
        return sorted(range(len(ours)), key=lambda n: (ours[n] is None, ours[n] or 0, n))

    def doubtful(self, live: LiveJob) -> frozenset[str]:
        """Ids of live parts that may be one of several that we sent, where nothing tells which one they are.

        Their secrets and whatever else is not shown are not known, so they can only be made anew.
        """
        unknown = {name: element.sent for name, element in self.elements.items() if not element.api_id}
        inputs = [recognition.sent_input(sent) for name, sent in unknown.items() if name.startswith("inputs.")]
        conversions = [
            recognition.sent_conversion(sent) for name, sent in unknown.items() if name.startswith("conversions.")
        ]
        found = [item.id for item in live.inputs if any(recognition.input_may_be(part, item) for part in inputs)]
        found += [
            item.id for item in live.conversions if any(recognition.conversion_may_be(one, item) for one in conversions)
        ]
        return frozenset(api_id for api_id in found if api_id not in self.names)

    def pair_inputs(self, desired: DesiredJob, live: LiveJob) -> Pairs:
        """Which desired input each live one is, by record first, by content else."""
        index = {item.id: n for n, item in enumerate(live.inputs)}
        home = self._home([f"inputs.{item.id}" for item in desired.job.inputs], index)
        return assignment(
            len(desired.job.inputs),
            len(live.inputs),
            self.input_fits(desired, live),
            self.input_free(desired, live),
            home,
        )

    def pair_conversions(self, desired: DesiredJob, live: LiveJob) -> Pairs:
        """Which desired conversion each live one is or can become by PATCH."""
        index = {item.id: n for n, item in enumerate(live.conversions)}
        home = self._home([f"conversions.{item.id}" for item in desired.job.conversions], index)
        conversions, have, doubtful = desired.job.conversions, live.conversions, self.doubtful(live)
        return assignment(
            len(conversions),
            len(have),
            lambda d, n: have[n].id not in doubtful and self._conversion_fits(desired, conversions[d], have[n]),
            lambda d, n: self.conversion_holds(desired, conversions[d], have[n]),
            home,
        )

    def _home(self, names: list[str], index: Mapping[str, int]) -> Pairs:
        homes = {d: self.elements[name].api_id for d, name in enumerate(names) if name in self.elements}
        return {d: index[api_id] for d, api_id in homes.items() if api_id in index}

    def input_fits(self, desired: DesiredJob, live: LiveJob) -> Callable[[int, int], bool]:
        sent, doubtful = [desired.sent_input(item) for item in desired.job.inputs], self.doubtful(live)
        items, rows, ignored = desired.job.inputs, live.inputs, desired.job.lifecycle.ignore
        return lambda d, n: (
            rows[n].id not in doubtful
            and self._fits(items[d], sent[d], rows[n])
            and all(f"inputs.{items[d].id}.{key}" in ignored for key in self._set_by_others(items[d], rows[n]))
        )

    def _set_by_others(self, item: Input, live: LiveInput) -> Iterable[str]:
        """The settings of an input that neither the manifest names nor the service gave it. Of an input that nobody
        here added, any may be somebody else's."""
        known = self.part(live.id) if live.id in self.names else Element(live.id, echo=UNSEEN)
        return strangers(known, "settings", item.settings, settings_in(live.options))

    def input_free(self, desired: DesiredJob, live: LiveJob) -> Callable[[int, int], bool]:
        """Whether a pair of inputs needs no PATCH of its own: the password is the desired one."""

        def free(d: int, n: int) -> bool:
            item = desired.job.inputs[d]
            secret = desired.fingerprint_secret(item.decrypt_password) if item.decrypt_password else None
            return secret is None or compare.same_secret(self.sent(live.inputs[n].id).get("decrypt"), secret)

        return free

    def costly_link(self, desired: DesiredJob, live: LiveJob) -> Callable[[int, int], bool]:
        """Whether a pair needs a PATCH of its own although adding the input again would send no bytes."""
        free = self.input_free(desired, live)
        return lambda d, n: desired.job.inputs[d].type not in UPLOADED and not free(d, n)

    def _fits(self, item: Input, as_sent: Mapping[str, Any], live: LiveInput) -> bool:
        sent = self.sent(live.id)
        if any(key in sent and key not in item.settings for key in INPUT_SETTINGS):
            return False  # what was set cannot be unset
        if "decrypt" in sent and not item.decrypt_password:
            return False
        told = item.content and live.checksum and uploaded(item) and not item.applied_sha256
        if told and item.content and live.checksum != item.content.md5:
            return False  # whatever we meant to send, other bytes are there
        if "identity" in sent:
            return same_name(sent, as_sent) and compare.equal(*map(_same_bytes, (sent, as_sent)))
        return looks_like(item, live)

    def _conversion_fits(self, desired: DesiredJob, item: Conversion, live: LiveConversion) -> bool:
        """Whether a PATCH can make a live conversion the desired one.

        Whether a preset counts as it was when the conversion was made, or as it is when the job starts, is not
        documented: a conversion whose preset has another content now is made anew.
        """
        sent = self.sent(live.id)
        if "options" in sent and sent.get("upstream", "") != item.upstream:
            return False
        if item.target != live.target or not compare.same_category(item.category, live.category):
            return False
        sealed = desired.sent_conversion(item)["output_target"]
        target = sent.get("output_target")
        return compare.equal(sealed, target) if target is not None else compare.same_target(sealed, live.output_target)

    def conversion_holds(self, desired: DesiredJob, item: Conversion, live: LiveConversion) -> bool:
        """Whether a live conversion needs no PATCH to be the desired one."""
        return not changes(desired, item, live, self.part(live.id))


def shown_order(live: LiveJob) -> list[int]:
    """Indexes of the live inputs by their positions where the reply tells any, else in the order of the reply."""
    echoed = live.positions
    return sorted(range(len(live.inputs)), key=lambda n: (echoed[n] if echoed else 0, n))


def same_name(sent: Mapping[str, Any], desired: Mapping[str, Any]) -> bool:
    return bool(sent.get("filename", "") == desired.get("filename", ""))


def known(record: JobRecord | None) -> SentState:
    """The recorded elements, by name and by API id."""
    return SentState(record.elements, record.names()) if record else SentState({}, {})


def looks_like(item: Input, live: LiveInput) -> bool:
    """Whether a live input we have no record of is this one, judged by its content."""
    if uploaded(item):
        return live.type in {*UPLOADED, "input_id", ""} and _same_upload(item, live)
    kind = "output" if item.type == "from" else item.type
    named = live.filename.startswith(asked_filename(item)) or not live.filename
    engine = not item.engine or not live.engine or item.engine == live.engine
    parameters = all(compare.echoes(value, live.parameters.get(key)) for key, value in item.parameters.items())
    return live.type == kind and live.source == item.source and named and engine and parameters


def _same_upload(item: Input, live: LiveInput) -> bool:
    """Checksum (MD5) decides where the service gives one, else name and size."""
    if item.content and live.checksum:
        return live.checksum == item.content.md5
    if item.content and live.size and live.size != item.content.size:
        return False
    return live.filename == sent_filename(item)


def spare_name(name: str, api_id: str, desired: DesiredJob) -> str:
    """What a part that is no longer desired is called: its name, unless the manifest gives it to another part."""
    part, _, key = name.partition(".")
    taken = {
        "inputs": [item.id for item in desired.job.inputs],
        "conversions": [item.id for item in desired.job.conversions],
    }
    return f"{part}.#{api_id or key}" if key in taken.get(part, ()) else name


def _same_bytes(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of an input cannot be patched, wherever its bytes come from; their name is compared by itself."""
    return {key: value for key, value in by_bytes(sent["identity"]).items() if key != "filename"}
