"""One plan, told in every form: each says what is paid, sent, written, moved, removed and changed there, and alike."""

from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from a2c_spec.commands import _output, _terminal
from a2c_spec.commands import apply as apply_command
from a2c_spec.core.plan import Plan
from a2c_spec.engine import apply as engine_apply
from a2c_spec.errors import LimitRefused
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Limits, Settings
from a2c_spec.views.plan_json import plan_from
from a2c_spec.views.plan_words import facts_of
from tests.commands.conftest import Somebody
from tests.conftest import Command

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
ONE = """\
name: one
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: one, save: dist/}]
"""
HELD = """\
name: one
job: {process: false}
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: pdf, category: document, target: pdf, metadata: {title: Draft}}]
outputs: [{from: pdf, filename: one, save: dist/}]
"""
TWO = ONE.replace("one", "two").replace("width: 64", "width: 32")
ROWS = """\
apiVersion: a2c-spec/v1
kind: Batch
name: rows
for_each: {glob: "pics/*.png"}
key: "${{ each.stem }}"
template:
  inputs: [{id: pic, path: "${{ each.path }}"}]
  conversions: [{id: webp, category: image, target: webp}]
  outputs: [{from: webp, filename: "${{ each.stem }}", save: dist/}]
"""
PRESET = "apiVersion: a2c-spec/v1\nkind: Preset\nname: small\ncategory: image\ntarget: webp\noptions: {width: 9}\n"
WITH_PRESET = ONE.replace("options: {width: 64}", "preset: {from: small}")


class Ground:
    """A project under way: what a world does to it before the plan is made."""

    def __init__(self, folder: Path, a2c: Command, somebody: Somebody) -> None:
        self.folder, self.a2c, self.somebody = folder, a2c, somebody

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text if text.startswith("apiVersion") else HEAD + text)

    def pictures(self, *names: str) -> None:
        (self.folder / "pics").mkdir(exist_ok=True)
        for name in names:
            content = (self.folder / "src/cover.png").read_bytes() + name.encode()
            (self.folder / "pics" / f"{name}.png").write_bytes(content)

    def apply(self, *args: str) -> None:
        ran = self.a2c("apply", "-q", *args)
        assert ran.code == 0, ran.err

    def job(self) -> dict[str, Any]:
        """The one job on the service."""
        (row,) = self.somebody("GET", "/jobs")
        found: dict[str, Any] = self.somebody("GET", f"/jobs/{row['id']}")
        return found


def create(on: Ground) -> None:
    on.write("one.yaml", ONE)


def created_into_a_folder(on: Ground) -> None:
    named = ONE.replace("filename: one", 'filename: "${{ output.index }}"')
    on.write("one.yaml", named.replace("inputs: [", "inputs: [{id: page, path: src/signatures.png}, "))


def update(on: Ground) -> None:
    on.write("one.yaml", HELD)
    on.apply()
    on.write("one.yaml", HELD.replace("Draft", "Final").replace("process: false", "process: true"))


