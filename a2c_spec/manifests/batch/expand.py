"""Expand a Batch: one body, many jobs, each with a stable address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.core.desired import Job
from a2c_spec.core.diagnostics import Diagnostic, Mistakes, Position
from a2c_spec.manifests.batch.sources import default_key, rows
from a2c_spec.manifests.batch.tables import EachRow
from a2c_spec.manifests.build import build_job
from a2c_spec.manifests.catalog import Catalog
from a2c_spec.manifests.catalog_check import idle_entries
from a2c_spec.manifests.expressions.limits import Budget, ExpressionError, text_of
from a2c_spec.manifests.expressions.parse import parse
from a2c_spec.manifests.expressions.template import Rendering, render_text, split
from a2c_spec.manifests.paths import ManifestFolder
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, position, position_of, without

ROW_STEPS = 2_000
"""Steps that each row may add to those of its file: twenty usual expressions take them."""
ROW_TEXT = 10_000
"""Characters that each row may add to those of its file."""
MAX_PROBLEMS = 100  # of one batch; a mistake in the body would otherwise be reported once for every row

Group = tuple[str, list[EachRow]]
Rendered = tuple[MapNode, list[Diagnostic]]


class _Spent(Exception):
    """The expressions of all rows together did more than they may."""


@dataclass(slots=True)
class Batch:
    """A Batch whose head is rendered, and the names that its templates may use; ``group`` are the rows of the job that
    was made last. ``budget`` is that of its file, to which each row adds its share."""

    tree: MapNode
    names: Mapping[str, Any]
    folder: ManifestFolder
    catalog: Catalog | None = None
    budget: Budget = field(default_factory=Budget)
    problems: Mistakes = field(default_factory=Mistakes)
    idle: dict[Position, Diagnostic] | None = None
    omitted: int = 0
    group: Sequence[EachRow] = ()

    def jobs(self) -> Iterator[Job | Diagnostic]:
        """Yield every job in the order of the rows, then every problem; only keys and problems are kept in memory."""
        with suppress(_Spent):  # which is among the problems
            yield from self._jobs()
        yield from (*self.problems.all(), *(self.idle or {}).values())
        if self.omitted:
            count = "1 more problem" if self.omitted == 1 else f"{self.omitted} more problems"
            yield Diagnostic(position(self.tree.mark), f"the rows of this batch have {count}")

    def _jobs(self) -> Iterator[Job]:
        keys: dict[str, str] = {}
        for address, group in self._groups():
            label = group[0].label
            first = keys.setdefault(address, label)
            if first is not label:
                self._report(_twice(self.tree, address, first, group[0]))
            else:
                job = self._job(address, group)
                if job:
                    self.group = group
                    yield job

    @contextmanager
    def _counted(self, where: Position) -> Iterator[Budget]:
        """What is left for one expression, or for those of one row; raises _Spent once all rows have done too much."""
        one = Budget()
        try:
            yield one
        finally:
            self.budget.steps -= one.max_steps - one.steps
            self.budget.size -= one.max_size - one.size
            if min(self.budget.steps, self.budget.size) < 0:
                self.problems.add(self._too_much(where))
                raise _Spent

    def _too_much(self, where: Position) -> Diagnostic:
        limit, share = f"evaluation limit of {self.budget.max_steps} steps", f"{ROW_STEPS} steps"
        if self.budget.steps >= 0:
            limit, share = f"output limit of {self.budget.max_size} characters", f"{ROW_TEXT} characters"
        hint = f"each row adds {share} to those of its file: let the expressions do less"
        return Diagnostic(where, f"the expressions of the rows so far exceed the {limit}", hint)

    def _report(self, *problems: Diagnostic) -> None:
        for problem in problems:
            if self.problems.size >= MAX_PROBLEMS and not self.problems.knows(problem):
                self.omitted += 1
            else:
                self.problems.add(problem)

    def _note_idle(self, body: MapNode) -> None:
        """Keep what no row so far needs of ``allow_unknown``."""
        if self.catalog is None or "lifecycle" not in body:
            return
        found = {problem.position: problem for problem in idle_entries(body, self.catalog)}
        if self.idle is None:
            self.idle = found
            return
        both = self.idle.keys() & found.keys()
        self.idle = {
            place: found[place] if found[place].severity == "warning" else problem
            for place, problem in self.idle.items()
            if place in both
        }

    def _groups(self) -> Iterator[Group]:
        """The rows of each job, with its address."""
        how = self.tree.get("group", "each")
        key = self.tree.get("key", "" if how != "each" else default_key(self.tree["for_each"]))
        if how == "each" and not key:
            message = "a Batch over rows needs a `key`"
            self._report(Diagnostic(position_of(self.tree, "for_each"), message, "such as key: ${{ each.COLUMN }}"))
            return
        groups: dict[str, list[EachRow]] = {}
        constant: bool | None = None
        for row in self._rows():
            constant = self._is_constant(how, key, row) if constant is None else constant
            if constant:
                return
            if how == "each":
                yield from self._addressed(key, [row])
            else:
                by = "" if how == "all" else self._text(how["by"], position_of(how, "by"), [row])
                if by is not None:
                    groups.setdefault(by, []).append(row)
        for by, group in groups.items():
            if key:
                yield from self._addressed(key, group)
            else:
                yield _address(self.tree["name"], None if how == "all" else by), group

    def _rows(self) -> Iterator[EachRow]:
        for row in rows(self.tree["for_each"], self.folder):
            if isinstance(row, Diagnostic):
                self._report(row)
            else:
                self.budget.grow(ROW_STEPS, ROW_TEXT)
                yield row

    def _is_constant(self, how: Any, key: str, row: EachRow) -> bool:
        """Reports a grouping or a key that cannot differ from row to row; or, where that is why, its mistake."""
        grouped = isinstance(how, MapNode)
        if grouped and not _uses(how["by"], {"each"}):
            owner, name, text, instead = how, "by", how["by"], ", or group: all for one job of all rows"
        elif how != "all" and key and not _uses(key, {"each", "batch"} if grouped else {"each"}):
            owner, name, text, instead = self.tree, "key", key, ""
        else:
            return False
        where = position_of(owner, name)
        if self._text(text, where, [row]) is not None:
            meant = f"write {_expression(name, text, row)}{instead}"
            self._report(Diagnostic(where, f"`{name}` is the same for every row", meant))
        return True

    def _addressed(self, template: str, group: list[EachRow]) -> Iterator[Group]:
        where = position_of(self.tree, "key")
        text = self._text(template, where, group)
        if text == "":
            self._report(Diagnostic(where, f"the key of {_named(group[0])} is empty"))
        elif text is not None:
            yield _address(self.tree["name"], text), group

    def _text(self, template: str, where: Position, group: list[EachRow]) -> str | None:
        try:
            with self._counted(where) as budget:
                return text_of(render_text(template, self._scope(group, ""), budget=budget))
        except ExpressionError as error:
            problem = Diagnostic(where, error.message, error.hint)
            self._report(problem.adding(f"in {_named(group[0])}"))
            return None

    def _scope(self, group: list[EachRow], address: str) -> dict[str, Any]:
        batch: dict[str, Any] = {"name": self.tree["name"], "address": address}
        if self.tree.get("group", "each") != "each":
            batch["rows"] = [dict(row.values) for row in group]
        return {**self.names, "each": group[0].values, "batch": batch}

    def _job(self, address: str, group: list[EachRow]) -> Job | None:
        template = self.tree["template"]
        if self.tree.get("group", "each") == "each":
            with self._counted(position_of(self.tree, "template")) as budget:
                rendering = Rendering(self._scope(group, address), budget)
                body = rendering.tree(template, template.mark)
            problems, computed = rendering.problems, rendering.computed(body)
        else:
            body, problems = self._grouped(template, self._scope(group, address), group)
            computed = body
        if not problems:
            problems = published.check("job", computed, template.mark, rendered=True, part="body")
        job, more = build_job(body, address, self.folder, self.catalog, valid=not problems)
        for problem in dict.fromkeys(problems + more):
            self._report(problem.adding(f"in {address}"))
        self._note_idle(body)
        if job is None:
            return None
        before = self.tree.get("moved", {}).get("from", "")
        moved_from = before + address.removeprefix(str(self.tree["name"])) if before else job.moved_from
        return replace(job, labels={**self.tree.get("labels", {}), **job.labels}, moved_from=moved_from)

    def _grouped(self, template: MapNode, scope: Mapping[str, Any], group: list[EachRow]) -> Rendered:
        """The body of a group's job: an input that uses ``each`` is repeated for every row."""
        body, problems = self._rendered(without(template, {"inputs"}), scope)
        if "inputs" in template:
            inputs = SeqNode(template["inputs"].mark)
            for item, mark in zip(template["inputs"], template["inputs"].marks, strict=True):
                for input_node, more in self._repeated(item, scope, group):
                    inputs.put(input_node, mark)
                    problems += more
            body.put("inputs", inputs, template.key_marks["inputs"], inputs.mark)
        return body, problems

    def _repeated(self, item: MapNode, scope: Mapping[str, Any], group: list[EachRow]) -> Iterator[Rendered]:
        """An input for each row of the group if it uses ``each``, else once; ids are numbered unless they use it."""
        repeats = _uses(item, {"each"})
        numbered = repeats and not _uses(item["id"], {"each"})
        for number, row in enumerate(group if repeats else group[:1], 1):
            input_node, problems = self._rendered(item, {**scope, "each": row.values})
            if numbered and isinstance(input_node["id"], str):
                input_node["id"] = f"{input_node['id']}-{number}"
            yield input_node, problems

    def _rendered(self, tree: MapNode, names: Mapping[str, Any]) -> Rendered:
        with self._counted(position(tree.mark)) as budget:
            rendering = Rendering(names, budget)
            return rendering.tree(tree, tree.mark), rendering.problems


