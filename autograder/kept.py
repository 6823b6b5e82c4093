"""What somebody changed is never lost: what was written where, and what has become of it since.

A folder that is filled from elsewhere holds a record of the digests of what was put there. A file that
differs from it was worked in.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

_RECORD = ".written.json"
# Nobody works in these, and a kept copy would be of no use.
_MADE_ONLY = (".whl", ".cases")


def digest(data: bytes) -> str:
    """What stands for a file's bytes in a record."""
    return hashlib.sha256(data).hexdigest()


class Record:
    """What was put last into a folder, by path.

    Parameters
    ----------
    folder : Path
        The record lies in it; without one, or with one that cannot be read, every file counts as worked in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            found = json.loads((folder / _RECORD).read_text("utf-8"))
        except (OSError, ValueError):
            found = {}
        self._digests: dict[str, str] = found if isinstance(found, dict) else {}

    def _key(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def last(self, path: Path) -> str | None:
        """The digest of what was put there last."""
        return self._digests.get(self._key(path))

    def is_free(self, path: Path) -> bool:
        """Whether nothing is lost if something is put there: it is missing, or as it was put there."""
        if not path.is_symlink() and not path.exists():
            return True
        return path.is_file() and digest(path.read_bytes()) == self.last(path)

    def put(self, path: Path, data: bytes) -> None:
        """Write a file whole and note it; one that has these bytes already is left alone."""
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Half a file would pass for somebody's work.
            part = self.folder / f"{_RECORD}.part"
            part.write_bytes(data)
            os.replace(part, path)
        self._digests[self._key(path)] = digest(data)

    def save(self) -> None:
        """Write the record itself."""
        part = self.folder / f"{_RECORD}.part"
        part.write_text(json.dumps(self._digests, indent=0, sort_keys=True), "utf-8")
        os.replace(part, self.folder / _RECORD)

    def keep(self, path: Path, data: bytes | None = None) -> Iterator[str]:
        """Copy a file into `kept/` if somebody changed it, before other bytes take its place.

        Not beside it: what lies in `release/` is handed out.

        Parameters
        ----------
        path : Path
        data : bytes, optional
            What is to stand there.

        Yields
        ------
        line : str
            Where the copy is.
        """
        if not path.is_file() or path.suffix in _MADE_ONLY or self.is_free(path):
            return
        worked_in = path.read_bytes()
        if worked_in == data:
            return
        first = self.folder / "kept" / path.relative_to(self.folder)
        for place in numbered(first):
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(worked_in)
            elif place.read_bytes() != worked_in:
                continue
            yield f"{shown(path)} had been changed: it is kept as {shown(place)}"
            return


def numbered(path: Path) -> Iterator[Path]:
    """A file's name and, where it is taken, further ones: name.txt, name-2.txt, name-3.txt, ..."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1


def shown(path: Path) -> str:
    """A path as it is told: from here where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
