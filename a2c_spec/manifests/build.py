"""From a rendered, schema-checked tree to a Job, with the checks that a schema cannot make."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.core.desired import Conversion, Input, Job, JobFields, Late, Lifecycle, Output, Preset, Secret, Value
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import rules
from a2c_spec.manifests.expressions.limits import Unknown
from a2c_spec.manifests.expressions.template import escape
from a2c_spec.manifests.paths import as_folder, confine, file_problem
from a2c_spec.manifests.secret_paths import from_root, preset_from_root
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, position, position_of

DEFAULT_FOLDER = "dist/"
"""Where results are saved when a manifest does not say; beside the manifest."""

_SOURCE_TYPES = {"path": "upload", "from": "from", "content": "base64", "source": "remote"}


@dataclass(slots=True)
class JobBuilder:
    """Where a manifest stands, and what was found wrong while its job was built."""

    root: Path
    folder: Path
    check_files: bool = True
    on_conflict: str = "error"
    problems: list[Diagnostic] = field(default_factory=list)

    def problem(self, where: Position, message: str, hint: str = "") -> None:
        """Note an error."""
        self.problems.append(Diagnostic(where, message, hint))

    def path(self, table: MapNode, key: str) -> str:
        """The path under ``key``, relative to the project root."""
        try:
            return confine(table[key], self.folder, self.root)
        except ValueError as error:
            self.problem(position_of(table, key), f"`{key}`: {table[key][:200]} {error}")
            return ""

    def base(self, table: MapNode) -> str:
        """The manifest's folder, relative to the project root."""
        try:
            return confine(".", self.folder, self.root)
        except ValueError:
            self.problem(position(table.mark), "the manifest lies outside the project root")
            return "."

    def folder_from_root(self) -> str:
        """The same, without a complaint where it lies outside; others complain about what they need of it."""
        try:
            return confine(".", self.folder, self.root)
        except ValueError:
            return "."

    def upload(self, table: MapNode) -> str:
        """The path of a file that must be there."""
        path = self.path(table, "path")
        problem = file_problem(f"{self.root}/{path}") if path and self.check_files else ""
        if problem:
            self.problem(position_of(table, "path"), f"the file {table['path']} {problem}")
        return path

    def look(self, tree: MapNode) -> None:
        """Tell what is wrong with the paths in a tree that may be wrong elsewhere too."""
        for item in rules.tables(tree, "inputs"):
            if isinstance(item.get("path"), str):
                self.upload(item)
        for item in rules.tables(tree, "outputs"):
            if isinstance(item.get("save"), str):
                self.path(item, "save")


def build_job(tree: MapNode, address: str, workshop: JobBuilder, *, sound: bool = True) -> Job | None:
    """The job that the body ``tree`` asks for; None when something is wrong with it.

    ``sound`` false: the schema check has refused ``tree``, which is looked at only to tell what else is wrong.
    """
    workshop.problems.extend(rules.check(tree))
    job = _job(tree, address, workshop) if sound else None
    if not sound:
        workshop.look(tree)
    failed = any(problem.severity == "error" for problem in workshop.problems)
    return None if failed else job


def _job(tree: MapNode, address: str, workshop: JobBuilder) -> Job:
    job = Job(
        address=address,
        fields=_fields(tree.get("job", {})),
        inputs=tuple(_input(item, workshop) for item in tree.get("inputs", ())),
        conversions=tuple(_conversion(item) for item in tree.get("conversions", ())),
        outputs=_outputs(tree, workshop),
        lifecycle=_lifecycle(tree.get("lifecycle", {})),
        labels=dict(tree.get("labels", {})),
        position=position(tree.mark),
    )
    return from_root(job, workshop.folder_from_root())


def build_preset(tree: MapNode, folder: str) -> Preset:
    """The preset that ``tree`` asks for; ``folder`` is its manifest's, seen from the project root."""
    preset = Preset(
        address=str(tree["name"]),
        name=str(tree.get("title", tree["name"])),
        target=tree["target"],
        category=tree.get("category", ""),
        scope=tree.get("scope", "private"),
        options=_map(tree.get("options", {})),
        labels=dict(tree.get("labels", {})),
        position=position(tree.mark),
    )
    return preset_from_root(preset, folder)


