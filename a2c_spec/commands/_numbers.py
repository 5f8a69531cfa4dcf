"""The numbers that flags and their variables take: written as a2c.yaml takes them, too."""

from __future__ import annotations

import math
from typing import Any

import click

from a2c_spec.manifests.yaml.scalars import MOST_DIGITS, is_for_python


class Whole(click.IntRange):
    """A whole number within a range."""

    name = "whole number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails where it is none."""
        _check_written(self, value, param, ctx)
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A number within a range; neither infinite nor no number at all."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails where it is none."""
        _check_written(self, value, param, ctx)
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return found


def _check_written(kind: Whole | Number, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> None:
    """Fails where Python reads a number in what a2c.yaml takes for text."""
    if isinstance(value, str) and (is_for_python(value) or len(value) > MOST_DIGITS):
        kind.fail(f"{value!r} is not a valid {kind.name}.", param, ctx)
