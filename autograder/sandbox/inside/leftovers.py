"""Files as the cells left them, put back after the calls of an exercise, or after each where it is made alone.

So what one call writes, changes or removes reaches no other. Only folders of the submission's own are held
here: they are small, and end with it.
"""

import contextlib
import os
import stat
from collections.abc import Iterator

# As they were before any cell ran: a cell may put others in their place.
from os import chmod, lstat, mkdir, readlink, rename, rmdir, scandir, symlink, unlink, urandom
from os.path import isdir

# Characters of a path: what lies in a folder of a longer one may be out of reach of any path.
_LONGEST = 700


class Kept:
    """What lies in some folders, to be put back.

    Parameters
    ----------
    folders : list of str
        Those that do not exist are left out.
    most : int
        So many bytes of files are kept at the most; files beyond are removed, at once.
    """

    def __init__(self, folders: list[str], most: int) -> None:
        self.folders = [path for path in dict.fromkeys(folders) if isdir(path)]
        self.kept: dict[str, tuple[int, bytes | str]] = {}
        self.room, whole = most, True
        for folder in self.folders:
            for path, about in _entries(folder):
                content = self._content(path, about)
                if content is None:
                    whole = False
                else:
                    self.kept[path] = about.st_mode, content
        if not whole:
            self.restore()

    def restore(self) -> None:
        """Remove what is new, and write again what was changed or removed."""
        found = {path: about for folder in self.folders for path, about in _entries(folder)}
        for path in reversed(found):  # what a folder holds comes after it
            mode, _ = self.kept.get(path, (0, b""))
            if stat.S_IFMT(mode) != stat.S_IFMT(found[path].st_mode):
                with contextlib.suppress(OSError):
                    (rmdir if stat.S_ISDIR(found[path].st_mode) else unlink)(path)
        for path, (mode, content) in self.kept.items():
            with contextlib.suppress(OSError):
                if not _is(path, mode, content):
                    _write(path, mode, content)

    def _content(self, path: str, about: os.stat_result) -> bytes | str | None:
        """What has to be kept of a file, a folder or a link; None of what cannot be kept."""
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(about.st_mode):
                return b""
            if stat.S_ISLNK(about.st_mode):
                return readlink(path)
            if stat.S_ISREG(about.st_mode) and about.st_size <= self.room:
                self.room -= about.st_size
                with open(path, "rb") as file:
                    return file.read(about.st_size)
        return None


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """What lies in a folder and below, a folder before what it holds; nothing that is mounted there.

    A folder that lies too deep is moved to the top: what it holds would be found by no path.
    """
    device = lstat(folder).st_dev
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), scandir(waiting.pop()) as found:
            for entry in found:
                about = entry.stat(follow_symlinks=False)
                if about.st_dev != device:
                    continue
                path = entry.path
                if stat.S_ISDIR(about.st_mode):
                    if about.st_mode & stat.S_IRWXU != stat.S_IRWXU:
                        chmod(path, stat.S_IMODE(about.st_mode) | stat.S_IRWXU)
                    if len(path) > _LONGEST:
                        path = f"{folder}/{urandom(8).hex()}"
                        rename(entry.path, path)
                    waiting.append(path)
                yield path, about


def _is(path: str, mode: int, content: bytes | str) -> bool:
    """Whether what was kept is still there. Times do not tell: a file can be changed through memory."""
    try:
        about = lstat(path)
        if stat.S_ISLNK(mode):
            return stat.S_ISLNK(about.st_mode) and readlink(path) == content
        if stat.S_ISDIR(mode) or about.st_mode != mode or about.st_size != len(content):
            return about.st_mode == mode and stat.S_ISDIR(mode)
        with open(path, "rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False


def _write(path: str, mode: int, content: bytes | str) -> None:
    if stat.S_ISDIR(mode):
        with contextlib.suppress(FileExistsError):
            mkdir(path)
        chmod(path, stat.S_IMODE(mode))
        return
    with contextlib.suppress(FileNotFoundError):
        unlink(path)
    if isinstance(content, str):
        symlink(content, path)
        return
    with open(path, "wb") as file:
        file.write(content)
    chmod(path, stat.S_IMODE(mode))
