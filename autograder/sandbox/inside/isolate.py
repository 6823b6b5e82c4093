"""What holds one submission inside the sandbox: its own namespaces, limits, no privileges, fewer system calls.

The sandbox that bubblewrap made is shared by the submissions of one server, one after the other. Each of
them is a fork that goes one step further in: processes, mounts and temporary folders of its own, which end
with it. Python 3.11 has no names for these calls of Linux; they are made through the C library.
"""

import contextlib
import ctypes
import os
import platform
import re
import resource
import secrets
import struct
import sys

# Without a sandbox a submission can run on other systems, too.
_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC, _BIND = 2, 4, 8, 4096 | 16384  # MS_BIND | MS_REC
_CAPABILITIES = 64
MOST_FILES = 10_000  # which cost the kernel memory that no other limit counts
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_SET_SECCOMP = 36, 38, 24, 22


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if not _LINUX:
        return
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def fork_in_namespaces(limits: dict) -> int:
    """Fork into user, process, mount and ipc namespaces of its own: 0 in the child, its pid in the parent.

    Raises
    ------
    OSError
        In the parent, if the namespaces cannot be made.
    """
    reads, writes = os.pipe()
    middle = os.fork()
    if middle == 0:
        try:
            child = _further_in()
            if child == 0:
                _mounts(limits["folder_bytes"])
                _begin_anywhere()
            os.write(writes, struct.pack("<i", child))
        except BaseException:
            os._exit(1)
        if child == 0:
            os.close(reads)
            os.close(writes)
            return 0
        os._exit(0)
    os.close(writes)
    said = b""
    while part := os.read(reads, 8):
        said += part
    os.close(reads)
    os.waitpid(middle, 0)
    pids = [pid for (pid,) in struct.iter_unpack("<i", said)]
    # One says which process it is, and that process, which is 0 to itself, that it is ready.
    if len(pids) < 2:
        raise OSError("a submission cannot have namespaces of its own here")
    return max(pids)


def limit(limits: dict, counted: bool) -> None:
    """Set the limits of this process and of all that it starts; `counted`: on the number of processes too."""
    seconds = int(max(limits["run_seconds"], limits["exercise_seconds"])) + 1
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # Where memory runs out, it is not the server that is ended.
    if _LINUX:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    # Before Linux 5.14 the processes of the same user in all namespaces were counted together.
    if counted and tuple(map(int, platform.release().split(".")[:2])) >= (5, 14):
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"],) * 2)


def keep_files(number: int) -> None:
    """Let so many of the files that may be open be out of reach, until it is called again."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(most - number, 0), most))


def give_up_privileges(calls: bytes) -> None:
    """Drop the capabilities that a new user namespace grants, for good, and filter the system calls.

    `calls`: the filter, as instructions of BPF; none, if it is empty.
    """
    if not _LINUX:
        return
    for capability in range(_CAPABILITIES):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    _call("capset", header, nothing)
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if calls:
        program = ctypes.create_string_buffer(calls, len(calls))
        described = struct.pack("HxxxxxxP", len(calls) // 8, ctypes.addressof(program))
        _call("prctl", _PR_SET_SECCOMP, 2, ctypes.c_char_p(described), 0, 0)


def _further_in() -> int:
    """Leave this process's namespaces, and fork: the child is the first process of the new ones."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NEWUSER | _NEWPID | _NEWNS | _NEWIPC)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return os.fork()


def _mounts(size: int) -> None:
    """Folders that end with the submission, and a view of its own processes alone."""
    flags, options = _NOSUID | _NODEV, b"mode=0700,size=%d,nr_inodes=%d" % (size, MOST_FILES)
    shown = [(path, os.open(path, os.O_PATH)) for path in _mounted_below("/tmp/")]
    for folder in (b"/tmp", b"/dev/shm"):
        _call("mount", b"tmpfs", folder, b"tmpfs", flags, options)
    for path, file in shown:
        if os.path.isdir(f"/proc/self/fd/{file}"):
            os.makedirs(path)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, os.O_CREAT))
        _call("mount", b"/proc/self/fd/%d" % file, os.fsencode(path), None, _BIND, None)
        os.close(file)
    _call("mount", b"proc", b"/proc", b"proc", flags | _NOEXEC, None)


def _begin_anywhere() -> None:
    """Let the numbers of processes begin at any: they would tell a call how many were made before it."""
    # Where the kernel does not offer it, numbers begin at 2.
    with contextlib.suppress(OSError):
        with open("/proc/sys/kernel/pid_max") as file:
            most = min(int(file.read()), 2**22)
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(secrets.randbelow(most - 1000) + 300))


def _mounted_below(folder: str) -> list[str]:
    """What the sandbox shows in a folder: Python and its packages, where a project lies in /tmp."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [line.split(" ")[4] for line in file]
    # Four letters are written by their numbers there: space, tab, newline and backslash.
    points = [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), point) for point in points]
    return [point for point in points if point.startswith(folder)]


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
