"""What must hold after an apply that says that all is done, and at the end of a world."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from tests.worlds.judge import Judge, Wish
from tests.worlds.recipes import sha256
from tests.worlds.service_model import Start
from tests.worlds.world import World


def check_results(world: World, judge: Judge, addresses: Set[str]) -> None:
    """The files of these addresses are what their manifests ask for, byte for byte; a draft has none yet."""
    outputs, files = world.outputs(), world.results()
    drafts = {record["address"] for record in world.records() if record["phase"] == "building"}
    for address in sorted(addresses - drafts if judge.held else addresses):
        if address in judge.ignoring:
            continue
        row = outputs.get(address)
        if row is None:
            if address not in judge.held and any(one.saved for one in judge.wishes.values() if one.address == address):
                world.find("a result is not told", f"outputs.json does not name {address}")
            continue
        if judge.lacking(address):
            world.find("a partial result is told as whole", f"{address}: something it asks for cannot be made")
            continue
        for wish in (one for one in judge.wishes.values() if one.address == address):
            _check_wish(world, judge, wish, row, files)


def _check_wish(world: World, judge: Judge, wish: Wish, row: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    mine = [file["path"] for file in row["files"] if file["conversion"] == wish.conversion and file["path"]]
    expected = judge.made(wish.address, wish.conversion) if wish.saved else []
    where = f"{wish.address}.{wish.conversion}"
    if len(mine) != len(expected):
        world.find("a result is missing", f"{where}: {mine} are told, {len(expected)} expected")
        return
    lost = [path for path in mine if path not in files]
    if lost:
        world.find("a result is missing", f"{where}: {lost} are told and not there")
        return
    if wish.sure and not _alike([files[path] for path in mine], expected, impure=world.service.switches.impure):
        pairs = [(files[path], data) for path, data in zip(mine, expected, strict=True)]
        have, must = next(((one, two) for one, two in pairs if one != two), (b"", b""))
        told = f"{where}: {mine} is\n{have.decode(errors='replace')}\nand must be\n{must.decode()}"
        world.find(f"a result is wrong: {_difference(have, must)}", told)
    if wish.path and mine and mine != [wish.path]:
        world.find("a result has the wrong name", f"{where}: {mine}, and must be {wish.path}")


def _difference(have: bytes, must: bytes) -> str:
    """In what two results differ."""
    try:
        one, two = json.loads(have), json.loads(must)
    except ValueError:
        return "no result at all"
    found = [
        key for key in sorted(one.keys() | two.keys()) if one.get(key) != two.get(key) and key not in ("made of", "run")
    ]
    first, second = one["made of"], two["made of"]
    if len(first) != len(second):
        found.append("number of inputs")
    elif sorted(map(str, first)) == sorted(map(str, second)) and first != second:
        found.append("order of inputs")
    else:
        keys = {
            key for a, b in zip(first, second, strict=True) for key in a.keys() | b.keys() if a.get(key) != b.get(key)
        }
        found += [f"{key} of an input" for key in sorted(keys)]
    return ", ".join(found) or "something"


def _alike(have: list[bytes], wanted: list[bytes], *, impure: bool) -> bool:
    if not impure:
        return Counter(map(sha256, have)) == Counter(map(sha256, wanted))
    return Counter(map(_shape, have)) == Counter(map(_shape, wanted))


def _shape(data: bytes) -> str:
    """What of a result does not differ from run to run: inputs may be results themselves."""
    try:
        tree = json.loads(data)
    except ValueError:
        return sha256(data)
    tree.pop("run", None)
    for one in tree["made of"]:
        one.pop("sha256", None)
    return json.dumps(tree, sort_keys=True)


def check_edges(world: World, judge: Judge) -> None:
    """What a result says it was made from is the result that lies there now; of use where runs differ."""
    outputs, files = world.outputs(), world.results()
    for tree in judge.trees:
        for number, item in enumerate(tree.get("inputs", [])):
            upstream, _, conversion = str(item.get("from", "")).rpartition(".")
            above, below = outputs.get(upstream), outputs.get(tree["name"])
            if not (upstream and above and below) or tree["name"] in judge.held | judge.ignoring:
                continue
            source = [one["path"] for one in above["files"] if one["conversion"] == conversion]
            for file in below["files"]:
                made = json.loads(files.get(file["path"], b"{}") or b"{}").get("made of", [])
                known = len(source) == 1 and len(made) == len(tree["inputs"]) and source[0] in files
                if known and made[number]["sha256"] != sha256(files[source[0]]):
                    world.find("a result is made from an old one", f"{file['path']} is not made from {source[0]}")


def check_owners(world: World) -> None:
    """Every file in the output folders has exactly one owner, or is the person's own.

    What an earlier run gave and no later one has taken the place of stays, and is recorded as left over.
    """
    owners: dict[str, set[str]] = {}  # by run: neither two addresses nor two runs of one may have a file
    records = world.records()
    left = {file["path"] for record in records for file in record.get("leftover", [])}
    for record in records:
        for file in record.get("files", []):
            if file.get("path"):
                owners.setdefault(file["path"], set()).add(record["run"])
    for path in world.results():
        if path in world.foreign:
            continue
        if len(owners.get(path, ())) > 1:
            world.find("a file has two owners", f"{path}: {sorted(owners[path])}")
        if not owners.get(path) and path not in left:
            world.find("a file has no owner", f"{path} lies there and nothing is recorded of it")


def check_foreign(world: World) -> None:
    """Files of the person are as they left them; their sources, too."""
    for path, data in world.foreign.items():
        file = world.us.folder / path
        if not file.is_file():
            world.find("a file of the person is gone", path)
        elif file.read_bytes() != data:
            world.find("a file of the person was overwritten", path)
    for path, data in world.ground.laid.items():
        file = world.us.folder / path
        if not file.is_file() or file.read_bytes() != data:
            world.find("a source was overwritten", path)


def check_paid(world: World) -> None:
    """Nothing was paid twice, and nothing that nobody asked for."""
    if world.service.switches.impure and world.ledger.chained:
        return  # what went in cannot be told
    starts = world.service.starts
    for key, (paid, may) in world.ledger.overpaid(starts).items():
        if key in world.ledger.bound():
            kind = "paid twice, among other siblings" if _among_others(starts, key) else "paid twice"
            world.find(kind, f"started {paid} times instead of {may}: {key}")
    for key in world.ledger.unwanted(world.service.starts):
        world.find("something was run that nobody asked for", key)


def _among_others(starts: Sequence[Start], key: str) -> bool:
    """Whether a job that ran this once more had other siblings the last time."""
    mine = [Counter(start.keys) for start in starts if start.owner == "us" and key in start.keys]
    return any(one != two and max(one.total(), two.total()) > 1 for one, two in pairwise(mine))


def check_claims(world: World) -> None:
    """No job that somebody else made is recorded as ours."""
    for record in world.records():
        job = world.service.jobs.get(record.get("job_id", ""))
        if job is not None and job.creator != "us":
            world.find("somebody else's job was taken over", f"{record['address']} is {job.id}, made by {job.creator}")


def check_known(world: World) -> None:
    """Every job that we made and did not delete is recorded, so that ``destroy`` deletes it; unless its answer was
    lost."""
    lost = any(entry.call == "create" and (entry.fault or entry.status >= 400) for entry in world.service.log)
    if lost or any(" -> -9" in line for line in world.story):
        return
    known = {job for record in world.records() for job in (record["job_id"], *record["former_jobs"])}
    for job in world.service.jobs.values():
        if job.creator == "us" and not job.deleted and job.id not in known:
            world.find("a job of ours is forgotten", f"{job.id}, {job.status}")
