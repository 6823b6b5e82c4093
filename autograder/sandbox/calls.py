"""The system calls that a submission may make: these names, and no others, compiled to a filter by libseccomp.

What is not listed does not exist for it (ENOSYS), as on an older Linux: the C library and Python then do without.
So a call that a later Linux brings is refused until it is listed here. A name that a machine, or its libseccomp,
does not know is left out there.
"""

import ctypes
import errno
import functools
import itertools
import os
import tempfile
from collections.abc import Iterator

MISSING = "libseccomp is missing, install it (Debian, Ubuntu: sudo apt-get install libseccomp2)"

_LIBRARY = "libseccomp.so.2"
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_NAMES = " ".join(
    (
        # Files, of which the sandbox shows few. Not splice, tee, vmsplice, sendfile, by which a pipe or a socket
        # keeps whole pages of memory: nothing counts them once their process has let them go.
        "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 copy_file_range",
        "open creat openat openat2 close close_range lseek dup dup2 dup3 flock",
        "stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat",
        "getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2",
        "link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask",
        "truncate ftruncate fallocate fadvise64 fsync fdatasync utime utimes futimesat utimensat",
        # The copy of a file in Python's library asks for these, and takes no ENOSYS.
        "getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr",
        # Memory of the process, which is counted. None that lies elsewhere: memfd_create, shmget, msgget, mq_open.
        # `mmap` is below.
        "brk munmap mremap mprotect madvise mincore msync",
        # Processes and threads, which are counted: `clone` is below.
        "fork vfork execve execveat exit exit_group wait4 waitid set_tid_address set_robust_list rseq arch_prctl",
        "futex futex_waitv membarrier restart_syscall getrlimit setrlimit prlimit64 getrusage times",
        "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler",
        "sched_get_priority_min sched_get_priority_max getcpu getpriority setpriority",
        # Who it is and where it runs: to read, not to change.
        "getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups capget uname sysinfo",
        "getpgid getpgrp getsid setpgid setsid",
        # Signals, within its own namespace.
        "kill tkill tgkill pidfd_open pidfd_send_signal pause alarm getitimer setitimer sigaltstack signalfd signalfd4",
        "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait",
        # Time and chance.
        "time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep getrandom",
        "timerfd_create timerfd_settime timerfd_gettime",
        # To wait, and to talk to its own processes: `socket` is below.
        "pipe pipe2 select pselect6 poll ppoll eventfd eventfd2",
        "epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2",
        "bind connect listen accept accept4 getsockname getpeername getsockopt shutdown",
        "sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg",
    )
).split()

_INT = 0xFFFFFFFF  # of such an argument the kernel looks at no other bits
_NAMESPACES = 0x7E020000  # the flags that `clone` takes for them; those of `clone3` lie out of a filter's sight
_UNIX, _NETWORKS = 1, (2, 10, 16)  # AF_UNIX; AF_INET, AF_INET6, AF_NETLINK
_FIFO, _KIND_OF_FILE = 0o010000, 0o170000
_SOL_SOCKET = 1
_SHARED_ANONYMOUS = 0x21  # the bits of MAP_SHARED, in MAP_SHARED_VALIDATE too, and of MAP_ANONYMOUS

# Calls that are allowed where an argument, under a mask, has one of some values: by name, such conditions.
_Condition = tuple[int, int, tuple[int, ...]]
_WHERE: dict[str, tuple[_Condition, ...]] = {
    "clone": ((0, _NAMESPACES, (0,)),),
    # One's own memory, or a file's. What is shared without a file can be filled, then struck by `madvise` from the
    # account of every process, and is still there; so with /dev/zero, which the host does not show.
    "mmap": ((3, _SHARED_ANONYMOUS, (0, 0x01, 0x20)),),
    # No network: there is none in the sandbox, and what the kernel holds for one is large.
    "socket": ((0, _INT, (_UNIX,)),),
    "socketpair": ((0, _INT, (_UNIX,)),),
    # SO_REUSEADDR, SO_PASSCRED, SO_RCVTIMEO, SO_SNDTIMEO; not SO_SNDBUF, which makes room for megabytes.
    "setsockopt": ((1, _INT, (_SOL_SOCKET,)), (2, _INT, (2, 16, 20, 21))),
    # TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FICLONE; not TIOCSTI, which types
    # into the terminal.
    "ioctl": ((1, _INT, (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x40049409)),),
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ; not
    # F_SETPIPE_SZ, F_SETLEASE, F_NOTIFY.
    "fcntl": ((1, _INT, (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032)),),
    # PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_NAME, PR_GET_NAME.
    "prctl": ((0, _INT, (1, 2, 15, 16)),),
    "mknod": ((1, _KIND_OF_FILE, (_FIFO,)),),
    "mknodat": ((2, _KIND_OF_FILE, (_FIFO,)),),
}
# Refused with an error of their own, for which Python's library has another way, or which says more to a student.
_REFUSED: dict[str, tuple[int, tuple[_Condition, ...]]] = {
    "sendfile": (errno.ENOTSOCK, ()),
    "mmap": (errno.EPERM, ((3, _SHARED_ANONYMOUS, (_SHARED_ANONYMOUS,)),)),
    **dict.fromkeys(("socket", "socketpair"), (errno.EAFNOSUPPORT, ((0, _INT, _NETWORKS),))),
}

