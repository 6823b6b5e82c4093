"""Arguments and results as data: one format for the released cases and for the pipe to the sandbox.

A value is None, a bool, a number, a string, an array, a tuple, a list, a dict with string keys,
a `Rng` or a `Problem`. `pack` writes it as bytes; `unpack` reads bytes that nobody needs to
trust: sizes are bounded, array types are on a list, and nothing read is ever run.
"""

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_BYTES = 64 * 2**20
MAX_HEAD = 8 * 2**20  # of these, what is not an array: as objects it takes many times the room
MAX_DEPTH = 16
MAX_AXES = 64  # NumPy's own limit
MAX_ITEMS = 200_000
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex128".split()
)
OWN_INTEGER = np.dtype(np.int_)  # of 32 bits where Python runs in a page
_MAGIC = b"GRADUS1\n"


class NotData(ValueError):
    """A value that cannot travel, or bytes that are not a packed value."""


@dataclass(frozen=True)
class Rng:
    """Stands for `numpy.random.default_rng(seed)`: made anew wherever a call is made."""

    seed: int


@dataclass(frozen=True)
class Problem:
    """Stands for the problem of that name in `gradus.problems`, or for its value, gradient or hessian."""

    name: str
    part: str = ""

    def __post_init__(self) -> None:
        if self.part not in ("", "value", "gradient", "hessian"):
            raise NotData(f"part: expected 'value', 'gradient', 'hessian' or '', got {self.part!r}")


def kind(value: Any) -> str:
    """The type of a value with its article: "a tuple", "an int"."""
    name = type(value).__name__
    return f"a{'n' * name.lower().startswith(('a', 'e', 'i', 'o'))} {name}"


def realise(value: Any) -> Any:
    """The arguments of a call as a function receives them: copies, with `Rng` and `Problem` made real."""
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, Problem):
        from gradus import problems

        problem = problems.get(value.name)
        return getattr(problem, value.part) if value.part else problem
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple | list):
        return type(value)(realise(item) for item in value)
    if isinstance(value, dict):
        return {key: realise(item) for key, item in value.items()}
    return value


def pack(value: Any) -> bytes:
    """Write a value as bytes.

    Raises
    ------
    NotData
        If the value, or something in it, is not data.
    """
    buffers: list[bytes] = []
    tree = _tree(value, buffers, MAX_DEPTH)
    try:
        head = json.dumps(tree, separators=(",", ":")).encode()
    except ValueError as error:  # Python writes no number of more than some thousand digits
        raise NotData("a whole number of too many digits") from error
    return b"".join([_MAGIC, struct.pack("<I", len(head)), head, *buffers])


def unpack(data: bytes, max_bytes: int = MAX_BYTES) -> Any:
    """Read what `pack` wrote.

    Raises
    ------
    NotData
        If the bytes are not a packed value, or break a limit on size, depth or number of items.
    """
    return read(data, max_bytes)[0]


def read(data: bytes, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> tuple[Any, int]:
    """What `unpack` returns, and how many items it consists of: each takes room of its own, however few bytes."""
    if len(data) > max_bytes:
        raise NotData(f"a value of {len(data)} bytes; at most {max_bytes} are read")
    start = len(_MAGIC) + 4
    if data[: len(_MAGIC)] != _MAGIC or len(data) < start:
        raise NotData("these bytes are not a packed value")
    (size,) = struct.unpack("<I", data[len(_MAGIC) : start])
    if size > min(MAX_HEAD, len(data) - start):
        raise NotData(f"a head of {size} bytes, of {len(data)} in all; at most {MAX_HEAD} are read")
    head = data[start : start + size]
    # What JSON makes of a bracket takes a hundred times its room: they are counted before. An item has two at most.
    if head.count(b"[") + head.count(b"{") > 2 * max_items:
        raise NotData(f"more than {max_items} items")
    try:
        tree = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise NotData("the head of a packed value is not JSON") from error
    reader = _Reader(memoryview(data)[start + size :], max_items)
    return reader.value(tree, MAX_DEPTH), reader.items


def _tree(value: Any, buffers: list[bytes], depth: int) -> Any:
    if depth < 0:
        raise NotData(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, np.str_):  # an item of an array of strings
        value = str(value)
    if value is None or type(value) in (bool, int, float, str):
        return value  # Python's JSON knows nan and the infinities
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.name not in DTYPES:
            raise NotData(f"an array of dtype {array.dtype.name}")
        buffers.append(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return ["array", array.dtype.name, list(array.shape)]
    if isinstance(value, Rng):
        return ["rng", value.seed]
    if isinstance(value, Problem):
        return ["problem", value.name, value.part]
    if type(value) in (tuple, list):
        return [type(value).__name__, *(_tree(item, buffers, depth - 1) for item in value)]
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise NotData("a dict whose keys are not strings")
        items = {key: _tree(item, buffers, depth - 1) for key, item in value.items()}
        return ["dict", items]
    if isinstance(value, np.random.Generator):
        raise NotData(
            "a Generator: use gradus.values.Rng(seed), which becomes one wherever a call is made"
        )
    raise NotData(kind(value))


class _Reader:
    """Reads one tree, taking each array's bytes from the front of what is left."""

    def __init__(self, buffer: memoryview, max_items: int):
        self.buffer, self.max_items = buffer, max_items
        self.items = 0

    def value(self, node: Any, depth: int) -> Any:
        self.items += 1
        if depth < 0 or self.items > self.max_items:
            raise NotData("nested too deep, or too many items")
        if isinstance(node, str):
            return _text(node)
        if node is None or isinstance(node, bool | int | float):
            return node
        match node:
            case ["array", str(dtype), list(shape)]:
                return self.array(dtype, shape)
            case ["rng", int(seed)] if type(seed) is int and seed >= 0:
                return Rng(seed)
            case ["problem", str(name), str(part)]:
                return Problem(name, part)
            case ["tuple", *items]:
                return tuple(self.value(item, depth - 1) for item in items)
            case ["list", *items]:
                return [self.value(item, depth - 1) for item in items]
            case ["dict", dict(items)]:
                return {_text(key): self.value(item, depth - 1) for key, item in items.items()}
        raise NotData("an unknown node")

    def array(self, dtype: str, shape: list) -> np.ndarray:
        plain = all(type(n) is int and 0 <= n for n in shape)
        if dtype not in DTYPES or not plain or len(shape) > MAX_AXES:
            raise NotData(f"an array of dtype {dtype!r} and shape {shape!r}")
        kind = np.dtype(dtype).newbyteorder("<")
        size = math.prod(shape) * kind.itemsize
        if size > len(self.buffer):
            raise NotData("an array larger than the bytes that follow")
        flat = np.frombuffer(self.buffer[:size], kind)
        self.buffer = self.buffer[size:]
        try:
            return own(flat.reshape(shape).astype(np.dtype(dtype)))
        except ValueError as error:  # no entry at all, but sides beyond what NumPy can count
            raise NotData(f"an array of shape {shape!r}") from error


def own(array: np.ndarray) -> np.ndarray:
    """Whole numbers as this machine's NumPy makes them, if they fit: it counts (`bincount`) no wider ones."""
    if array.dtype != np.int64 or OWN_INTEGER == np.int64:
        return array
    narrower = array.astype(OWN_INTEGER)
    return narrower if np.array_equal(narrower, array) else array


def _text(text: str) -> str:
    """Half a surrogate pair is no character: no file could hold the text."""
    return text.encode(errors="replace").decode()
