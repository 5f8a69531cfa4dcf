"""``extends: file``: a manifest is merged over the document of another file, its base.

The manifest wins over its base. Mappings are merged key by key; lists whose items all have an ``id`` are merged by id,
in the order of the base, new items last; every other value is replaced. Of the base, ``apiVersion``, ``kind``, ``name``
and ``include`` are ignored; it may extend another file in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.errors import why
from a2c_spec.manifests.paths import beside, confine
from a2c_spec.manifests.yaml.reader import file_bytes, read_one
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, position_of, without

MAX_CHAIN = 10
_OWN = frozenset({"apiVersion", "kind", "name", "include", "extends"})


def extended(
    tree: MapNode, file: Path, root: Path, read: set[Path], chain: Sequence[Path] = ()
) -> tuple[MapNode, list[Diagnostic]]:
    """``tree`` of the file ``file`` merged over its base, and what is wrong with the base.

    Every base is added to ``read``; ``chain`` holds the files that extend ``file``.
    """
    name = tree.get("extends")
    if not isinstance(name, str):
        return tree, []
    where = position_of(tree, "extends")
    try:
        base_file = root / confine(name, file.parent, root)
        data = file_bytes(base_file, within=root)
    except ValueError as error:
        return tree, [Diagnostic(where, f"`extends`: {name[:200]} {error}")]
    except OSError as error:
        return tree, [Diagnostic(where, f"the base {name} cannot be read: {why(error)}")]
    read.add(base_file.resolve())
    chain = (*chain, file)
    if base_file in chain:
        return tree, [Diagnostic(where, f"the base {name} extends this file, directly or through other files")]
    if len(chain) > MAX_CHAIN:
        return tree, [Diagnostic(where, f"more than {MAX_CHAIN} files extend one another")]
    base, problems = read_one(data, beside(where.file, name))
    if not isinstance(base, MapNode):
        return tree, [*problems, Diagnostic(where, f"the base {name} is not a mapping")]
    base, more = extended(base, base_file, root, read, chain)
    return merged(without(base, _OWN), tree), problems + more


def merged(base: Tree, top: Tree) -> Tree:
    """``base`` with the values of ``top`` where both have one."""
    if isinstance(base, MapNode) and isinstance(top, MapNode):
        return _merged_mappings(base, top)
    if isinstance(base, SeqNode) and isinstance(top, SeqNode) and _has_ids(base) and _has_ids(top):
        return _merged_lists(base, top)
    return top


def _merged_mappings(base: MapNode, top: MapNode) -> MapNode:
    both = MapNode(top.mark)
    for key in [*base, *(key for key in top if key not in base)]:
        source = top if key in top else base
        value = merged(base[key], top[key]) if key in base and key in top else source[key]
        both.put(key, value, source.key_marks[key], source.marks[key])
    return both


def _has_ids(items: SeqNode) -> bool:
    return bool(items) and all(isinstance(item, MapNode) and isinstance(item.get("id"), str) for item in items)


def _merged_lists(base: SeqNode, top: SeqNode) -> SeqNode:
    both = SeqNode(top.mark)
    over = {item["id"]: (item, mark) for item, mark in zip(top, top.marks, strict=True)}
    for item, mark in zip(base, base.marks, strict=True):
        if item["id"] in over:
            upper, upper_mark = over.pop(item["id"])
            both.put(merged(item, upper), upper_mark)
        else:
            both.put(item, mark)
    for item, mark in over.values():
        both.put(item, mark)
    return both