def run_again(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.apply()
    on.write("one.yaml", ONE.replace("width: 64", "width: 65"))


def run_again_and_delete(on: Ground) -> None:
    kept = f"{ONE}lifecycle: {{on_replace: delete}}\n"
    on.write("one.yaml", kept)
    on.apply()
    on.write("one.yaml", kept.replace("width: 64", "width: 65").replace("filename: one", "filename: other"))


def taken_over(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.apply()
    on.write("one.yaml", ONE.replace("name: one\ninputs", "name: other\ninputs"))


def renamed(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.apply()
    on.write("one.yaml", ONE.replace("filename: one", "filename: other"))


def renamed_beside(on: Ground) -> None:
    renamed(on)
    (on.folder / "dist/other.webp").write_text("mine")
    on.write("one.yaml", ONE.replace("filename: one", "filename: other, on_conflict: rename"))


def emptied_input(on: Ground) -> None:
    conversions = "conversions: [{id: s, category: hash, target: md5}]"
    on.write("one.yaml", f"name: one\ninputs: [{{id: i, path: a.txt}}]\n{conversions}\n")
    (on.folder / "a.txt").write_text("full")
    on.apply()
    (on.folder / "a.txt").write_text("")


def changed_results(on: Ground) -> None:
    for name in ("one", "other", "third"):
        on.write("one.yaml", ONE.replace("filename: one", f"filename: {name}").replace("64", str(60 + len(name))))
        if name != "third":
            on.apply("-y", "--no-cache")
            (on.folder / f"dist/{name}.webp").write_text("mine")


def downloaded(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.apply()
    (on.folder / "dist/one.webp").unlink()


def removed(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.write("two.yaml", TWO)
    on.apply()
    (on.folder / "two.yaml").unlink()


def orphaned(on: Ground) -> None:
    on.write("two.yaml", TWO)
    on.write("rows.yaml", ROWS)
    on.write("one.yaml", ONE)
    on.pictures("a", "b")
    on.apply()
    (on.folder / "two.yaml").unlink()
    (on.folder / "pics/b.png").unlink()


def changed_there(on: Ground) -> None:
    on.write("one.yaml", HELD)
    on.apply()
    job = on.job()
    path = f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}"
    on.somebody("PATCH", path, metadata={"title": "Evil"})
    on.somebody("POST", f"/jobs/{job['id']}/input", type="remote", source="https://files.example/x.png")


def with_a_preset(on: Ground) -> None:
    on.write("small.yaml", PRESET)
    on.write("one.yaml", WITH_PRESET)


def preset_changed_there(on: Ground) -> None:
    with_a_preset(on)
    on.apply("small.yaml")
    (preset,) = (row for row in on.somebody("GET", "/presets") if row["name"] == "small")
    on.somebody("PATCH", f"/presets/{preset['id']}", options={"width": 8})


def a_part(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.write("two.yaml", TWO)


def cached(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.apply()
    assert on.a2c("destroy", "--all", "-y", "--files").code == 0


def a_batch(on: Ground) -> None:
    on.write("rows.yaml", ROWS)
    on.pictures("a", "b", "c")
    on.apply()
    on.pictures("d")
    (on.folder / "pics/a.png").write_bytes((on.folder / "src/signatures.png").read_bytes())


def emptied(on: Ground) -> None:
    on.write("rows.yaml", ROWS)
    on.pictures("a")
    on.apply()
    (on.folder / "pics/a.png").unlink()


def refused(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.write("two.yaml", TWO)
    (on.folder / "dist").mkdir()
    (on.folder / "dist/one.webp").write_text("mine")


def overwritten(on: Ground) -> None:
    refused(on)
    on.write("one.yaml", ONE.replace("save: dist/", "save: dist/, on_conflict: overwrite"))
    on.write("two.yaml", TWO.replace("filename: two, save: dist/", "filename: one, save: dist/, on_conflict: rename"))
    on.write("one.yaml", ONE.replace("one", "x").replace("save: dist/", "save: dist/, on_conflict: overwrite"))
    (on.folder / "dist/x.webp").write_text("mine")


def bounded(on: Ground) -> None:
    on.write("one.yaml", ONE)
    (on.folder / "a2c.yaml").write_text("budget: {per_run: 0, per_day: 9}\n")


def one_of_two_changed(on: Ground) -> None:
    two = ONE.replace("}}]\nout", "}}, {id: jpg, category: image, target: jpg}]\nout")
    on.write("one.yaml", two.replace("outputs: [", "outputs: [{from: jpg, filename: small, save: dist/}, "))
    on.apply()
    changed = two.replace("target: jpg}", "target: jpg, options: {quality: 7}}")
    on.write("one.yaml", changed.replace("outputs: [", "outputs: [{from: jpg, filename: small, save: dist/}, "))


def awaited(on: Ground) -> None:
    on.write("one.yaml", ONE)
    on.write(
        "sum.yaml",
        "name: sum\ninputs: [{id: i, from: one.webp}]\nconversions: [{id: s, category: hash, target: md5}]\n",
    )


def named_by_the_run(on: Ground) -> None:
    named = ONE.replace("filename: one", 'filename: "${{ output.index }}"')
    on.write("one.yaml", named)
    on.apply()
    on.write("one.yaml", named.replace("width: 64", "width: 65"))


def held(on: Ground) -> None:
    on.write("one.yaml", HELD)


def skipped(on: Ground) -> None:
    (on.folder / "dist").mkdir(exist_ok=True)
    (on.folder / "dist/one.webp").write_text("mine")
    on.write("one.yaml", ONE.replace("save: dist/", "save: dist/, on_conflict: skip"))


@dataclass(frozen=True)
class World:
    """What was done before the plan, what the plan is asked with, and what it must say, as patterns."""

    before: Callable[[Ground], None]
    says: Sequence[str]
    args: Sequence[str] = ()


WORLDS = [
    World(create, [r"1 upload \(5\.6 kB\), 1 conversion to image/webp, about 1 credit$", r"writes dist/one\.webp$",
                   r"Plan: 1 to create: about 1 credit of 471\.", r"2 calls \(POST 2\), 5\.6 kB up, starts 1 job\."]),
    World(created_into_a_folder, [r"writes dist/ \(results of webp, whose names the run tells\)"]),
    World(awaited, ["1 result of other jobs, 1 conversion to hash/md5, about 1 credit$",
                    "Plan: 2 to create: about 2 credits",
                    "starts 2 jobs; a result that is made first may take a call more"]),
    World(named_by_the_run, [r"writes over dist/1\.webp, if a result gets that name", "paid before"]),
    World(held, ["1 conversion to document/pdf, held, not started$", r"Plan: 1 to create\. 2 calls"]),
    World(update, ['metadata.title "Draft" -> "Final"', r"about 1 credit$", r"writes dist/one\.pdf"]),
    World(run_again, ["options.width 64 -> 65", "about 1 credit, paid before$", r"replaces dist/one\.webp$",
                      r"about 1 credit of 470, paid before\."]),
    World(run_again_and_delete, [r"writes dist/other\.webp$", r"dist/one\.webp stays here",
                                 r"deletes job [0-9a-f-]{36} on the service, once the results are here"]),
    World(taken_over, ["taken over from one, which is in no manifest any more", "Nothing to send"]),
    World(renamed, [r"dist/one\.webp -> dist/other\.webp", "1 call"]),
    World(renamed_beside, [r"dist/one\.webp -> dist/other-1\.webp", "1 call"]),
    World(emptied_input, [r"; 1 upload \(0 B\), 1 conversion to hash/md5", r"2 calls \(POST 2\), starts 1 job"]),
    World(changed_results, [r" dist/one\.webp stays here: it has changed since a2c-spec wrote it$",
                            r" dist/other\.webp stays here: it has changed since a2c-spec wrote it$"]),
    World(downloaded, [r"writes dist/one\.webp$", "Nothing to send"]),
    World(removed, ["no longer in a manifest$", r" dist/two\.webp stays here$"]),
    World(orphaned, [r'In no manifest, and left alone by this plan: rows\["b"\], two$'], ["one.yaml"]),
    World(orphaned, [r'In no manifest, and left alone by this plan: rows\["b"\], two$'], ["rows.yaml"]),
    World(changed_there, ['changed on the service: metadata.title "Evil" -> "Draft"',
                          r"deletes input [0-9a-f-]{36} on the service \(input not known here"]),
    World(with_a_preset, ["preset for webp", r"writes dist/one\.webp$"]),
    World(preset_changed_there, ["changed on the service: options.width 8 -> 9"]),
    World(a_part, ["PARTIAL: a selection leaves other addresses out"], ["--target", "two"]),
    World(cached, ["0 credits", r"writes dist/one\.webp$"]),
    World(a_batch, [r"writes dist/d\.webp$", r"replaces dist/a\.webp$", "2 credits of 468, 1 of them paid before"]),
    World(emptied, ["1 address of batch rows would be let go; its source is empty now"]),
    World(refused, [r"refused: dist/one\.webp exists", r"Plan: 1 to create, 1 refused: about 1 credit of 471\."]),
    World(overwritten, [r"replaces dist/x\.webp$", r"writes dist/one-1\.webp$"]),
    World(skipped, [r"skipped: dist/one\.webp exists and is not ours$", r"Plan: 1 skipped\. Nothing"]),
    World(bounded, [r"Budget: about 1 credit, 0 allowed for a run, 9 of 9 left today \(UTC\); this plan is refused"]),
    World(create, [r"Limits: about 1 credit, 0 allowed by --max-credits; this plan is refused"],
          ["--max-credits", "0"]),
    World(run_again, [r"Limits: 1 paid job run again, 0 allowed by --max-replace; this plan is"],
          ["--max-replace", "0"]),
    World(one_of_two_changed, [r"options \(unset\) -> ", r"replaces dist/small\.jpg$",
                               r"about 1 credit of 469, paid before"]),
]  # fmt: skip


@pytest.fixture
def service_settings() -> Settings:
    return Settings(limits=Limits(credits=471))


def sentences(plan: Plan) -> list[str]:
    """Every sentence of a plan; unchanged addresses of which there is no more to say are counted in its head."""
    facts = facts_of(plan)
    told = [row for row in facts.rows if row.change.action != "no-op" or row.noted]
    about_all = [*facts.notes, facts.head, facts.totals, *filter(None, [facts.limits])]
    return [*(line for row in told for line in (row.why, *row.lines)), *about_all]


def bare(text: str) -> str:
    """Text without what only marks it up."""
    return re.sub(r"\\(?=\|)|`|\*", "", text).replace("<br>", "\n")


def tell(text: str) -> str:
    """What a form says without the balance, which is asked for only where somebody reads it."""
    return re.sub(r" of 4\d\d(?=[.,])", "", text)


@dataclass
class Forms:
    """Gets one plan in every form; nothing of it is carried out."""

    on: Ground
    monkeypatch: pytest.MonkeyPatch
    args: Sequence[str]

    def plan(self, *more: str) -> str:
        ran = self.on.a2c("plan", *self.args, *more)
        limited = "this plan is refused" in ran.out or '"max_' in ran.out
        assert ran.code == (11 if limited else 13 if "refused" in ran.out else 0), ran
        return ran.out

    def out(self, *args: str) -> str:
        return self.on.a2c(*args).out

    def applied(self, *more: str) -> str:
        """What apply shows where nobody can be asked; it is stopped then."""

        def stop(*_: object) -> None:
            raise LimitRefused("stopped by the test")

        with self.monkeypatch.context() as patch:
            patch.setattr(engine_apply, "check_limits", stop)
            ran = self.on.a2c("apply", *self.args, *more)
        assert "stopped by the test" in ran.err + ran.out, ran
        return ran.out

    def asked(self, *more: str) -> str:
        """What a person reads on a terminal who is asked, and says no."""
        with self.monkeypatch.context() as patch:
            for place in (_terminal, _output, apply_command):
                patch.setattr(place, "on_a_terminal", lambda: True)
            patch.setattr(engine_apply, "check_limits", lambda *_: None)
            patch.setattr(engine_apply, "confirmed", self._ask)
            patch.setattr(sys, "stdin", io.StringIO("n\n"))
            ran = self.on.a2c("apply", "-q", *self.args, *more)
        assert "Go on? [y/N]" in ran.err, ran
        return ran.err

    def _ask(self, _plan: Plan, _options: object, reporter: _output.ConsoleReporter, **_: object) -> bool:
        assert reporter.confirm("Go on?") is False
        raise LimitRefused("not confirmed; nothing was sent")


@pytest.mark.parametrize("world", WORLDS, ids=lambda one: " ".join([one.before.__name__, *one.args]))
def test_every_form_of_a_plan_tells_the_same_facts(
    world: World, project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = Ground(project, a2c, somebody)
    world.before(on)
    forms = Forms(on, monkeypatch, world.args)
    text, saved = forms.plan(), "p.a2cplan.json"
    for pattern in world.says:
        assert re.search(pattern, text, re.MULTILINE), f"{pattern!r} is not in\n{text}"
    trees = [json.loads(forms.plan("--json"))]
    forms.plan("-o", saved)
    trees += [json.loads(forms.out("show", saved, "--json")), json.loads((project / saved).read_text())]
    facts = sentences(plan_from(trees[0]))
    assert all(sentences(plan_from(tree)) == facts for tree in trees)
    assert forms.out("show", saved) == text
    texts = [text, forms.plan("-v"), forms.plan("--explain"), forms.plan("--markdown"), forms.asked()]
    texts += [forms.out("show", saved, "-v"), forms.out("show", saved, "--markdown")]
    for told in texts:
        lacking = [one for one in facts if bare(one).removesuffix(".") not in bare(told)]
        assert not lacking, f"{lacking} is not in\n{told}"
    event = json.loads(forms.applied("--json").splitlines()[0])
    assert [tell(one) for one in sentences(plan_from(event))] == [tell(one) for one in facts]
    assert tell(text) == forms.applied()


def on_disk(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every result that is here: when it was written, and what is in it."""
    files = [path for path in (folder / "dist").rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize("world", WORLDS, ids=lambda one: " ".join([one.before.__name__, *one.args]))
def test_who_reads_only_the_plan_knows_what_is_paid_sent_written_and_removed(
    world: World, project: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    on = Ground(project, a2c, somebody)
    world.before(on)
    plan = plan_from(json.loads(a2c("plan", "--json", *world.args).out))
    totals, changes = plan.totals(), [change for change in plan.changes if not change.problem]
    before, calls = on_disk(project), len(somebody("GET", log(server)))
    ran = a2c("apply", "-y", "-q", *world.args)
    if plan.allowance and plan.allowance.exceeded:
        assert (ran.code, on_disk(project)) == (11, before)
        return
    spent = re.search(r"(\d+) credits? spent", ran.out)
    assert int(spent[1]) if spent else totals.credits == 0
    after, rows = on_disk(project), somebody("GET", log(server))[calls:]
    sent = Counter(row["method"] for row in rows if row["method"] != "GET")
    awaited = totals.awaited if sum(sent.values()) > totals.requests else 0
    assert sum(sent.values()) == totals.requests + awaited, (sent, totals)
    moved = {move.source: move.target for change in changes for move in change.moves}
    written = {path for path in after if after[path] != before.get(path)} - {*moved.values()}
    told = {path for change in changes for path in change.writes}
    others = [place for change in changes for place in change.unforeseen]
    assert told <= written, "what it says is there"
    assert all(any(path.startswith(place.split(" ")[0]) for place in others) for path in written - told), written
    gone = before.keys() - after.keys()
    assert gone == {*moved} | {path for change in changes for path in change.removes}
    overwritten = {path for path in before if path in after and after[path][1] != before[path][1]}
    says = {path for change in changes for path in change.replaces} | {
        place.split(" ")[1].rstrip(",") for place in others
    }
    assert overwritten <= says, overwritten
    stays = {told.partition(" stays here")[0] for change in changes for told in change.stays}
    assert all(after[path] == before[path] for path in stays)
    deleted = [row["path"].rpartition("/")[2] for row in rows if row["method"] == "DELETE"]
    assert sorted(deleted) == sorted(str(call.subject) for change in changes for call in change.deletes)


def test_the_service_is_asked_for_the_balance_once_and_only_where_something_is_paid(
    project: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    on = Ground(project, a2c, somebody)

    def calls(*args: str) -> list[str]:
        before = len(somebody("GET", log(server)))
        assert a2c(*args).code == 0
        rows = somebody("GET", log(server))[before:]
        return [f"{row['method']} {row['path']}" for row in rows]

    on.write("one.yaml", ONE)
    assert calls("plan") == ["GET /contracts"]
    assert calls("plan", "--offline") == []
    assert not any("contracts" in call for call in calls("apply")), "nobody reads it"
    assert calls("plan") == []
    on.write("one.yaml", ONE.replace("filename: one", "filename: other"))
    assert calls("plan", "--json") == [f"GET /jobs/{on.job()['id']}"], "a rename costs nothing"


def log(server: Background) -> str:
    return f"{server.url.removesuffix('/v2')}/_a2c/calls"


def test_what_is_destroyed_is_told_with_its_job_and_its_files_in_text_and_json(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    on = Ground(project, a2c, somebody)
    on.write("one.yaml", ONE)
    on.apply()
    job = on.job()["id"]
    told = a2c("destroy", "one", "--files")
    assert told.code == 11
    assert f"deletes job {job} on the service" in told.out
    assert "removes dist/one.webp" in told.out
    (row,) = json.loads(a2c("destroy", "one", "--files", "--json").out.splitlines()[0])["changes"]
    assert (row["removes"], [call["path"] for call in row["calls"]]) == (["dist/one.webp"], [f"/jobs/{job}"])
    (project / "dist/one.webp").write_text("changed by hand")
    kept = "      dist/one.webp stays here"
    for args, line in (("--files",), f"{kept}: it has changed since a2c-spec wrote it\n"), ((), f"{kept}\n"):
        out = a2c("destroy", "one", *args).out
        assert ("removes" in out, line in out) == (False, True), "what was changed stays"
    (project / "dist/one.webp").unlink()
    assert "dist/one.webp" not in a2c("destroy", "one").out, "it is not here"


def test_every_json_of_a_plan_is_what_the_schema_says(two: Path, a2c: Command) -> None:
    schema = json.loads(a2c("schema", "plan").out)
    assert a2c("plan", "two.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    printed = [a2c(*args, "--json").out for args in (("plan", "two.yaml", "--local"), ("show", "p.a2cplan.json"))]
    for text in (*printed, (two / "p.a2cplan.json").read_text()):
        jsonschema.validate(json.loads(text), schema)
