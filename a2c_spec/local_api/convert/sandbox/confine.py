"""Confines the process that calls it: limits, environment, network, files, and its end with that of its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.sandbox import landlock

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


def drop_network() -> None:
    """Move this process and its children to an empty network namespace, where the kernel allows it."""
    if sys.platform != "linux":
        return
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def missing() -> str:
    """What this system lacks to confine converters, and what that means, as one sentence; empty when it has all."""
    files, network = landlock.version() >= 1, _can_drop_network()
    if files and network:
        return ""
    if not files and not network:
        lacks, means = "Landlock and user namespaces", "read and write the files of this user, and use the network"
    elif not files:
        lacks, means = "Landlock", "read and write the files of this user"
    else:
        lacks, means = "user namespaces", "use the network"
    return f"this system has no {lacks}, so a converter that a hostile input takes over can {means}"


def _can_drop_network() -> bool:
    """Tried in a process of its own: it cannot be taken back."""
    if sys.platform != "linux":
        return False
    code = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER | CLONE_NEWNET}) != 0)"
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False).returncode == 0  # noqa: S603 - our own


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends; the parent must have only one thread."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def enter(workdir: str, reads: Iterable[str], limits: Mapping[str, float]) -> None:
    """Confine this process for one task, with the means that the platform has."""
    os.chdir(workdir)
    os.environ.update(HOME=workdir, TMPDIR=workdir)
    _set_limits(limits)
    if sys.platform == "linux":
        landlock.restrict([workdir], [*reads, *_software()])


def _set_limits(limits: Mapping[str, float]) -> None:
    try:
        import resource
    except ImportError:  # Windows: only the wall clock and the sum of the products are watched
        return
    bounds = {
        resource.RLIMIT_CPU: int(limits["seconds"]) * (os.cpu_count() or 1) + 1,
        resource.RLIMIT_AS: int(limits["memory"]),
        resource.RLIMIT_FSIZE: int(limits["output"]),
        resource.RLIMIT_CORE: 0,
    }
    for name, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (bound, bound))


def _software() -> list[str]:
    """The folders and files with programs, libraries and fonts; none holds documents or settings of users."""
    libraries = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    package = str(Path(__file__).parents[3])
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/fonts", "/etc/ld.so.cache"]
    system += ["/etc/libreoffice", "/etc/alternatives", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo"]
    system += ["/sys/devices/system/cpu", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"]
    return [sys.prefix, sys.base_prefix, *libraries, package, *system, *programs.folders()]
