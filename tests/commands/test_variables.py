"""Every flag of every command has variables; they do what the flag does, and a wrong value is told by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from a2c_spec.cli import COMMANDS, cli
from a2c_spec.commands._variables import MANY_MEANINGS, OWN, SILENCED, given, unknown, variables
from tests.conftest import Command


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


Flag = tuple[tuple[str, ...], click.Command, click.Option]

FLAGS: list[Flag] = [
    (path, command, option)
    for path, command in commands(cli)
    for option in command.params
    if isinstance(option, click.Option)
]


def named(flags: list[Flag]) -> list[str]:
    return [f"{' '.join(path)} {max(option.opts, key=len)}" for path, _, option in flags]


def sample(option: click.Option) -> str:
    """A value that the flag takes and that is not its default."""
    if isinstance(option.type, click.Choice):
        return str(next(one for one in option.type.choices if one not in ("", option.default)))
    if isinstance(option.type, click.IntRange | click.types.IntParamType):
        return str(max(3, int(getattr(option.type, "min", None) or 0)) + 1)
    if isinstance(option.type, click.FloatRange):
        return "2.5"
    return "x y"


def arguments(command: click.Command) -> list[str]:
    """What the command needs besides flags."""
    found = [one for one in command.params if isinstance(one, click.Argument) and one.required]
    return [one.type.choices[0] if isinstance(one.type, click.Choice) else "a" for one in found]


def parsed(path: tuple[str, ...], command: click.Command, *args: str) -> dict[str, Any]:
    return command.make_context(path[-1], [*args, *arguments(command)]).params


@pytest.mark.parametrize(("path", "command", "option"), FLAGS, ids=named(FLAGS))
def test_a_variable_does_what_the_flag_does(
    path: tuple[str, ...], command: click.Command, option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = max((text for text in option.opts if text.startswith("--")), key=len)
    value = sample(option)
    given = parsed(path, command, *([flag] if option.is_flag else [flag, value]))
    assert given != parsed(path, command)
    for name in variables(option, path):
        with monkeypatch.context() as patch:
            patch.setenv(name, "1" if option.is_flag else value)
            assert parsed(path, command) == given, name
            patch.setenv(name, "")
            assert parsed(path, command) != given, "an empty variable says nothing"


EXCLUDED = [
    (path, command, option, rival)
    for path, command, option in FLAGS
    for rival in command.params
    if rival.name in SILENCED.get(str(option.name), ())
]


@pytest.mark.parametrize(
    ("path", "command", "option", "rival"),
    EXCLUDED,
    ids=[f"{' '.join(path)} {option.name} {rival.name}" for path, _, option, rival in EXCLUDED],
)
def test_what_is_typed_stands_above_a_variable_that_excludes_it(
    path: tuple[str, ...],
    command: click.Command,
    option: click.Option,
    rival: click.Parameter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed = ["a"]
    if isinstance(rival, click.Option):
        flag = max(rival.opts, key=len)
        typed = [flag] if rival.is_flag else [flag, sample(rival)]
    alone = parsed(path, command, *typed)
    for name in variables(option, path):
        monkeypatch.setenv(name, "1" if option.is_flag else sample(option))
    context = command.make_context(path[-1], [*typed, *arguments(command)])
    assert context.params == alone
    assert option.name not in given(context)


@pytest.mark.parametrize(
    ("args", "environ", "said"),
    [
        (["plan", "--refresh-only", "--offline"], {}, "--refresh-only and --offline contradict each other: only"),
        (["plan", "--refresh-only"], {"A2C_SPEC_OFFLINE": "0"}, ""),
        (["plan"], {"A2C_SPEC_REFRESH_ONLY": "1", "A2C_SPEC_OFFLINE": "1"}, "A2C_SPEC_REFRESH_ONLY and A2C_SPEC"),
        (["apply", "--refresh-only", "--detach"], {}, "--refresh-only and --detach contradict each other"),
        (["serve", "--ephemeral", "--data", "x"], {}, "--ephemeral and --data contradict each other"),
        (["plan", "--json", "--markdown"], {}, "--json and --markdown ask for two forms of one plan"),
        (["show", "x", "--json", "--markdown"], {}, "--json and --markdown ask for two forms of one plan"),
        (["status", "--local", "-q", "-v"], {}, "--quiet and --verbose contradict each other"),
        (["state", "list", "-qv"], {}, "--quiet and --verbose contradict each other"),
        (["config"], {"A2C_SPEC_QUIET": "1", "A2C_SPEC_VERBOSE": "1"}, "A2C_SPEC_QUIET and A2C_SPEC_VERBOSE"),
        (["config", "-q"], {"A2C_SPEC_VERBOSE": "1"}, ""),
        (["config"], {"A2C_SPEC_LOCAL": "1", "A2C_SPEC_BASE_URL": "http://x/v2"}, "A2C_SPEC_LOCAL and A2C_SPEC_BASE"),
    ],
)  # fmt: skip
def test_two_that_contradict_each_other_are_refused(
    args: list[str],
    environ: dict[str, str],
    said: str,
    project: Path,
    server: object,
    a2c: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ended = a2c(*args)
    assert (ended.code, said in ended.err + ended.out) == (2 if said else 0, True)


VALUED = [one for one in FLAGS if not one[2].is_flag]


@pytest.mark.parametrize(("path", "command", "option"), VALUED, ids=named(VALUED))
def test_an_empty_value_of_a_flag_is_refused(
    path: tuple[str, ...], command: click.Command, option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables(option, path):
        monkeypatch.setenv(name, sample(option))
    with pytest.raises(click.BadParameter):
        parsed(path, command, max(option.opts, key=len), "")


def test_an_empty_argument_is_refused_and_an_empty_line_of_a_variable_says_nothing(
    a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for args in (("apply", ""), ("status", ""), ("state", "show", ""), ("apply", "-f", "a.yaml", "--file", "")):
        ran = a2c(*args)
        assert ran.code == 2, args
        assert "the value is empty; leave it out" in ran.err, args
    monkeypatch.setenv("A2C_SPEC_ALLOW_HOST", "a.example\n\n")
    path, command, _ = next(one for one in FLAGS if one[0] == ("apply",))
    assert parsed(path, command)["allow_host"] == ("a.example",)


def test_what_is_no_number_is_told_in_plain_words(a2c: Command) -> None:
    assert "'5s' is not a valid number." in a2c("apply", "--timeout", "5s").err
    assert "'x' is not a valid whole number." in a2c("apply", "--parallelism", "x").err


NUMBERS = [one for one in FLAGS if isinstance(one[2].type, click.types.IntParamType | click.types.FloatParamType)]
ODD = ("1_0", "\u0661\u0662", "\uff15", "8" * 101)
"""What Python takes for a number and a2c.yaml does not."""


@pytest.mark.parametrize(("path", "command", "option"), NUMBERS, ids=named(NUMBERS))
def test_a_number_is_written_as_in_the_settings(
    path: tuple[str, ...], command: click.Command, option: click.Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    infinite = ("inf", "nan", "1e999") if isinstance(option.type, click.types.FloatParamType) else ("8.0", "1e2")
    for odd in (*ODD, *infinite):
        with pytest.raises(click.BadParameter, match="is not a valid"):
            parsed(path, command, max(option.opts, key=len), odd)
        monkeypatch.setenv(variables(option, path)[-1], odd)
        with pytest.raises(click.BadParameter, match="is not a valid"):
            parsed(path, command)


TYPED = [
    one for one in FLAGS if one[2].is_flag or not isinstance(one[2].type, click.types.StringParamType | click.Path)
]


@pytest.mark.parametrize(("path", "command", "option"), TYPED, ids=named(TYPED))
def test_a_wrong_value_is_told_by_the_name_of_its_variable(
    path: tuple[str, ...],
    command: click.Command,
    option: click.Option,
    a2c: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = variables(option, path)[-1]
    monkeypatch.setenv(name, "maybe")
    ran = a2c(*path, *arguments(command))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: the environment variable {name}: 'maybe' is not ")
    assert ran.err.count("\n") == 1
    assert not option.is_flag or ran.err.endswith("'maybe' is not 1 or 0\n")
    assert "one of ''" not in ran.err, "an empty value is none that could be given"


def test_flags_win_over_variables_and_one_command_over_all(a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def parallelism(*args: str) -> list[str]:
        return next(line.split()[1:] for line in a2c("config", *args).out.splitlines() if "parallelism" in line)

    assert parallelism() == ["16", "built", "in"]
    monkeypatch.setenv("A2C_SPEC_PARALLELISM", "8")
    assert parallelism() == ["8", "A2C_SPEC_PARALLELISM"]
    monkeypatch.setenv("A2C_SPEC_CONFIG_PARALLELISM", "9")
    assert parallelism() == ["9", "A2C_SPEC_CONFIG_PARALLELISM"]
    assert parallelism("--parallelism", "7") == ["7", "--parallelism"]


def test_a_wrong_flag_beside_a_variable_is_told_as_a_flag(a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2C_SPEC_PARALLELISM", "8")
    assert "Invalid value for '--parallelism'" in a2c("plan", "--parallelism", "x").err


def test_several_values_stand_on_lines_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    command = dict(commands(cli))[("plan",)]
    monkeypatch.setenv("A2C_SPEC_TARGET", 'a["b c"]\nd')
    assert parsed(("plan",), command)["target"] == ('a["b c"]', "d")


def test_what_means_something_else_elsewhere_has_no_short_name() -> None:
    names = {name: path for path, _, option in FLAGS for name in variables(option, path)}
    assert {f"A2C_SPEC_{word.upper()}" for word in MANY_MEANINGS}.isdisjoint(names)
    assert {path[0] for name, path in names.items() if name.startswith("A2C_SPEC_SERVE_")} == set(OWN)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A2C_SPEC_PARALELISM", "did you mean A2C_SPEC_PARALLELISM?"),
        ("A2C_SPEC_parallelism", "did you mean A2C_SPEC_PARALLELISM?"),
        ("A2C_SPEC_AUTO_APPROVE", ""),
        ("A2C_SPEC_ZZZZZZZZZ", "means nothing to a2c-spec"),
        ("A2C_SPEC_MAX_CREDITS", ""),
        ("A2C_SPEC_CACHE", ""),
        ("A2C_SPEC_SERVICE_HOST", ""),
        ("A2C_SPEC_PORT_8080_TCP", ""),
        ("A2C_SPEC_PROVE", ""),
    ],
)
def test_a_variable_that_means_nothing_is_told(
    name: str, said: str, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    err = a2c("version").err
    assert (said in err and name in err) if said else err == ""


def test_nothing_is_unknown_where_all_is_known() -> None:
    assert unknown(["A2C_SPEC_A"], ["A2C_SPEC_A"]) == []


def test_json_that_a_variable_asks_for_holds_for_errors_too(a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A2C_SPEC_JSON", "yes")
    assert a2c("plan", "nowhere.yaml").out.startswith('{"event": "error"')


def test_every_command_is_looked_at() -> None:
    assert {path[0] for path, _, _ in FLAGS} == set(COMMANDS) - {"completion", "schema"}
