"""Saved plans: written by ``plan -o``, read by ``show`` and ``apply``; rejected if anything changed meanwhile."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2c_spec._version import __version__
from a2c_spec.core.allowance import OF_A_PLAN, flag_of
from a2c_spec.core.json_text import inert_json, read_json
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.plan_basis import Basis
from a2c_spec.engine.plan_differences import as_it_was, changed_settings, differences
from a2c_spec.engine.plan_stamps import stamp
from a2c_spec.engine.planned import check_read
from a2c_spec.engine.selection import Selection
from a2c_spec.engine.written_files import new_file
from a2c_spec.errors import InvalidError, SpecError, StalePlan, UsageError, why
from a2c_spec.regular_files import TooLarge, content

if TYPE_CHECKING:
    from jsonschema import ValidationError

    from a2c_spec.core.plan import Plan
    from a2c_spec.core.state_store import StateStore
    from a2c_spec.engine.planned import PlannedChange
    from a2c_spec.engine.project import Project

FORMAT_VERSION = 1
SUFFIX = ".a2cplan.json"
OF_A_FILE = ("nonce", "realm", "made_with", "selection", "stamps")
"""What a plan has that was saved, and none that is only shown."""
CHANGING = ("target", "exclude", "selector", "replace", "var", "on_conflict", "state", "prune")
"""Flags of what is done, which are those of a saved plan."""
HINT = f"`a2c-spec plan -o name{SUFFIX}` writes one"
NOTHING = Basis()
MOST_TOLD = 5
LARGEST = 512 * 1024 * 1024
KEPT_FLAGS = ("manifests", "file", "env", "var", "var_file", "on_conflict", "no_cache", "state", "prune")
"""What a plan is applied with again. Not which service it goes to, by ``--local`` or by its address: no file may say
where a key is sent, or that something is paid; nor that secrets may run commands."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan read back: what it was made with, and a stamp of everything each change depends on."""

    nonce: str
    realm: str
    made_with: Mapping[str, Any]
    selection: Selection
    stamps: Mapping[str, Mapping[str, str]]
    plan: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def flags(self, given: Flags) -> Flags:
        """The flags it was made with; only how to show and how fast to go is taken from ``given``."""
        made = {name: _tupled(self.made_with[name]) for name in KEPT_FLAGS if name in self.made_with}
        own = {*made, *(one.name for one in fields(Selection))}
        how = {name: source for name, source in given.given.items() if name not in own}
        how |= {name: f"{flag_of(name)} {OF_A_PLAN}" for name, value in made.items() if value and name != "manifests"}
        return replace(given, **made, given=how)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def is_saved_plan(path: str) -> bool:
    return path.endswith(SUFFIX)


