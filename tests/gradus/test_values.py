"""Values as bytes: what is written comes back, and hostile bytes are refused with NotData alone."""

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradus import problems, values
from gradus.values import NotData, Problem, Rng, pack, realise, unpack

MAGIC = b"GRADUS1\n"
DTYPES = sorted(values.DTYPES)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    ARRAYS,
    st.builds(Rng, st.integers(0, 2**128)),
    st.builds(
        Problem,
        st.sampled_from(problems.names()),
        st.sampled_from(["", "value", "gradient", "hessian"]),
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
    max_leaves=12,
)


def head(tree, buffers=b""):
    """Bytes with a tree that `pack` would not write."""
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + buffers


def identical(a, b):
    """Equal in type, shape and bits, nan included."""
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and (a.dtype, a.shape) == (b.dtype, b.shape)
            and a.tobytes() == b.tobytes()
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(identical(a[key], b[key]) for key in a)
    return a == b or (a != a and b != b)


@given(VALUES)
@example(float("nan"))
@example([float("inf"), float("-inf"), -0.0])
@example({"": ((), [], {}, np.zeros((0, 3)), np.array(np.nan))})
def test_what_is_packed_comes_back(value):
    assert identical(unpack(pack(value)), value)


def test_negative_zero_keeps_its_sign():
    assert np.signbit(unpack(pack(-0.0)))
    assert np.signbit(unpack(pack(np.array([-0.0])))[0])


@given(VALUES)
def test_the_same_value_is_the_same_bytes(value):
    assert pack(unpack(pack(value))) == pack(value)


def test_text_that_no_file_could_hold_is_mended():
    assert unpack(pack({"a\udc80": ["\ud800b"]})) == {"a?": ["?b"]}
    assert unpack(pack("\U0001f600")) == "\U0001f600"


def test_an_array_comes_back_writeable_contiguous_and_native():
    strided = np.arange(24.0).reshape(4, 6)[::2, ::3]
    swapped = np.arange(3).astype(">i4")
    for array in (strided, np.asfortranarray(strided), swapped):
        back = unpack(pack(array))
        np.testing.assert_array_equal(back, array)
        assert back.dtype == array.dtype.newbyteorder("=")
        back += 1


def test_whole_numbers_are_read_as_this_machine_has_them(monkeypatch):
    small, large = np.array([-1, 2**31 - 1]), np.array([2**31])
    monkeypatch.setattr(values, "OWN_INTEGER", np.dtype(np.int32))
    own, kept = values.unpack(values.pack([small, large]))
    assert own.dtype == np.int32 and own.tolist() == small.tolist()
    assert kept.dtype == np.int64 and kept.tolist() == large.tolist()


def test_a_numpy_scalar_becomes_an_array_without_axes():
    for scalar in (np.float64(1.5), np.int8(-3), np.bool_(True), np.complex128(1j)):
        back = unpack(pack(scalar))
        assert isinstance(back, np.ndarray)
        assert back.shape == ()
        assert back.dtype == scalar.dtype
        assert back == scalar


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        {1, 2},
        b"bytes",
        {1: 2},
        {"a": {None: 1}},
        [1, [2, object()]],
        np.array([object()]),
        np.array([None, 1.0]),
        np.array(["text"]),
        np.array([b"x"]),
        np.zeros(2, dtype=[("a", "f8")]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=np.complex64),
        np.random.default_rng(0),
        iter([1]),
        type,
        10**5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_is_refused(value):
    with pytest.raises(NotData):
        pack(value)
    with pytest.raises(NotData):
        pack({"inside": (value,)})


def nested(depth, kind=list):
    value = 0
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_depth_is_limited(kind):
    deepest = nested(values.MAX_DEPTH, kind)
    assert unpack(pack(deepest)) == deepest
    with pytest.raises(NotData, match="deep"):
        pack(nested(values.MAX_DEPTH + 1, kind))


def test_a_list_that_holds_itself_is_refused():
    circle = []
    circle.append(circle)
    with pytest.raises(NotData, match="deep"):
        pack(circle)


@pytest.mark.parametrize(
    "around",
    [lambda tree: ["list", tree], lambda tree: ["tuple", tree], lambda tree: ["dict", {"a": tree}]],
)
def test_depth_of_what_is_read_is_limited(around):
    tree = 0
    for _ in range(values.MAX_DEPTH):
        tree = around(tree)
    unpack(head(tree))
    with pytest.raises(NotData, match="deep"):
        unpack(head(around(tree)))


def test_json_deeper_than_python_reads_is_refused():
    with pytest.raises(NotData, match="not JSON"):
        unpack(head(b"[" * 100_000))


def test_the_number_of_items_is_limited():
    unpack(head(["list", *[0] * (values.MAX_ITEMS - 1)]))
    with pytest.raises(NotData, match="items"):
        unpack(head(["list", *[0] * values.MAX_ITEMS]))


def test_every_number_of_axes_that_numpy_has_travels():
    array = np.ones((1,) * 64)
    assert unpack(pack(array)).shape == array.shape


