"""Declarative file conversion, from the command line (``a2c-spec``) and from Python.

    import a2c_spec

    result = a2c_spec.apply("recipes/", local=True)
    for change, record in result.rows:
        print(change.address, [file.path for file in record.files])

Nothing is printed and nothing exits: problems are raised as ``a2c_spec.errors``, failures of single jobs are in
``result.errors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2c_spec._version import __version__

if TYPE_CHECKING:
    from a2c_spec.core.diagnostics import Diagnostic
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.outcome import Result
    from a2c_spec.engine.project import Project

__all__ = ["__version__", "apply", "plan", "validate"]


def validate(*manifests: str, **options: Any) -> tuple[Diagnostic, ...]:
    """Everything that is wrong or odd in the manifests; none: they are valid. Needs no network and no key.

    ``options`` are the flags of the command line, as ``plan`` takes them.
    """
    from a2c_spec.engine.loading import load_all
    from a2c_spec.errors import InvalidError

    try:
        return load_all(_project(manifests, options)).warnings
    except InvalidError as error:
        return error.diagnostics


def plan(*manifests: str, **options: Any) -> Plan:
    """What ``apply`` would do, and why; only GETs are sent. No manifests means those of the project.

    ``options`` are flags of the command line by their names: ``chdir="folder"``, ``local=True``, ``env="staging"``,
    ``var=("quarter=Q3-2026",)``, ``base_url="..."``, ``offline=True``, ``parallelism=8``. Raises the tree of
    ``a2c_spec.errors``.
    """
    import asyncio

    from a2c_spec.engine.plan import plan_only

    return asyncio.run(plan_only(_project(manifests, options)))


def apply(*manifests: str, yes: bool = False, **options: Any) -> Result:
    """Carries the plan out; ``options`` as for ``plan``.

    ``yes`` allows to run again, cancel or delete what was paid for; else such a plan raises LimitRefused before
    anything is sent.
    """
    import asyncio

    from a2c_spec.engine.apply import apply_project
    from a2c_spec.engine.loading import reading
    from a2c_spec.engine.outcome import ApplyOptions, Unattended
    from a2c_spec.engine.selection import EVERYTHING

    project = _project(manifests, options)
    how = ApplyOptions(yes=yes).within(project.flags)
    work = apply_project(project, reading(project), EVERYTHING, how, Unattended())
    return asyncio.run(work)


def _project(manifests: tuple[str, ...], options: dict[str, Any]) -> Project:
    from a2c_spec.engine.flags import Flags
    from a2c_spec.engine.project import open_project

    given = {name: f"the argument {name}" for name in options}
    return open_project(Flags(manifests=manifests, verbose=True, given=given, **options))
