"""Variables from outside the manifests: which of them wins, where it was said, and what is no text.

What a whole manifest makes of them is in tests/cases/manifests/variables.yaml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.diagnostics import Position
from a2c_spec.manifests.expressions.limits import Unknown
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.variables import Given, VarValue, files, gather, resolve, undeclared
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import Tree

HALF = "a\udcff"
"""What Python makes of the bytes ``a\\xff`` of a command line or an environment variable."""


def tree(text: str) -> Tree:
    found, problems = read_one(text.encode(), "m.yaml")
    assert not problems
    return found


def given(text: str, *, is_text: bool = True) -> dict[str, VarValue]:
    return {"x": VarValue(text, Position("--var x"), is_text)}


def test_the_command_line_wins_over_the_environment_files_and_settings(tmp_path: Path) -> None:
    (tmp_path / "vars").mkdir()
    (tmp_path / "vars" / "prod.yaml").write_text("b: 2\nc: 2\nd: 2\ne: 2\n")
    (tmp_path / "more.yaml").write_text("c: 3\nd: 3\ne: 3\n")
    options = LoadOptions(
        root=tmp_path,
        env="prod",
        env_vars=dict.fromkeys("abcde", 1),
        var_files=(tmp_path / "more.yaml",),
        environ={"A2C_VAR_d": "4", "A2C_VAR_e": "4", "OTHER": "4"},
        vars=(("e", "5"),),
    )
    found = gather(options)
    values = found.all
    assert {name: (one.value, one.is_text) for name, one in values.items()} == {
        "a": (1, False), "b": (2, False), "c": (3, False), "d": ("4", True), "e": ("5", True),
    }  # fmt: skip  # a table
    assert [one.where.file for one in values.values()] == [
        "a2c.yaml", str(tmp_path / "vars/prod.yaml"), str(tmp_path / "more.yaml"), "A2C_VAR_d", "--var e",
    ]  # fmt: skip  # a table
    assert (found.flags, found.asked_for, found.problems) == ({"e"}, {"c", "d", "e"}, [])


def test_an_environment_without_a_file_of_its_own_gives_none(tmp_path: Path) -> None:
    assert files(LoadOptions(root=tmp_path, env="prod", var_files=(tmp_path / "a",))) == [tmp_path / "a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("- a", "must be a mapping of names to values"), (None, "cannot be read: No such file or directory")],
)
def test_a_file_that_is_none_is_told(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "v.yaml").write_text(text)
    found = gather(LoadOptions(root=tmp_path, var_files=(tmp_path / "v.yaml",)))
    assert found.all == {}
    assert [said in problem.message for problem in found.problems] == [True]


READ: list[tuple[str, str, Any]] = [
    ("string", "012", "012"),
    ("integer", "-7", -7),
    ("number", "1", 1),
    ("number", "1.5", 1.5),
    ("boolean", "True", True),
    ("list", "[1]", [1]),
    ("map", '{"a": null}', {"a": None}),
]


@pytest.mark.parametrize(("kind", "text", "value"), READ)
def test_text_is_read_by_the_declared_type(kind: str, text: str, value: Any) -> None:
    values, problems = resolve(tree(f"x: {{type: {kind}}}"), given(text))
    assert problems == []
    assert repr(values["x"]) == repr(value)


WRONG = [
    ("integer", "1.5", 'must be a whole number, found "1.5"'),
    ("integer", "9" * 101, "must be a whole number, found"),
    ("number", "inf", "must be a number, found Infinity"),
    ("boolean", "yes", 'must be true or false, found "yes"'),
    ("list", "{}", "must be a list (JSON on the command line), found {}"),
    ("map", "[" * 99_999, "must be a mapping (JSON on the command line), found"),
    ("string", HALF, "is not UTF-8"),
    ("list", '["\\udcff"]', "is not UTF-8"),
]


@pytest.mark.parametrize(("kind", "text", "said"), WRONG, ids=[f"{kind} {text[:9]!r}" for kind, text, _ in WRONG])
def test_text_of_another_type_is_refused_where_it_was_given(kind: str, text: str, said: str) -> None:
    values, (problem,) = resolve(tree(f"x: {{type: {kind}}}"), given(text))
    assert isinstance(values["x"], Unknown)
    assert problem.position.file == "--var x"
    assert problem.message.startswith(f"the variable `x` {said}")
    problem.message.encode()


@pytest.mark.parametrize(
    ("flags", "asked_for", "declared", "told"),
    [
        ({"x"}, set(), {"far"}, ["error"]),
        (set(), {"x"}, {"far"}, ["warning"]),
        (set(), set(), {"X"}, ["warning"]),
        (set(), set(), {"far"}, []),
        ({"x"}, {"x"}, {"x"}, []),
    ],
    ids=["--var", "--var-file", "a name that is nearly right", "for another manifest", "declared"],
)
def test_a_value_for_nothing_is_told(flags: set[str], asked_for: set[str], declared: set[str], told: list[str]) -> None:
    problems = list(undeclared(Given(given("a"), flags, asked_for, []), declared))
    assert [problem.severity for problem in problems] == told
    assert {problem.message for problem in problems} <= {"no manifest declares the variable `x`"}


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize("text", ["1_0", "\u0661", "\uff15", "1_0.5"])
def test_a_number_is_written_as_yaml_writes_it(kind: str, text: str) -> None:
    values, (problem,) = resolve(tree(f"x: {{type: {kind}}}"), given(text))
    assert isinstance(values["x"], Unknown)
    assert "must be a" in problem.message


@pytest.mark.parametrize(
    "declared", ["{type: boolean}", "{pattern: '^x$'}", "{enum: [a]}", "{type: integer, maximum: 3}"]
)
def test_a_value_whose_name_says_that_it_is_a_secret_is_not_quoted(declared: str) -> None:
    where = Position("more.yaml", 1, 1)
    for name, shown in (("oauth_token", "(sensitive)"), ("x", "7654321")):
        given = {name: VarValue("7654321", where, is_text=True)}
        _, problems = resolve(tree(f"{name}: {declared}"), given)
        assert [shown in problem.message for problem in problems] == [True]
        assert ("7654321" in str(problems[0])) is (name == "x")
