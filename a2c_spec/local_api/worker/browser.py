"""Pictures of web pages by a headless browser, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SUFFIXES: Mapping[str, str] = {"screenshot": ".png", "screenshot_pdf": ".pdf", "website": ".html"}


class NoPicture(Exception):
    """The browser is missing, or yielded nothing."""


def find_browser() -> str:
    """The path of a browser; empty when there is none. ``A2C_BROWSER`` names one elsewhere."""
    return os.environ.get("A2C_BROWSER") or next((found for name in NAMES if (found := shutil.which(name))), "")


def capture(engine: str, url: str, options: Mapping[str, Any], path: Path, seconds: float) -> None:
    """Save what the engine makes of a page."""
    browser = find_browser()
    if not browser:
        raise NoPicture(f"The engine {engine} needs Chromium, which is not installed on this machine.")
    with tempfile.TemporaryDirectory(prefix="a2c-browser-") as profile:
        made = Path(profile) / f"page{SUFFIXES[engine]}"
        command = [browser, *_flags(profile, options), *_wanted(engine, made), url]
        _run(command, made if engine == "website" else None, seconds)
        if not made.is_file() or not made.stat().st_size:
            raise NoPicture("The browser could not open the page.")
        shutil.move(made, path)


def _flags(profile: str, options: Mapping[str, Any]) -> list[str]:
    width, height = _number(options, "screen_width", 1280), _number(options, "screen_height", 1024)
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars", f"--user-data-dir={profile}"]
    flags += [f"--window-size={width},{height}", f"--force-device-scale-factor={_scale(options)}"]
    return [*flags, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else flags


def _number(options: Mapping[str, Any], name: str, default: int) -> int:
    value = options.get(name, default)
    return max(16, min(int(value), 10_000)) if isinstance(value, int | float) else default


def _scale(options: Mapping[str, Any]) -> float:
    value = options.get("device_scale_factor", 1)
    return max(0.1, min(float(value), 5.0)) if isinstance(value, int | float) else 1.0


def _wanted(engine: str, made: Path) -> list[str]:
    return {
        "screenshot": [f"--screenshot={made}"],
        "screenshot_pdf": [f"--print-to-pdf={made}", "--no-pdf-header-footer"],
        "website": ["--dump-dom"],
    }[engine]


def _run(command: list[str], text: Path | None, seconds: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)  # noqa: S603 - no shell
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPicture("The browser did not finish.") from error
    if text is not None:
        text.write_bytes(done.stdout)
