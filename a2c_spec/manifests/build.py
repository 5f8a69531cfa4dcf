"""From a rendered, schema-checked tree to a Job or a Preset, with the checks that a schema cannot make."""

from __future__ import annotations

import base64
import binascii
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.core.desired import Conversion, Input, Job, Late, Lifecycle, Output, Preset, Secret, Value
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.manifests import rules, service_rules
from a2c_spec.manifests.catalog import Catalog
from a2c_spec.manifests.catalog_check import check_parts
from a2c_spec.manifests.expressions.limits import Unknown
from a2c_spec.manifests.expressions.template import escape
from a2c_spec.manifests.paths import LFS, MISSING, ManifestFolder, as_folder, file_problem, is_pointer, missing_hint
from a2c_spec.manifests.yaml.tree import MapNode, Tree, position, position_of

DEFAULT_FOLDER = "dist/"
"""Where results are saved when a manifest does not say; beside the manifest."""

_SOURCE_TYPES = {"path": "upload", "from": "from", "content": "base64", "source": "remote"}
_FILE_SECRET = "file:"  # noqa: S105 - a scheme, not a password


def build_job(
    tree: MapNode, address: str, folder: ManifestFolder, catalog: Catalog | None = None, *, valid: bool
) -> tuple[Job | None, list[Diagnostic]]:
    """The job that the body ``tree`` asks for (None when something is wrong with it), and every problem.

    Where the manifest does not say it, ``on_conflict`` of an output is empty.
    ``valid`` false: the schema check has refused ``tree``; it is still searched for other mistakes.
    """
    refused = [*check_parts(tree, catalog), *service_rules.check(tree)] if catalog else []
    builder = _Builder(folder, [*rules.check(tree), *refused])
    job = builder.job(tree, address) if valid else None
    if not valid:
        builder.check_paths(tree)
    failed = any(problem.severity == "error" for problem in builder.problems)
    return None if failed else job, builder.problems


def with_default_policy(job: Job, policy: str) -> Job:
    """The job, ``policy`` being the on_conflict of each output for which the manifest says none."""
    outputs = (item if item.on_conflict else replace(item, on_conflict=policy) for item in job.outputs)
    return replace(job, outputs=tuple(outputs))


def build_preset(tree: MapNode, folder: ManifestFolder) -> Preset:
    """The preset that the valid ``tree`` asks for."""
    return Preset(
        address=str(tree["name"]),
        name=str(tree.get("title", tree["name"])),
        target=tree["target"],
        category=tree.get("category", ""),
        scope=tree.get("scope", "private"),
        options=_Builder(folder).values(tree.get("options", {})),
        labels=dict(tree.get("labels", {})),
        moved_from=str(tree.get("moved", {}).get("from", "")),
        allow_unknown=tuple(tree.get("lifecycle", {}).get("allow_unknown", ())),
        position=position(tree.mark),
    )


def decode(text: str) -> bytes:
    """The bytes of a base64 text, which may be a data: URI; raises ValueError."""
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ValueError("not a base64 data: URI")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error