def test_size_is_limited():
    data = pack(np.zeros(100))
    assert unpack(data, max_bytes=len(data)).shape == (100,)
    with pytest.raises(NotData, match=f"at most {len(data) - 1}"):
        unpack(data, max_bytes=len(data) - 1)


def test_a_head_of_many_small_lists_is_refused_before_it_is_read():
    """As Python objects, empty lists take some twenty times the memory of their text."""
    with pytest.raises(NotData, match="head"):
        unpack(head(b"[" + b"[]," * (values.MAX_HEAD // 3 + 1) + b"[]]"))
    text = "x" * (values.MAX_HEAD - 2)
    assert unpack(pack(text)) == text


@pytest.mark.parametrize(
    "tree",
    [
        [],
        {},
        {"a": 1},
        ["unknown"],
        ["unknown", 1],
        [["list"]],
        ["array"],
        ["array", "float64"],
        ["array", "float64", 3],
        ["array", "object", [1]],
        ["array", "O", [1]],
        ["array", "str", [1]],
        ["array", "float64,int8", [1]],
        ["array", "float64", [-1]],
        ["array", "float64", [True]],
        ["array", "float64", [0.5]],
        ["array", "float64", ["1"]],
        ["array", "float64", [[1]]],
        ["array", "float64", [1] * 65],
        ["array", "float64", [2**31, 2**31]],
        ["array", "float64", [10**30]],
        ["array", "float64", [0, 10**30]],
        ["array", "float64", [0, 2**62, 2**62]],
        ["array", "float64", [2]],
        ["array", "float64", [1], "more"],
        ["rng", -1],
        ["rng", "1"],
        ["rng", 1.0],
        ["rng", True],
        ["rng"],
        ["problem", "bowl"],
        ["problem", "bowl", "__class__"],
        ["problem", "bowl", "start"],
        ["problem", 1, "value"],
        ["dict", [1]],
        ["dict"],
        ["dict", {}, {}],
        ["dict", {"a": {}}],
        ["list", ["list", ["nothing"]]],
    ],
    ids=lambda tree: json.dumps(tree)[:40],
)
def test_a_tree_that_pack_does_not_write_is_refused(tree):
    with pytest.raises(NotData):
        unpack(head(tree, b"\0" * 8))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GRADUS1",
        MAGIC,
        MAGIC + b"\x05\0\0",
        MAGIC + struct.pack("<I", 2**32 - 1) + b"0",
        b"GRADUS2\n" + pack(1)[8:],
        b"\x80\x04K\x01.",
        b"PK\x03\x04" + b"\0" * 40,
        b"\x93NUMPY\x01\0" + b"\0" * 40,
        head(b""),
        head(b"nul"),
        head(b"\xff\xfe"),
        head(b"[" + b"9" * 5000 + b"]"),
        head(b"9" * 5000),
    ],
)
def test_bytes_that_are_no_packed_value_are_refused(data):
    with pytest.raises(NotData):
        unpack(data)


def test_a_declared_size_makes_no_room_before_the_bytes_are_there():
    with pytest.raises(NotData, match="larger than the bytes"):
        unpack(head(["array", "float64", [10**12]]))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    for given_data in (data, head(data), head(b'["list",' + data + b"]")):
        with contextlib.suppress(NotData):
            unpack(given_data)


@given(
    VALUES,
    st.lists(st.tuples(st.integers(0), st.integers(0, 255), st.sampled_from("sid")), max_size=6),
)
def test_a_damaged_value_is_read_or_refused(value, damages):
    data = bytearray(pack(value))
    for where, byte, how in damages:
        at = where % (len(data) + 1)
        if how == "i":
            data.insert(at, byte)
        elif at < len(data) and how == "s":
            data[at] = byte
        elif at < len(data):
            del data[at:]
    with contextlib.suppress(NotData):
        pack(unpack(bytes(data)))


def test_realise_gives_copies():
    array = np.arange(3.0)
    value = {"a": (array, [array, 1]), "b": "text"}
    real = realise(value)
    real["a"][0][...] = 7
    real["a"][1][0][...] = 8
    real["a"][1].append(2)
    np.testing.assert_array_equal(array, [0, 1, 2])
    assert value["a"][1][1:] == [1]
    assert isinstance(real["a"], tuple)


def test_realise_makes_a_new_generator_each_time():
    first, second = realise((Rng(3), Rng(3)))
    assert isinstance(first, np.random.Generator)
    drawn = first.normal(size=3)
    np.testing.assert_array_equal(drawn, second.normal(size=3))
    np.testing.assert_array_equal(drawn, np.random.default_rng(3).normal(size=3))


def test_realise_finds_a_problem_or_its_part():
    bowl = problems.get("bowl")
    assert realise(Problem("bowl")) is bowl
    assert realise([Problem("bowl", "gradient")])[0] is bowl.gradient
    with pytest.raises(ValueError, match="name"):
        realise(Problem("no such problem"))
    with pytest.raises(NotData, match="part"):
        Problem("bowl", "__init__")
