"""Linux Landlock: restricts this process and its children to given paths, without TCP.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

PR_SET_NO_NEW_PRIVS = 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
VERSION_FLAG, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL = 1 << 14, 1 << 15
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
READ = EXECUTE | READ_FILE | READ_DIR
NO_TCP = 1 | 2  # neither bind nor connect
NO_SIGNALS = 1 | 2  # nor signals and abstract sockets to processes outside
DEVICES = ("/dev/null", "/dev/zero")


def version() -> int:
    """The version of Landlock in this kernel; less than 1 without Landlock."""
    return int(ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, VERSION_FLAG)) if sys.platform == "linux" else 0


def restrict(writable: Iterable[str], readable: Iterable[str]) -> bool:
    """Apply the restriction; returns False, and changes nothing, where the kernel has no Landlock."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    found = version()
    if found < 1:
        return False
    handled = _rights(found)
    attributes = struct.pack("QQQ", handled, NO_TCP, NO_SIGNALS)[: 24 if found >= 6 else 16 if found >= 4 else 8]
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    for path in writable:
        _allow(libc, ruleset, path, handled)
    for path in readable:
        _allow(libc, ruleset, path, (READ | WRITE_FILE if path in DEVICES else READ) & handled)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def _rights(found: int) -> int:
    """All file-system rights that this version of Landlock has."""
    return (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(found, 16)) - 1


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    if not os.path.isdir(path):  # noqa: PTH112 - a plain string is all there is
        rights &= ON_FILES
    libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)
