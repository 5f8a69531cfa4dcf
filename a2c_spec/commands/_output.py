"""What a user sees when a command ends badly."""

from __future__ import annotations

import json
import os
import sys

import click

from a2c_spec.errors import SpecError
from a2c_spec.views import problems
from a2c_spec.views.style import Style, wants_colour


def explain(problem: Exception, *, as_json: bool, verbose: bool) -> int:
    """Says what is wrong and what to do; gives the exit code. Surprises are reported as ours, without a traceback."""
    known = problem if isinstance(problem, SpecError) else surprise(problem, verbose=verbose)
    if as_json:
        click.echo(json.dumps({"event": "error", **problems.error_json(known)}, ensure_ascii=False))
    else:
        colour = wants_colour(os.environ, is_tty=sys.stderr.isatty(), no_color="--no-color" in sys.argv)
        click.echo(problems.error(known, Style(colour)), err=True)
    return known.exit_code


def surprise(problem: Exception, *, verbose: bool) -> SpecError:
    """An error nobody foresaw: its kind and place, never its values, which could hold a secret."""
    if isinstance(problem, OSError) and problem.strerror:
        name = f" {problem.filename}" if problem.filename else ""
        return SpecError(f"the system refuses{name}: {problem.strerror}")
    frames = []
    trace = problem.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('a2c_spec/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    place = "\n    ".join(frames) if verbose else frames[-1]
    return SpecError(
        f"this should not happen: {type(problem).__name__} at {place}",
        hint="this is a defect of a2c-spec; please report it, with the output of -v",
    )
