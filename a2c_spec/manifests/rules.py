"""The rules of a job that a schema cannot express: ids, references and names.

They look at the tree, not at the finished job, and pass over what the schema check has already refused, so that
everything wrong with a manifest is reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import NoneType

from a2c_spec.core import graph
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.file_names import unusable_name
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.sensitive import names_secret
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.option_values import is_secret
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, position, position_of


def check(tree: MapNode) -> Iterator[Diagnostic]:
    """Yield every problem of the job body ``tree``."""
    yield from _twice(tree, "inputs")
    yield from _twice(tree, "conversions")
    yield from _complete(tree)
    yield from _from_rules(tree)
    for part in ("job", "inputs", "conversions", "outputs"):
        yield from plain_passwords(tree.get(part))
    for part in ("inputs", "conversions"):
        for item in mappings(tree, part):
            yield from _references(item)
    for output in mappings(tree, "outputs"):
        yield from _output(tree, output)
    yield from _never_used(tree)
    yield from _packed(tree)
    yield from _ignored(tree)


def mappings(tree: MapNode, key: str) -> list[MapNode]:
    """The mappings in the list under ``key``."""
    rows = tree.get(key)
    return [item for item in rows if isinstance(item, MapNode)] if isinstance(rows, list) else []


def _ids(tree: MapNode, key: str) -> list[str]:
    return list(dict.fromkeys(item["id"] for item in mappings(tree, key) if isinstance(item.get("id"), str)))


def _inside(tree: MapNode, key: str) -> MapNode | dict[str, Tree]:
    inner = tree.get(key)
    return inner if isinstance(inner, MapNode) else {}


def _twice(tree: MapNode, key: str) -> Iterator[Diagnostic]:
    seen: dict[str, Position] = {}
    for item in mappings(tree, key):
        name, where = item.get("id"), position_of(item, "id")
        if isinstance(name, str) and name in seen:
            yield Diagnostic(where, f"the id `{name}` is used twice in `{key}`, first at {seen[name]}")
        elif isinstance(name, str):
            seen[name] = where


def _complete(tree: MapNode) -> Iterator[Diagnostic]:
    if _inside(tree, "job").get("process") is False:
        return
    for key in ("inputs", "conversions"):
        if tree.get(key) in (None, []):
            hint = "set job: {process: false} to keep it incomplete"
            yield Diagnostic(position_of(tree, key), f"a job needs `{key}`", hint)


def _from_rules(tree: MapNode) -> Iterator[Diagnostic]:
    for item in mappings(tree, "inputs"):
        source = item.get("from")
        if isinstance(source, str) and not all(split_reference(source)):
            message = f"`from: {source[:200]}` must name a conversion of another manifest"
            yield Diagnostic(position_of(item, "from"), message, "write address.conversion, such as board-pack.pdf")


def split_reference(text: str) -> tuple[str, str]:
    """``address.conversion`` split in two; two empty texts when it is not valid.

    The address may itself contain dots and a key in brackets.
    """
    address, conversion = graph.split_reference(text)
    return (address, conversion) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", conversion) else ("", "")


def plain_passwords(tree: Tree) -> Iterator[Diagnostic]:
    """Texts under a name that says they are secrets; tags of documents (``metadata``) are none."""
    if isinstance(tree, SeqNode):
        for item in tree:
            yield from plain_passwords(item)
    elif isinstance(tree, MapNode) and not is_secret(tree):
        for key, value in tree.items():
            if names_secret(key) and (_has_text(value) or (isinstance(value, str) and value)):
                written = "{secret: env:A2C_VAR_NAME}" if isinstance(value, str) else "[{secret: env:A2C_VAR_NAME}]"
                hint = f"write {key}: {written}"
                yield Diagnostic(position_of(tree, key), f"`{key}` is in plain text", hint, "warning")
            elif key != "metadata" and type(value) in (MapNode, SeqNode):
                yield from plain_passwords(value)


def _has_text(tree: Tree) -> bool:
    return isinstance(tree, SeqNode) and any(isinstance(item, str) for item in tree)


def _references(tree: Tree) -> Iterator[Diagnostic]:
    """A problem for each secret in free maps (options, ...) that is not a reference; never shows its text."""
    if isinstance(tree, MapNode) and len(tree) == 1 and isinstance(tree.get("secret"), str):
        if not is_reference(tree["secret"]):
            message = "a secret is a reference: env:NAME, file:path, cmd:command or keyring:service/user"
            yield Diagnostic(position_of(tree, "secret"), message)
        return
    inside = tree.values() if isinstance(tree, MapNode) else tree if isinstance(tree, SeqNode) else ()
    for item in inside:
        if type(item) in (MapNode, SeqNode):
            yield from _references(item)


def is_reference(text: str) -> bool:
    """Whether ``text`` says where to find a secret."""
    return re.match(r"(?:env|file|cmd|keyring):.", text) is not None


def _output(tree: MapNode, output: MapNode) -> Iterator[Diagnostic]:
    source = output.get("from")
    if isinstance(source, MapNode):
        yield from _missing(tree, source, "conversion", source.get("conversion"), "conversion")
        yield from _missing(tree, source, "input", source.get("input"), "input")
    else:
        yield from _missing(tree, output, "from", source, "conversion")
    filename = output.get("filename")
    problem = unusable_name(filename) if isinstance(filename, str) else ""
    if problem:
        hint = "put folders into `save`" if re.search(r"[/\\]", str(filename)) else ""
        yield Diagnostic(position_of(output, "filename"), f"`filename` {problem}", hint)


def _sources(tree: MapNode) -> list[tuple[Tree, Tree, Position]]:
    """Of each entry of ``outputs``: its conversion, its input (None: of any), and where it says so."""
    found = []
    for output in mappings(tree, "outputs"):
        one = output.get("from")
        if isinstance(one, MapNode):
            found.append((one.get("conversion"), one.get("input"), position_of(one, "input")))
        else:
            found.append((one, None, position_of(output, "from")))
    return found


def _never_used(tree: MapNode) -> Iterator[Diagnostic]:
    """Entries of which another one takes every result: one result goes to one place."""
    first: dict[tuple[str, str | None], Position] = {}
    for conversion, name, where in _sources(tree):
        known = isinstance(conversion, str) and isinstance(name, (str, NoneType))
        if known and first.setdefault((conversion, name), where) is not where:
            message = f"the results of {conversion}{f' from {name}' if name else ''} have an entry already"
            yield Diagnostic(where, message, f"take one away; the other is at {first[conversion, name]}")
    inputs = _ids(tree, "inputs")
    for (conversion, name), where in first.items():
        if name is None and inputs and all((conversion, one) in first for one in inputs):
            message = f"nothing is left for this entry: each input of {conversion} has an entry of its own"
            yield Diagnostic(where, message, "take it away")


def _packed(tree: MapNode) -> Iterator[Diagnostic]:
    """Entries for single inputs of a conversion that gives one file for all of them: it makes one result, or the
    service packs its results. Such an entry gets what is of other inputs, too, and the next one gets nothing."""
    inputs = _ids(tree, "inputs")
    for conversion in mappings(tree, "conversions") if len(mappings(tree, "inputs")) > 1 else ():
        options, name = _inside(conversion, "options"), conversion.get("id")
        if options.get("allow_multiple_outputs") or options.get("preset") or conversion.get("preset"):
            continue
        where = next((where for source, one, where in _sources(tree) if source == name and one in inputs), None)
        if where is not None and (conversion.get("category") == "archive" or options.get("merge") is True):
            yield Diagnostic(where, f"{name} makes one result of all inputs", f"write from: {name}")
        elif where is not None:
            message = f"the service packs the results of {name} into one file, unless it is told not to"
            hint = f"add options: {{allow_multiple_outputs: true}} to {name}, or write from: {name}"
            yield Diagnostic(where, message, hint)


def _missing(tree: MapNode, table: MapNode, key: str, wanted: Tree, what: str) -> Iterator[Diagnostic]:
    ids = _ids(tree, f"{what}s")
    if isinstance(wanted, str) and wanted not in ids:
        yield Diagnostic(
            position_of(table, key), f"there is no {what} `{wanted[:100]}` in this job", nearest(wanted, ids)
        )


def _ignored(tree: MapNode) -> Iterator[Diagnostic]:
    addresses = _inside(tree, "lifecycle").get("ignore")
    if isinstance(addresses, SeqNode):
        for address, mark in zip(addresses, addresses.marks, strict=True):
            if isinstance(address, str):
                yield from _ignored_address(tree, address, position(mark))


def _ignored_address(tree: MapNode, address: str, where: Position) -> Iterator[Diagnostic]:
    part, _, rest = address.partition(".")
    known = _parts_of(tree)
    if part == "outputs":
        yield Diagnostic(where, f"`{address[:200]}` cannot be ignored", "names and folders change without another run")
        return
    if part not in known:
        yield Diagnostic(where, f"`{address[:200]}` is not part of this job", nearest(part, known))
        return
    name, _, attribute = rest.partition(".")
    if name not in known[part]:
        message = f"`{address[:200]}`: there is no `{name[:100]}` in `{part}`"
        yield Diagnostic(where, message, nearest(name, known[part]))
    elif part in IGNORABLE and attribute.partition(".")[0] not in IGNORABLE[part]:
        choices = " or ".join(f"{part}.{name}.{one}" for one in IGNORABLE[part])
        yield Diagnostic(where, f"`{address[:200]}` cannot be ignored", f"what can be is {choices}")


IGNORABLE = {"inputs": ("content", *INPUT_SETTINGS), "conversions": ("options", "metadata")}
"""What of an input or a conversion ``lifecycle.ignore`` can leave as it was applied."""


def _parts_of(tree: MapNode) -> dict[str, Sequence[str]]:
    """The names that an address may start with, and for each the names that may follow it."""
    fields = tuple(name for name, field in JOB_FIELDS.items() if not field.secret)
    return {"inputs": _ids(tree, "inputs"), "conversions": _ids(tree, "conversions"), "job": fields}