@dataclass(slots=True)
class _Builder:
    """Builds the parts of one job; ``problems`` collects what is wrong with them."""

    folder: ManifestFolder
    problems: list[Diagnostic] = field(default_factory=list)

    def job(self, tree: MapNode, address: str) -> Job:
        return Job(
            address=address,
            process=tree.get("job", {}).get("process", True),
            fields=self.managed(tree.get("job", {}), JOB_FIELDS),
            inputs=tuple(self.input(item) for item in tree.get("inputs", ())),
            conversions=tuple(self.conversion(item) for item in tree.get("conversions", ())),
            outputs=self.outputs(tree),
            lifecycle=_lifecycle(tree.get("lifecycle", {})),
            labels=dict(tree.get("labels", {})),
            moved_from=str(tree.get("moved", {}).get("from", "")),
            position=position(tree.mark),
        )

    def managed(self, tree: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Value]:
        """Those of the fields ``names`` that the manifest mentions."""
        return {name: self.value(tree[name]) for name in names if tree.get(name) is not None}

    def input(self, tree: MapNode) -> Input:
        kind = tree.get("type") or next(kind for key, kind in _SOURCE_TYPES.items() if key in tree)
        if kind == "base64":
            self.check_base64(tree)
        return Input(
            id=tree["id"],
            type=kind,
            path=self.upload(tree) if kind == "upload" else "",
            source=str(tree.get("source") or tree.get("from") or tree.get("content") or ""),
            filename=tree.get("filename", ""),
            engine=tree.get("engine", ""),
            content_type=tree.get("content_type", ""),
            options=self.values(tree.get("options", {})),
            parameters=self.values(tree.get("parameters", {})),
            credentials=self.values(tree.get("credentials", {})),
            decrypt_password=self.password(tree.get("decrypt_password")),
            settings=self.managed(tree, INPUT_SETTINGS),
            pin=tree.get("pin", ""),
            position=position(tree.mark),
        )

    def conversion(self, tree: MapNode) -> Conversion:
        return Conversion(
            id=tree["id"],
            target=tree["target"],
            category=tree.get("category", ""),
            options=self.values(tree.get("options", {})),
            metadata=self.values(tree.get("metadata", {})),
            output_target=tuple(self.values(item) for item in tree.get("output_target", ())),
            preset_from=tree.get("preset", {}).get("from", ""),
            position=position(tree.mark),
        )

    def outputs(self, tree: MapNode) -> tuple[Output, ...]:
        """The ``outputs`` entries, and one for every conversion that has none and delivers nowhere else."""
        named = tuple(self.output(item) for item in tree.get("outputs", ()))
        known = {output.conversion for output in named}
        rest = tuple(
            Output(item["id"], save=self.default_folder(tree), on_conflict="", position=position(item.mark))
            for item in tree.get("conversions", ())
            if item["id"] not in known and not item.get("output_target")
        )
        return named + rest

    def output(self, tree: MapNode) -> Output:
        source = tree["from"]
        named = source if isinstance(source, Mapping) else {"conversion": source}
        return Output(
            conversion=named["conversion"],
            input=named.get("input", ""),
            filename=tree.get("filename", ""),
            save=self.save(tree),
            on_conflict=tree.get("on_conflict", ""),
            download_password=self.password(tree.get("download_password")),
            position=position(tree.mark),
        )

    def save(self, tree: MapNode) -> str | Late:
        if "save" not in tree:
            return self.default_folder(tree)
        save = tree["save"]
        if isinstance(save, Late):
            prefix = escape(self.manifest_folder(tree)) + "/"
            return Late(save.text if prefix == "./" else prefix + save.text, save.scope)
        return as_folder(self.path(tree, "save")) if save else ""

    def default_folder(self, tree: MapNode) -> str:
        folder = self.manifest_folder(tree)
        return DEFAULT_FOLDER if folder == "." else f"{as_folder(folder)}{DEFAULT_FOLDER}"

    def manifest_folder(self, tree: MapNode) -> str:
        """The manifest's folder, relative to the project root; a problem when it is outside."""
        if self.folder.from_root is None:
            self.problem(position(tree.mark), "the manifest is outside the project root")
        return self.folder.from_root or "."

    def path(self, tree: MapNode, key: str) -> str:
        """The path under ``key``, relative to the project root."""
        try:
            return self.folder.confine(tree[key])
        except ValueError as error:
            self.problem(position_of(tree, key), f"`{key}`: {tree[key][:200]} {error}")
            return ""

    def upload(self, tree: MapNode) -> str:
        """The path of a local file, which must exist."""
        path = self.path(tree, "path")
        problem = file_problem(f"{self.folder.root}/{path}") if path else ""
        if problem:
            hint = missing_hint(tree["path"], self.folder) if problem == MISSING else ""
            self.problems.append(Diagnostic(position_of(tree, "path"), f"the file {tree['path']} {problem}", hint))
        return path

    def check_base64(self, tree: MapNode) -> None:
        try:
            decode(tree["content"])
        except ValueError:
            message, hint = "`content` is not valid base64", "base64 text, or data:TYPE;base64,TEXT"
            self.problems.append(Diagnostic(position_of(tree, "content"), message, hint))

    def check_paths(self, tree: MapNode) -> None:
        """Note what is wrong with the paths in a tree that the schema check has refused."""
        for item in rules.mappings(tree, "inputs"):
            if isinstance(item.get("path"), str):
                self.upload(item)
        for item in rules.mappings(tree, "outputs"):
            if isinstance(item.get("save"), str):
                self.path(item, "save")

    def values(self, tree: Tree) -> Mapping[str, Value]:
        return {key: self.value(item) for key, item in tree.items()}

    def value(self, tree: Tree) -> Value:
        """A part of a tree as the model holds it: references to secrets as Secret, lists as tuples."""
        if isinstance(tree, Mapping):
            if len(tree) == 1 and isinstance(tree.get("secret"), str):
                return self.secret(tree)
            return self.values(tree)
        if isinstance(tree, list):
            return tuple(self.value(item) for item in tree)
        return None if isinstance(tree, Unknown) else tree

    def password(self, tree: Tree) -> Secret | str | None:
        return self.secret(tree) if isinstance(tree, Mapping) else tree

    def secret(self, tree: Mapping[str, str]) -> Secret:
        """The secret that is referred to; the path of a ``file:`` secret is made relative to the project root."""
        reference, folder = tree["secret"], self.folder.from_root or "."
        if not reference.startswith(_FILE_SECRET):
            return Secret(reference)
        path = reference.removeprefix(_FILE_SECRET)
        if is_pointer(self.folder.path / path):
            where = position_of(tree, "secret") if isinstance(tree, MapNode) else Position()
            self.problem(where, f"the secret {reference} {LFS}")
        return Secret(_FILE_SECRET + posixpath.normpath(posixpath.join(folder, path)) if folder != "." else reference)

    def problem(self, where: Position, message: str) -> None:
        self.problems.append(Diagnostic(where, message))


def _lifecycle(tree: Mapping[str, Any]) -> Lifecycle:
    ignore = tree.get("ignore", [])
    return Lifecycle(
        ignore=tuple(ignore),
        on_replace=tree.get("on_replace", "keep"),
        on_rename=tree.get("on_rename", "keep"),
        prevent_replace=tree.get("prevent_replace", False),
        allow_unknown=tuple(tree.get("allow_unknown", ())),
    )
