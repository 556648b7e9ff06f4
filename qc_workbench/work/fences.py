"""What a process that reads strangers' files may ask the system for (how much of it: :mod:`qc_workbench.work.limits`).

On Linux, without compiled code and without rights of an administrator: no new privileges, and a filter of system calls
(seccomp) that answers "not permitted" to the network, to starting or touching other processes, and, for a process that
only reads, to opening anything for writing, removing and renaming. It cannot be taken back. It lets through: reading
what the user of the service may read. The numbers below are those of x86-64; on other processors there is no filter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38
_SECCOMP: Final = 317
#: Of seccomp: set a filter, for every thread of the process.
_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1
_X86_64: Final = 0xC000003E
#: Numbers from here on are the same calls in another form (x32).
_X32: Final = 0x40000000

#: Instructions of the filter, see linux/bpf_common.h; where in a call's description its number, processor and
#: arguments are, see linux/seccomp.h.
_LOAD: Final = 0x20
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_IF_ANY_BIT: Final = 0x45
_ANSWER: Final = 0x06
_NUMBER: Final = 0
_PROCESSOR: Final = 4
_ARGUMENTS: Final = 16
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x50000 | errno.EPERM
_UNKNOWN: Final = 0x50000 | errno.ENOSYS

#: socket, connect, accept, sendto, sendmsg, bind, listen, socketpair, accept4, io_uring_setup (it does them all).
_NETWORK: Final = (41, 42, 43, 44, 46, 49, 50, 53, 288, 425)
#: fork, vfork, execve, kill, ptrace, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, process_vm_readv and -writev, execveat,
#: pidfd_send_signal, pidfd_open, pidfd_getfd.
_PROCESSES: Final = (57, 58, 59, 62, 101, 200, 129, 297, 310, 311, 322, 424, 434, 438)
#: chroot, pivot_root, mount, umount2, init_module, kexec_load, keys (three), unshare, perf_event_open,
#: open_by_handle_at, setns, finit_module, bpf, userfaultfd.
_SYSTEM: Final = (161, 155, 165, 166, 175, 246, 248, 249, 250, 272, 298, 304, 308, 313, 321, 323)
#: creat, rename, mkdir, rmdir, link, unlink, symlink, chmod, fchmod, chown, fchown, lchown, truncate, ftruncate, mknod,
#: utime, utimes and the same of a folder's descriptor; extended attributes.
_WRITING: Final = (
    *(85, 82, 83, 84, 86, 87, 88, 90, 91, 92, 93, 94, 76, 77, 133, 132, 235),
    *(258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 316, 452, 188, 189, 190, 197, 198, 199),
)
_OPEN: Final = 2
_OPENAT: Final = 257
_OPENAT2: Final = 437
_CLONE: Final = 56
_CLONE3: Final = 435
_TGKILL: Final = 234
_THREAD: Final = 0x10000
_FOR_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def go_nowhere() -> None:
    """Into a folder that is no more: what has no folder in its name is not found, and nothing can be put there."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        folder = tempfile.mkdtemp(prefix="qcw-decoder-")
        os.chdir(folder)
        Path(folder).rmdir()


def fence(*, reads_only: bool) -> bool:
    """Shut this process in, all its threads, for good; whether the system has a filter."""
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if platform.machine() != "x86_64" or sys.maxsize < 1 << 32:
        return False
    told = _filter(reads_only=reads_only)
    program = _Program(len(told) // 8, told)
    return bool(system.syscall(_SECCOMP, _SET_FILTER, _ALL_THREADS, ctypes.byref(program)) == 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _filter(*, reads_only: bool) -> bytes:
    refused = (*_NETWORK, *_PROCESSES, *_SYSTEM, *(_WRITING if reads_only else ()))
    steps = [
        _step(_LOAD, _PROCESSOR),
        *_unless(_IF_EQUAL, _X86_64, _REFUSE),
        _step(_LOAD, _NUMBER),
        *_when(_IF_AT_LEAST, _X32, _REFUSE),
        *(step for number in refused for step in _when(_IF_EQUAL, number, _REFUSE)),
        *_when(_IF_EQUAL, _CLONE3, _UNKNOWN),  # its flags are out of sight: libraries go on with clone
        *_of_argument(_CLONE, 0, _unless(_IF_ANY_BIT, _THREAD, _REFUSE)),
        *_of_argument(_TGKILL, 0, _unless(_IF_EQUAL, os.getpid(), _REFUSE)),  # how a process ends itself
    ]
    if reads_only:
        steps += _when(_IF_EQUAL, _OPENAT2, _UNKNOWN)
        steps += _of_argument(_OPEN, 1, _when(_IF_ANY_BIT, _FOR_WRITING, _REFUSE))
        steps += _of_argument(_OPENAT, 2, _when(_IF_ANY_BIT, _FOR_WRITING, _REFUSE))
    return b"".join((*steps, _step(_ANSWER, _ALLOW)))


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """``if_so``, ``if_not``: steps left out."""
    return struct.pack("=HBBI", code, if_so, if_not, value)


def _when(condition: int, value: int, answer: int) -> tuple[bytes, ...]:
    return _step(condition, value, 0, 1), _step(_ANSWER, answer)


def _unless(condition: int, value: int, answer: int) -> tuple[bytes, ...]:
    return _step(condition, value, 1, 0), _step(_ANSWER, answer)


def _of_argument(number: int, argument: int, steps: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Steps about the lower half of an argument of one call, which is let through where they give no answer."""
    inner = (_step(_LOAD, _ARGUMENTS + 8 * argument), *steps, _step(_ANSWER, _ALLOW))
    return _step(_IF_EQUAL, number, 0, len(inner)), *inner
