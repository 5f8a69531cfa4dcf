"""From manifests, state, disk and service to planned changes, for a project of any size; sends nothing but GETs.

Manifests stream by: of most changes only a summary is kept, so that memory does not grow with the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.file_names import path_key
from a2c_spec.core.path_claims import Claims
from a2c_spec.core.plan import Plan
from a2c_spec.engine.files_that_stay import with_staying
from a2c_spec.engine.left_out import without_sources
from a2c_spec.engine.loading import Reading, claims_of, reading
from a2c_spec.engine.outcome import ApplyOptions
from a2c_spec.engine.plan_builder import PlanBuilder
from a2c_spec.engine.plan_facts import told, with_facts, with_places_left
from a2c_spec.engine.planned import PlannedChange, check_read, with_secrets
from a2c_spec.engine.project import Project
from a2c_spec.engine.prune import check_whole, with_orphans
from a2c_spec.engine.run_limits import Limits
from a2c_spec.engine.selection import EVERYTHING, Selection, parts
from a2c_spec.engine.session import Session, open_session, open_state
from a2c_spec.engine.taken_results import behind_refused
from a2c_spec.engine.written_files import check_unclaimed, products
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.references import check_references

if TYPE_CHECKING:
    from a2c_spec.api.client import Client


async def plan_project(
    session: Session, manifests: Reading, chosen: Selection, client: Client | None, *, whole: bool = False
) -> list[PlannedChange]:
    """The planned changes of all manifests, in their order, then those of presets' and jobs' records that no manifest
    asks for. Nothing is asked before all manifests are known to be valid; raises InvalidError with every problem.

    ``client`` None: no API calls, the plan uses manifests and state only. ``whole``: keep all of each change.
    """
    check_whole(session.project, chosen)
    builder = PlanBuilder(session, chosen, offline=client is None, whole=whole or bool(chosen.target))
    known: dict[str, Mapping[str, str]] = {}
    sources = session.files.sources
    sources.claimed.clear()
    claims = replace(claims_of(session.project.root), written=sources.claimed)
    recorded = session.store.addresses() if chosen.exclude else ()
    if chosen.target:  # what targets need may stand anywhere, so all manifests are held together
        items = list(_claiming(manifests.items(), claims))
        manifests.checked([*check_references(items), *claims.checked(manifests.files())])
        known = {item.address: item.labels for item in items}
        for item in chosen.items(items, manifests.notes.empty, recorded, session.project.flags.given):
            builder.take(item)
    else:
        named: list[str] = []
        items_taken = _taken(builder, manifests, claims, known, named)
        manifests.checked([*check_references(items_taken), *claims.checked(manifests.files())])
        chosen.check(known, manifests.notes.empty, recorded, named, session.project.flags.given)
    session.inputs.update(claims.read, (path_key(claims.real(path)) for path in manifests.files()))
    steps = await builder.finish(client, known.keys(), manifests.notes.empty)
    steps = [with_facts(session, step) for step in steps]
    steps = without_sources(session, await with_orphans(session, steps, known, manifests.notes.empty, client))
    steps = with_staying(session, with_places_left(session, steps))
    if targets := [*products(session.project)]:
        check_unclaimed(session, targets, claims, [step.change for step in steps])
    return steps


async def plan_only(project: Project) -> Plan:
    """The plan of a project, made with a session of its own; raises InvalidError with every problem."""
    manifests = reading(project)
    if project.flags.offline:
        with open_state(project) as session:
            steps, _, plan = await plan_and_tell(session, manifests, EVERYTHING, None, whole=True)
    else:
        async with open_session(project) as session:
            steps, _, plan = await plan_and_tell(session, manifests, EVERYTHING, session.service.client, whole=True)
    check_read(steps)
    return plan


async def plan_and_tell(
    session: Session,
    manifests: Reading,
    chosen: Selection,
    client: Client | None,
    only: tuple[str, ...] = (),
    *,
    whole: bool,
) -> tuple[list[PlannedChange], list[PlannedChange], Plan]:
    """The planned changes of ``only`` these actions, the others, and the plan as it is shown."""
    steps = await plan_project(session, manifests, chosen, client, whole=whole)
    flags = session.project.flags
    limits = Limits(flags.max_credits, flags.max_replace)
    steps, others = ApplyOptions(only=only).parted(steps)
    steps = without_lost_secrets(session, steps) if client else steps  # else nothing is about to be sent
    left_out = sum(step.change.action != "no-op" for step in others)
    plan = await told(session, steps, manifests, limits, partial=chosen.partial, left_out=left_out, client=client)
    return steps, others, plan


def without_lost_secrets(session: Session, steps: list[PlannedChange]) -> list[PlannedChange]:
    """The changes; refused where a secret is to be sent that cannot be had, and what needs the result of such a one."""
    lost = session.fingerprint_secret.lost
    return behind_refused([with_secrets(step, lost) for step in steps]) if lost else steps


def _claiming(items: Iterable[Job | Preset], claims: Claims) -> Iterator[Job | Preset]:
    """The items, each job noted with the paths that it reads and writes."""
    for item in items:
        if isinstance(item, Job):
            claims.add(item)
        yield item


def _taken(
    builder: PlanBuilder, manifests: Reading, claims: Claims, known: dict[str, Mapping[str, str]], named: list[str]
) -> Iterator[Job | Preset]:
    """Every item of the manifests, each handed to the builder on its way if it is selected. ``named`` gets what
    --replace may name."""
    for item in _claiming(manifests.items(), claims):
        known[item.address] = item.labels if builder.chosen.selector else {}
        named += parts(item) if builder.chosen.replace else ()
        if builder.chosen.takes(item.address, item.labels):
            try:
                builder.take(item)
            except InvalidError as error:
                told = Diagnostic(item.position, f"{item.address}: {error.message}", error.hint)
                manifests.found.extend(error.diagnostics or [manifests.project.relative(told)])
        yield item