def _uses(tree: Tree, names: Set[str]) -> bool:
    """Whether an expression in ``tree`` uses one of the names."""
    if isinstance(tree, str):
        return "${{" in tree and any(names & _roots(part[0]) for part in _parts(tree) if isinstance(part, tuple))
    inside = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return any(_uses(item, names) for item in inside)


def _expression(key: str, text: str, row: EachRow) -> str:
    """What was probably meant by ``text``: the column of that name, else the one that tells rows apart best."""
    names = [name for name in row.values if name.isidentifier()]
    usual = "dir" if key == "by" else "relpath"
    known = text if text in names else usual if usual in names else names[0] if names else "COLUMN"
    return f'{key}: "${{{{ each.{known} }}}}"'


def _parts(text: str) -> tuple[Any, ...]:
    try:
        return split(text)
    except ExpressionError:
        return ()  # rendering reports it


def _roots(source: str) -> frozenset[str]:
    try:
        return parse(source).roots
    except ExpressionError:
        return frozenset()  # rendering reports it


def _address(name: str, key: str | None) -> str:
    return name if key is None else f"{name}[{json.dumps(key, ensure_ascii=False)}]"


def _named(row: EachRow) -> str:
    return f"{row.label} ({row.where})" if row.where.file else row.label


def _twice(tree: MapNode, address: str, first: str, second: EachRow) -> Diagnostic:
    message = f"`{address}` is given twice: by {first} and by {_named(second)}"
    return Diagnostic(position_of(tree, "key"), message, "make the key different for each row", kind="twice")