def value(tree: Tree) -> Value:
    """A part of a tree as the model holds it: references to secrets told apart, lists as tuples."""
    if isinstance(tree, Mapping):
        if len(tree) == 1 and isinstance(tree.get("secret"), str):
            return Secret(tree["secret"])
        return {key: value(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return tuple(value(item) for item in tree)
    return None if isinstance(tree, Unknown) else tree


def _map(tree: Tree) -> Mapping[str, Value]:
    return {key: value(item) for key, item in tree.items()}


def _password(tree: Tree) -> Secret | str | None:
    return Secret(tree["secret"]) if isinstance(tree, Mapping) else tree


def _fields(tree: Mapping[str, Any]) -> JobFields:
    passwords = tree.get("download_passwords")
    return JobFields(
        process=tree.get("process", True),
        fail_on_input_error=tree.get("fail_on_input_error"),
        fail_on_conversion_error=tree.get("fail_on_conversion_error"),
        callback=tree.get("callback"),
        notify_status=tree.get("notify_status"),
        download_passwords=None if passwords is None else tuple(_password(item) or "" for item in passwords),
    )


def _input(tree: MapNode, workshop: JobBuilder) -> Input:
    kind = tree.get("type") or next(kind for key, kind in _SOURCE_TYPES.items() if key in tree)
    if kind == "base64":
        _check_base64(tree, workshop)
    return Input(
        id=tree["id"],
        type=kind,
        path=workshop.upload(tree) if kind == "upload" else "",
        source=str(tree.get("source") or tree.get("from") or tree.get("content") or ""),
        filename=tree.get("filename", ""),
        engine=tree.get("engine", ""),
        content_type=tree.get("content_type", ""),
        options=_map(tree.get("options", {})),
        parameters=_map(tree.get("parameters", {})),
        credentials=_map(tree.get("credentials", {})),
        decrypt_password=_password(tree.get("decrypt_password")),
        slide_duration=tree.get("slide_duration"),
        resize_handling=tree.get("resize_handling"),
        pin=tree.get("pin", ""),
        position=position(tree.mark),
    )


def _check_base64(tree: MapNode, workshop: JobBuilder) -> None:
    try:
        decode(tree["content"])
    except ValueError:
        workshop.problem(position_of(tree, "content"), "`content` is not base64")


def decode(text: str) -> bytes:
    """The bytes of a base64 text, which may be a data: URI; raises ValueError."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _conversion(tree: MapNode) -> Conversion:
    return Conversion(
        id=tree["id"],
        target=tree["target"],
        category=tree.get("category", ""),
        options=_map(tree.get("options", {})),
        metadata=_map(tree.get("metadata", {})),
        output_target=tuple(_map(item) for item in tree.get("output_target", ())),
        preset_from=tree.get("preset", {}).get("from", ""),
        position=position(tree.mark),
    )


def _outputs(tree: MapNode, workshop: JobBuilder) -> tuple[Output, ...]:
    """The ``outputs`` entries, and one for every conversion that has none and delivers nowhere else."""
    named = tuple(_output(item, workshop) for item in tree.get("outputs", ()))
    known = {output.conversion for output in named}
    rest = tuple(
        Output(
            item["id"],
            save=_default_folder(tree, workshop),
            on_conflict=workshop.on_conflict,
            position=position(item.mark),
        )
        for item in tree.get("conversions", ())
        if item["id"] not in known and not item.get("output_target")
    )
    return named + rest


def _default_folder(tree: MapNode, workshop: JobBuilder) -> str:
    base = workshop.base(tree)
    return DEFAULT_FOLDER if base == "." else f"{as_folder(base)}{DEFAULT_FOLDER}"


def _output(tree: MapNode, workshop: JobBuilder) -> Output:
    source = tree["from"]
    named = source if isinstance(source, Mapping) else {"conversion": source}
    return Output(
        conversion=named["conversion"],
        input=named.get("input", ""),
        filename=tree.get("filename", ""),
        save=_save(tree, workshop),
        on_conflict=tree.get("on_conflict", workshop.on_conflict),
        download_password=_password(tree.get("download_password")),
        position=position(tree.mark),
    )


def _save(tree: MapNode, workshop: JobBuilder) -> str | Late:
    if "save" not in tree:
        return _default_folder(tree, workshop)
    save = tree["save"]
    if isinstance(save, Late):
        prefix = escape(workshop.base(tree)) + "/"
        return Late(save.text if prefix == "./" else prefix + save.text, save.scope)
    return as_folder(workshop.path(tree, "save")) if save else ""


def _lifecycle(tree: Mapping[str, Any]) -> Lifecycle:
    ignore = tree.get("ignore", SeqNode)
    return Lifecycle(
        ignore=tuple(ignore) if isinstance(ignore, list) else (),
        on_replace=tree.get("on_replace", "keep"),
        prevent_replace=tree.get("prevent_replace", False),
    )
