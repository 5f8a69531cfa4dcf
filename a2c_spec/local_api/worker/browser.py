"""Saves web pages as pictures, PDF or HTML with a headless browser, where one is installed and may be used.

Pages are programs of strangers, and a browser cannot run in the sandbox of the converters. So it is off unless it is
allowed; then it reaches the network only by a proxy that checks every connection, and has no variable of the caller.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.transfer import TransferFailed
from a2c_spec.local_api.worker.checking_proxy import checking_proxy

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SUFFIXES: Mapping[str, str] = {"screenshot": ".png", "screenshot_pdf": ".pdf", "website": ".html"}


OFF = (
    "The engine {} opens web pages in a browser, which is switched off here. `a2c-spec serve --allow-browser`, or the "
    "variable A2C_BROWSER with the path of a browser, switches it on."
)
ENGINE = {
    "website": ["--dump-dom"],
    "screenshot": ["--screenshot={}"],
    "screenshot_pdf": ["--print-to-pdf={}", "--no-pdf-header-footer"],
}
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
)  # fmt: skip
ONLY_BY_PROXY = (
    "--proxy-bypass-list=<-loopback>",  # not even this machine without the proxy
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def find_browser() -> str:
    """The path of a browser, or an empty string. The variable ``A2C_BROWSER`` names one that is not in the PATH."""
    return os.environ.get("A2C_BROWSER") or next((found for name in NAMES if (found := shutil.which(name))), "")


def capture(engine: str, url: str, options: Mapping[str, Any], path: Path, settings: Settings) -> None:
    """Save a page in the way of the engine; TransferFailed where no browser may be used or none is there, or when the
    page does not open."""
    if not (settings.allow_browser or os.environ.get("A2C_BROWSER")):
        raise TransferFailed(OFF.format(engine))
    browser = find_browser()
    if not browser:
        raise TransferFailed(f"The engine {engine} needs Chromium, which is not installed on this machine.")
    with tempfile.TemporaryDirectory(prefix="a2c-browser-") as profile, checking_proxy(settings) as port:
        saved = Path(profile) / f"page{SUFFIXES[engine]}"
        how = [flag.format(saved) for flag in ENGINE[engine]]
        command = [browser, *QUIET, *_flags(profile, options), f"--proxy-server=http://127.0.0.1:{port}"]
        _run([*command, *ONLY_BY_PROXY, *how, url], profile, saved if engine == "website" else None, settings)
        if not saved.is_file() or not saved.stat().st_size:
            raise TransferFailed("The browser could not open the page.")
        shutil.move(saved, path)


def _flags(profile: str, options: Mapping[str, Any]) -> list[str]:
    width, height = _number(options, "screen_width", 1280), _number(options, "screen_height", 1024)
    flags = [f"--user-data-dir={profile}"]
    flags += [f"--window-size={width},{height}", f"--force-device-scale-factor={_scale(options)}"]
    return [*flags, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else flags


def _number(options: Mapping[str, Any], name: str, default: int) -> int:
    value = options.get(name, default)
    return max(16, min(int(value), 10_000)) if isinstance(value, int | float) else default


def _scale(options: Mapping[str, Any]) -> float:
    value = options.get("device_scale_factor", 1)
    return max(0.1, min(float(value), 5.0)) if isinstance(value, int | float) else 1.0


def _run(command: list[str], profile: str, page: Path | None, settings: Settings) -> None:
    """Run the browser, and end it with all that it has started. What it prints is the page, where that is wanted."""
    printed = page or Path(profile) / "printed"
    try:
        with printed.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - no shell
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=_environment(profile),
                cwd=profile, start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(settings.limits.fetch_seconds)
            finally:
                _end(process)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TransferFailed("The browser did not finish.") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _environment(profile: str) -> dict[str, str]:
    """What a browser needs to start: no variable of the caller, none of its folders."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), profile)
    return {"PATH": os.defpath, **kept, **homes, "LANG": "C.UTF-8"}
