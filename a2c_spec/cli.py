"""The command line: parses, calls the command, turns what it raises into a message and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from keyword import iskeyword

import click

COMMANDS: Mapping[str, str] = {
    "init": "Write a first recipe to start from.",
    "validate": "Check manifests and report everything that is wrong, with its place.",
    "render": "Show manifests with every template filled in.",
    "plan": "Show what apply would do, and why; changes nothing.",
    "apply": "Apply the plan: upload, convert, download, verify, record.",
    "show": "Show a saved plan, or one address in full.",
    "drift": "Show where the service, or the files here, differ from what was applied.",
    "status": "Show the recorded addresses and their status.",
    "wait": "Wait for running jobs, and download their results.",
    "download": "Download results that are missing here, at no cost.",
    "history": "Show what the service did with a job, event by event.",
    "import": "Write a manifest from a job on the service, and adopt the job.",
    "destroy": "Delete jobs and presets from the service, with their records.",
    "prune": "Remove results and jobs that no manifest asks for any more.",
    "state": "List, show, rename, remove or adopt records.",
    "report": "Write a report of what was applied, as one HTML page.",
    "cache": "List or prune the results cache.",
    "verify": "Check every saved result against its recorded digest, offline.",
    "graph": "Show the dependencies between jobs: mermaid, dot or JSON.",
    "catalog": "List what the service converts, or show the options of a target.",
    "schema": "Print a JSON Schema, for editors and other tools.",
    "serve": "Run the local API on a loopback port.",
    "completion": "Print shell completion for bash, zsh or fish.",
    "config": "Show every setting, and where it is from.",
    "doctor": "Check the set-up: key, service, state, local conversions.",
    "version": "Show the version.",
}
"""Every command with its short help; each lives in ``commands/<name>.py`` and is imported only when it is called."""


class LazyCommands(click.Group):
    """Knows the names of all commands, and loads one when it is used, so that ``--help`` costs next to nothing."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return super().get_command(ctx, name)
        module = f"{name}_" if iskeyword(name) else name
        command = import_module(f"a2c_spec.commands.{module}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a programming error, not a user's
        import_module("a2c_spec.commands._variables").bind(command, (name,))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "; see a2c-spec --help"))
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="a2c-spec", message="%(version)s")
def cli() -> None:
    """Declarative file conversion: recipes in YAML, applied with the fewest possible API calls.

    Start with `a2c-spec apply recipe.yaml --local`: it needs no account, no key and no network.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Runs one command and exits with its code; no exception of ours ever shows as a traceback."""
    from a2c_spec.commands._streams import make_streams_last, output_lost

    for name in ("SIGTERM", "SIGHUP"):  # they end like Ctrl-C: exit 130, with all tidied up; nohup is heeded
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    make_streams_last()
    gc.set_threshold(10_000)  # a command makes many objects and few circles, and ends soon: a tenth of its time
    code = run(sys.argv[1:] if args is None else args)
    if lost := output_lost():
        from a2c_spec.errors import why

        click.echo(f"error: the output cannot be written: {why(lost)}", err=True)
    sys.exit(code or int(lost is not None))


def run(args: Sequence[str], runtime: object = None) -> int:
    """Runs one command; gives its exit code. ``runtime`` replaces clock, sleep and chance, for tests."""
    from a2c_spec.commands._named_commands import begin

    begin()
    try:
        _refuse_halves(args)
        if odd := [name for name in os.environ if name.startswith("A2C_SPEC_")]:
            _warn(odd, args)
        result = cli.main(list(args), prog_name="a2c-spec", standalone_mode=False, obj=runtime)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as problem:
        if isinstance(problem, click.BadParameter) and (said := _of_a_variable(problem)):
            return _explain(said, args)
        from a2c_spec.commands._output import say_usage

        say_usage(problem)
        return problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; the state is exact: run the same command again to continue", err=True)
        return 130
    except Exception as problem:
        return _explain(problem, args)


def _explain(problem: Exception, args: Sequence[str]) -> int:
    from a2c_spec.commands._output import explain
    from a2c_spec.commands._variables import asked

    verbose = "-v" in args or asked("--verbose", args)
    return explain(problem, as_json=asked("--json", args), verbose=verbose, no_color=asked("--no-color", args))


def _refuse_halves(args: Sequence[str]) -> None:
    """Raises UsageError where the command line holds bytes that are no text: they could not be recorded or sent."""
    from a2c_spec.errors import UsageError, is_text, not_text, shown_name

    if bad := next((one for one in args if not is_text(one)), ""):
        why, hint = not_text(bad, "rename the file, if it is one")
        raise UsageError(f"{shown_name(bad)} on the command line {why}", hint=hint)


def _warn(ours: Sequence[str], args: Sequence[str]) -> None:
    """Says which of these variables mean nothing: an ignored limit is worse than none."""
    from a2c_spec.commands._output import say
    from a2c_spec.commands._variables import asked, every_name, unknown

    context = click.Context(cli)
    names = (cli.get_command(context, name) for name in COMMANDS)
    if not ("-q" in args or asked("--quiet", args)):
        for said in unknown(ours, every_name(command for command in names if command)):
            say(said, err=True, one_line=True)


def _of_a_variable(problem: click.BadParameter) -> Exception | None:
    """The same problem, told of the environment variable that holds the wrong value; None when a flag does."""
    from a2c_spec.commands._variables import named, wrong_value

    name = named(problem)
    return wrong_value(name, problem, problem.param) if name else None


if __name__ == "__main__":
    main()
