"""`a2c-spec version`, tried as a user would."""

from __future__ import annotations

import json
import platform

from a2c_spec import __version__
from tests.conftest import Command


def test_it_names_itself_and_python(a2c: Command) -> None:
    assert a2c("version").out == f"a2c-spec {__version__} (Python {platform.python_version()})\n"
    assert json.loads(a2c("version", "--json").out) == {"a2c-spec": __version__, "python": platform.python_version()}
    assert a2c("--version").out == f"{__version__}\n"