def write(
    path: Path,
    project: Project,
    steps: Sequence[PlannedChange],
    plan: Plan,
    chosen: Selection,
    basis: Basis = NOTHING,
) -> None:
    """Writes the file, readable by its owner alone; it holds no secret."""
    from a2c_spec.engine.endpoint import endpoint
    from a2c_spec.views.plan_json import plan_json

    shown = plan_json(plan)
    shown.pop("format_version")
    tree = {
        "format_version": FORMAT_VERSION,
        "a2c_spec": __version__,
        "nonce": project.runtime.new_key(),
        "created_at": datetime.fromtimestamp(project.runtime.clock(), UTC).isoformat(timespec="seconds"),
        "realm": endpoint(project).realm,
        "made_with": {name: getattr(project.flags, name) for name in KEPT_FLAGS},
        "selection": asdict(chosen),
        "settings": basis.settings,
        "stamps": {step.change.address: stamp(step) | basis.of_run(step.change.address) for step in steps},
        **shown,
    }
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new_file(draft, 0o600) as file:
            file.writelines(map(inert_json, json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(tree)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SpecError(f"cannot write the plan to {path}: {why(error)}") from error


def read(path: Path) -> SavedPlan:
    """Reads a saved plan; raises InvalidError when it is none, UsageError when it is missing."""
    try:
        tree = read_json(content(path, LARGEST))
    except TooLarge as error:
        raise InvalidError(f"{path} is too large for a plan") from error
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {why(error)}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{path} is not a valid saved plan: it is not JSON", hint=HINT) from error
    return _parsed(path, tree)


def _parsed(path: Path, tree: Any) -> SavedPlan:
    version = tree.get("format_version") if isinstance(tree, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise InvalidError(f"{path} was written by a newer a2c-spec; this one reads format {FORMAT_VERSION}")
    _conforms(path, tree)
    chosen = {name: tuple(globs) for name, globs in tree["selection"].items()}
    made, stamps, settings = tree["made_with"], tree["stamps"], tree.get("settings", {})
    return SavedPlan(tree["nonce"], tree["realm"], made, Selection(**chosen), stamps, _shown(tree), settings)


def _conforms(path: Path, tree: Any) -> None:
    import jsonschema

    from a2c_spec.manifests.schema.published import load_schema

    schema = load_schema("plan")
    version, *shown = schema["required"]
    try:
        jsonschema.validate(tree, {**schema, "required": [version, *OF_A_FILE, *shown]})
    except jsonschema.ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        raise InvalidError(f"{path} is not a valid saved plan: {_wrong(error, place)}", hint=HINT) from error


def _wrong(error: ValidationError, place: str) -> str:
    """What is wrong at a place of the file, and what was expected there."""
    from a2c_spec.manifests.schema.keywords import TYPES, kind_of

    subject = f"`{place}`" if place else "the file"
    found: Any = error.instance
    rule: Any = error.validator_value
    match error.validator:
        case "required":
            missing = next(name for name in rule if name not in found)
            return f"{subject} needs the key `{missing}`"
        case "type":
            kinds = [rule] if isinstance(rule, str) else [kind for kind in rule if kind != "null"]
            return f"{subject} must be {' or '.join(TYPES[kind][0] for kind in kinds)}, found {kind_of(found)}"
        case "enum":
            shown = f"`{found[:40]}`" if isinstance(found, str) else kind_of(found)
            return f"{subject} must be one of {', '.join(rule)}; found {shown}"
    return f"{subject}: {error.message[:200]}"


def _shown(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in tree.items() if key not in ("stamps", "settings", "made_with", "selection")}


def check_realm(saved: SavedPlan, realm: str, source: str) -> None:
    """Raises StalePlan when the plan was made for another service than that of this run, which ``source`` names."""
    from a2c_spec.core.state import LOCAL_REALM

    if saved.realm == realm:
        return
    there, here = ("the built-in local API" if name == LOCAL_REALM else name for name in (saved.realm, realm))
    way = {saved.realm: "apply it with --local", realm: _without(source)}.get(LOCAL_REALM, "apply it there")
    says = f" ({source})" if source else ""
    raise StalePlan(
        f"the plan was made for {there}, not for {here}{says}", hint=f"{way}, or make a new plan; nothing was sent"
    )


def _without(source: str) -> str:
    """What to do where a flag or a variable says what does not fit."""
    return f"{'leave out' if source.startswith('-') else 'unset'} {source}"


def check(saved: SavedPlan, steps: Sequence[PlannedChange], basis: Basis = NOTHING) -> None:
    """Raises StalePlan, naming what differs, unless everything the plan depends on is unchanged; where that is because
    something could not be read, the error of that. ``basis`` is what the plan would be made from now.
    """
    now = {step.change.address: stamp(step) | basis.of_run(step.change.address) for step in steps}
    why = {step.change.address: "; ".join(step.change.reasons) for step in steps}
    if moved := differences(now, saved.stamps, why, changed_settings(basis.settings, saved.settings)):
        check_read(steps)
        more = f", and {len(moved) - MOST_TOLD} more" if len(moved) > MOST_TOLD else ""
        told = f"the plan is stale: {'; '.join(moved[:MOST_TOLD])}{more}"
        raise StalePlan(told, hint=f"{as_it_was(moved)}make a new plan; nothing was sent")


def check_environment(saved: SavedPlan, env: str, source: str = "") -> None:
    """Raises StalePlan when the plan was made for another environment than ``source`` says."""
    made = str(saved.made_with.get("env", ""))
    if made != env:
        raise StalePlan(
            f"the plan was made for {f'environment {made}' if made else 'no environment'}, "
            f"not for {f'environment {env}' if env else 'none'}{f' ({source})' if source else ''}",
            hint=f"{f'{_without(source)}, or ' if source else ''}make a new plan; nothing was sent",
        )


def check_unused(saved: SavedPlan, store: StateStore) -> None:
    """Raises StalePlan when the plan was applied before."""
    if store.note(f"plan:{saved.nonce}"):
        raise _used()


def use(saved: SavedPlan, store: StateStore) -> None:
    """Notes that the plan is being applied; raises StalePlan when it was applied before."""
    if not store.write_note(f"plan:{saved.nonce}", "1"):
        raise _used()


def _used() -> StalePlan:
    return StalePlan(
        "this plan was applied already; a plan can be applied only once", hint="make a new plan; nothing was sent"
    )
