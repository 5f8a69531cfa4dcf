"""``validate``: everything that is wrong with manifests, at once; needs no network and no key."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import project_of, say, style_of, talk
from a2c_spec.core.reasons import counted
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.loading import load_all
from a2c_spec.errors import InvalidError
from a2c_spec.views import inert, problems


@click.command("validate")
@options.manifests
@options.output
def command(**given: Any) -> int:
    """Check manifests and report everything that is wrong as file:line:column."""
    return validate(flags_of(given))


def validate(flags: Flags) -> int:
    """Prints every problem; 0 when there is none, 5 else."""
    project = project_of(flags)
    try:
        loaded = load_all(project)
    except InvalidError as error:
        if not flags.as_json:
            say(problems.diagnostics(error.diagnostics, style_of(project)))
            talk(project.flags, f"{error.message}.")
        else:
            say(inert.dumps({"valid": False, "diagnostics": list(map(problems.diagnostic_json, error.diagnostics))}))
        return error.exit_code
    if flags.as_json:
        found = [problems.diagnostic_json(warning) for warning in loaded.warnings]
        say(inert.dumps({"valid": True, "jobs": len(loaded.jobs), "diagnostics": found}))
        return 0
    if loaded.warnings:
        say(problems.diagnostics(loaded.warnings, style_of(project)))
    parts = [counted(len(loaded.jobs), "job")] + ([counted(len(loaded.presets), "preset")] if loaded.presets else [])
    talk(project.flags, f"{style_of(project)('valid:', 'green')} {', '.join(parts)}")
    return 0