_ALLOW, _ERROR = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
_UNKNOWN = _ERROR | errno.ENOSYS
_MASKED_EQUAL = 7  # SCMP_CMP_MASKED_EQ
_BAD_ARCHITECTURE = 2  # SCMP_FLTATR_ACT_BADARCH


class Unavailable(Exception):
    """No filter can be made on this machine: the message says why."""


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


@functools.cache
def compiled(machine: str) -> bytes:
    """The filter for a machine ("x86_64" or "aarch64"), as instructions of BPF.

    Raises
    ------
    Unavailable
        If the machine is another one, or libseccomp is missing or fails.
    """
    library, architecture = _library(), _architecture(machine)
    filter_ = ctypes.c_void_p(library.seccomp_init(_UNKNOWN))
    try:
        _done(library.seccomp_attr_set(filter_, _BAD_ARCHITECTURE, _UNKNOWN))
        native = library.seccomp_arch_native()
        if architecture != native:
            _done(library.seccomp_arch_add(filter_, architecture))
            _done(library.seccomp_arch_remove(filter_, native))
        for action, name, comparisons in _rules():
            if _has(library, architecture, name):
                # The number is this machine's: libseccomp translates it.
                number = library.seccomp_syscall_resolve_name(name.encode())
                count = len(comparisons)
                array = (_Comparison * count)(*comparisons)
                _done(library.seccomp_rule_add_array(filter_, action, number, count, array))
        with tempfile.TemporaryFile() as file:
            _done(library.seccomp_export_bpf(filter_, file.fileno()))
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(filter_)


def names(machine: str) -> list[str]:
    """The names of the allowed calls that a machine has and libseccomp knows.

    Raises
    ------
    Unavailable
        If the machine is another one, or libseccomp is missing.
    """
    library, architecture = _library(), _architecture(machine)
    return sorted(name for name in {*_NAMES, *_WHERE} if _has(library, architecture, name))


def version() -> str:
    """The version of libseccomp.

    Raises
    ------
    Unavailable
        If it is missing.
    """
    return ".".join(map(str, _library().seccomp_version()[:3]))


def _rules() -> Iterator[tuple[int, str, tuple[_Comparison, ...]]]:
    """An action, the name of a call, and how its arguments must compare."""
    ruled = [(_ALLOW, name, _WHERE.get(name, ())) for name in (*_NAMES, *_WHERE)]
    ruled += [(_ERROR | error, name, where) for name, (error, where) in _REFUSED.items()]
    for action, name, where in ruled:
        compared = (
            [_Comparison(argument, _MASKED_EQUAL, mask, value) for value in values]
            for argument, mask, values in where
        )
        for comparisons in itertools.product(*compared):
            yield action, name, comparisons


def _has(library: ctypes.CDLL, architecture: int, name: str) -> bool:
    return library.seccomp_syscall_resolve_name_arch(architecture, name.encode()) >= 0


def _architecture(machine: str) -> int:
    if machine not in _ARCHITECTURES:
        known = " and ".join(_ARCHITECTURES)
        raise Unavailable(f"the system calls of {machine} are not known, but those of {known}")
    return _ARCHITECTURES[machine]


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        raise Unavailable(MISSING) from None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_arch_native.restype = ctypes.c_uint32
    library.seccomp_version.restype = ctypes.POINTER(ctypes.c_uint)
    return library


def _done(status: int) -> None:
    if status < 0:
        raise Unavailable(f"libseccomp makes no filter here ({os.strerror(-status)})")
