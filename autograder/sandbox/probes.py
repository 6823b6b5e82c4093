"""What a submission must not be able to do: `autograder doctor` runs this file as a cell in the sandbox.

Every attempt returns whether it succeeded, and what it met. Where one succeeds it does no harm: what it starts
is counted and ends by itself, what it asks for is not used.
"""

import ctypes
import os
import resource
import signal
import socket
import time

_SPACES = ("user", "mnt", "pid", "net", "ipc", "uts")
_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWUSER = 0x10000000


def read_file(path):
    """Read a file of the machine."""
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        return False, error.strerror
    return True, f"{path} can be read"


def list_folder(path, shown):
    """See more in a folder of the machine than what is shown on purpose."""
    try:
        found = sorted(set(os.listdir(path)) - set(shown))
    except OSError as error:
        return False, error.strerror
    return bool(found), f"{len(found)} entries"


def write_file(path):
    """Write a file outside the submission's own folder."""
    try:
        with open(path, "w"):
            pass
    except OSError as error:
        return False, error.strerror
    return True, f"{path} was written"


def connect(port):
    """Reach a server that listens on the machine's loopback address."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        return False, str(error)
    return True, f"port {port} answered"


def see_process(mark):
    """Find a process of the machine by its command line."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if mark.encode() in file.read(4096):
                    return True, f"process {name} can be seen"
        except OSError:
            continue
    return False, "it cannot be seen"


def start_processes(count):
    """Have so many processes at once."""
    children = []
    try:
        for _ in range(count):
            child = os.fork()
            if child == 0:
                time.sleep(3)
                os._exit(0)
            children.append(child)
        time.sleep(0.5)  # they may be counted only now and then
    except OSError as error:
        return False, f"{error.strerror} after {len(children)}"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return True, f"{count} processes"


def hold_sockets(count):
    """Have so many sockets at once, whose buffers no process counts."""
    children, shares = [], 4
    try:
        for _ in range(shares):
            child = os.fork()
            if child == 0:
                pairs = [socket.socketpair() for _ in range(count // (2 * shares) + 1)]
                time.sleep(3)
                os._exit(len(pairs) == 0)
            children.append(child)
        time.sleep(0.5)  # they are counted only now and then
        left = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
        if len(left) < shares:
            return False, f"{shares - len(left)} of {shares} processes were ended"
    except OSError as error:
        return False, error.strerror
    finally:
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            except OSError:
                continue
    return True, f"{count} sockets"


def allocate(size):
    """Have so much memory."""
    try:
        bytearray(size)  # zeros that are not touched take no memory of the machine
    except MemoryError:
        return False, "MemoryError"
    return True, f"{size / 2**20:.0f} MiB"


def mount():
    """Mount a file system over the working directory."""
    return _called(_LIBC.mount(b"tmpfs", b".", b"tmpfs", 0, None))


def unshare():
    """Enter a new user namespace, which would grant capabilities."""
    return _called(_LIBC.unshare(_NEWUSER))


def layers():
    """What holds this process: its namespaces, limits and what `/proc` says of its privileges."""
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    limits = {
        name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
        for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE")
    }
    return {
        "spaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in _SPACES},
        # A call is a fork of the notebook's process, which is the first of a namespace of its own.
        "nested": os.getppid() == 1,
        "limits": limits,
        "status": {name: status.get(name, "") for name in ("NoNewPrivs", "Seccomp", "CapEff")},
    }


def _called(status):
    if status == 0:
        return True, "the system allowed it"
    return False, os.strerror(ctypes.get_errno())
