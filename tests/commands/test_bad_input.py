"""Whatever is wrong: one clear message, the documented exit code, nothing lost, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.conftest import Command

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "bad" / "commands.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_bad_input_is_explained(
    case: dict[str, object], project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in dict(case.get("files", {})).items():  # type: ignore[call-overload]
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for name, value in dict(case.get("env", {})).items():  # type: ignore[call-overload]
        monkeypatch.setenv(name, value)
    ended = a2c(*case["run"])  # type: ignore[misc]
    said = ended.out + ended.err
    assert ended.code == case["code"], said
    for text in case["says"]:  # type: ignore[attr-defined]
        assert text in said
    assert "Traceback" not in said
    assert not list(project.rglob("*.part"))
