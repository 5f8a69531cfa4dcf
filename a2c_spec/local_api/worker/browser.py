"""Saves web pages as pictures, PDF or HTML with a headless browser, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_spec.local_api.storage.transfer import TransferFailed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SUFFIXES: Mapping[str, str] = {"screenshot": ".png", "screenshot_pdf": ".pdf", "website": ".html"}


def find_browser() -> str:
    """The path of a browser, or an empty string. The variable ``A2C_BROWSER`` names one that is not in the PATH."""
    return os.environ.get("A2C_BROWSER") or next((found for name in NAMES if (found := shutil.which(name))), "")


def capture(engine: str, url: str, options: Mapping[str, Any], path: Path, seconds: float) -> None:
    """Save a page in the way of the engine; TransferFailed without a browser, or when the page does not open."""
    browser = find_browser()
    if not browser:
        raise TransferFailed(f"The engine {engine} needs Chromium, which is not installed on this machine.")
    with tempfile.TemporaryDirectory(prefix="a2c-browser-") as profile:
        saved = Path(profile) / f"page{SUFFIXES[engine]}"
        command = [browser, *_flags(profile, options), *_output_flags(engine, saved), url]
        _run(command, saved if engine == "website" else None, seconds)
        if not saved.is_file() or not saved.stat().st_size:
            raise TransferFailed("The browser could not open the page.")
        shutil.move(saved, path)


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


def _output_flags(engine: str, saved: Path) -> list[str]:
    return {
        "screenshot": [f"--screenshot={saved}"],
        "screenshot_pdf": [f"--print-to-pdf={saved}", "--no-pdf-header-footer"],
        "website": ["--dump-dom"],
    }[engine]


def _run(command: list[str], html: Path | None, seconds: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)  # noqa: S603 - no shell
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TransferFailed("The browser did not finish.") from error
    if html is not None:
        html.write_bytes(done.stdout)
