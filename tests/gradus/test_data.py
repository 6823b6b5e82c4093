"""The digits: what they are, how they are split, what is said without scikit-learn; and the glyphs."""

import sys

import numpy as np
import pytest

from gradus import data
from gradus import glyphs as drawing

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def test_shapes_and_range(digits):
    for part, size in (("train", 1197), ("validation", 300), ("test", 300)):
        x, y = getattr(digits, f"x_{part}"), getattr(digits, f"y_{part}")
        assert x.shape == (size, 64)
        assert y.shape == (size,)
        assert x.dtype == np.float64
        assert y.dtype.kind == "i"
        assert x.min() == 0
        assert x.max() == 1
        assert set(y) == set(range(10))


def rows(x, y):
    return sorted(map(tuple, np.column_stack([x, y])))


def test_every_digit_stands_in_exactly_one_part(digits):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    parts = [digits[i : i + 2] for i in (0, 2, 4)]
    together = rows(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]))
    assert together == rows(x / 16, y)


def test_a_scikit_learn_that_keeps_its_file_elsewhere_gives_the_same(digits, monkeypatch):
    monkeypatch.setattr(data, "FILE", "nowhere/digits.csv.gz")
    for ours, theirs in zip(digits, data.digits(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_the_parts_are_mixed(digits):
    """In the order of the file, the first digits are 0 to 9 over and over, by one writer after another."""
    for y in (digits.y_train, digits.y_validation, digits.y_test):
        assert len(set(y[:10])) < 10
        assert np.bincount(y).min() > 0.05 * len(y)


def test_a_seed_gives_one_order(digits):
    again, other = data.digits(seed=0), data.digits(seed=1)
    for ours, theirs in zip(digits, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(digits.y_train, other.y_train)


def test_a_change_of_one_answer_is_not_in_the_next(digits):
    again = data.digits()
    again.x_train[...] = 7
    np.testing.assert_array_equal(data.digits().x_train, digits.x_train)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        data.digits()


def test_few_digits_are_of_the_first_500_and_some_of_their_labels_are_wrong(digits):
    known = {tuple(x): y for x, y in zip(digits.x_train[:500], digits.y_train[:500], strict=True)}
    for seed in range(5):
        x, y, rng = data.few_digits(seed, 40, 7)
        truth = np.array([known[tuple(row)] for row in x])
        assert (truth != y).tolist() == [True] * 7 + [False] * 33
        again = data.few_digits(seed, 40, 7)
        assert (again[0] == x).all()
        assert again[2].random() == rng.random()
    assert len(data.few_digits(0)[1]) == 100
    with pytest.raises(ValueError, match="n, n_wrong: expected"):
        data.few_digits(0, 600)


ALL = data.DIGITS + data.LATIN + data.GREEK
PLAIN = {"shift": 0, "slant": 0, "stroke": 0, "noise": 0}


def frames(drawn):
    return drawn.x.reshape(-1, 28, 28)


def test_glyphs_have_their_shapes_ranges_and_balanced_labels():
    for n, characters in ((1, "7"), (1205, data.DIGITS), (500, ALL)):
        x, y, face = data.glyphs(n, 3, characters)
        assert x.shape == (n, 784)
        assert y.shape == face.shape == (n,)
        assert x.dtype == np.float64
        assert y.dtype.kind == face.dtype.kind == "i"
        assert x.min() >= 0
        assert x.max() <= 1
        count = np.bincount(y, minlength=len(characters))
        assert count.max() - count.min() <= 1
    assert set(data.glyphs(2000, 0).face) == set(range(len(data.FACES)))
    assert len(data.glyphs(40, 0).y) == 40
    assert np.any(np.diff(data.glyphs(1000, 0).y) < 0)


def test_the_same_seed_draws_the_same_glyphs_and_a_generator_goes_on():
    first, again = data.glyphs(700, 5), data.glyphs(700, np.random.default_rng(5))
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    rng = np.random.default_rng(5)
    data.glyphs(700, rng)
    assert not np.array_equal(data.glyphs(700, rng).x, first.x)
    first.x[...] = 7
    np.testing.assert_array_equal(data.glyphs(700, 5).x, again.x)


def test_printed_digits_are_coarse_glyphs_in_three_parts():
    printed, drawn = data.printed_digits(4, 50), data.glyphs(2050, 4)
    assert [part.shape for part in printed[::2]] == [(50, 196), (1000, 196), (1000, 196)]
    np.testing.assert_array_equal(np.concatenate(printed[1::2]), drawn.y)
    last = drawn.x[-1].reshape(28, 28)
    for row, column in ((0, 0), (7, 5), (13, 13)):
        corner = last[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert printed.x_test[-1].reshape(14, 14)[row, column] == pytest.approx(corner.mean())
    with pytest.raises(ValueError, match="n"):
        data.printed_digits(0, 0)


def test_glyphs_are_readable_by_their_nearest_neighbour():
    """That labels belong to what is drawn: with the faces known, a picture like it has the same label."""
    known, new = data.glyphs(3000, 1, noise=0, shift=0), data.glyphs(300, 2, noise=0, shift=0)
    apart = np.linalg.norm(new.x[:, None, ::3] - known.x[None, :, ::3], axis=2)
    assert np.mean(known.y[apart.argmin(axis=1)] == new.y) > 0.97


def test_no_face_is_another_and_no_character_is_another_in_its_face():
    upright = [
        data.glyphs(62, 0, data.DIGITS + data.LATIN, (face,), **PLAIN) for face in data.FACES
    ]
    ordered = np.array([drawn.x[drawn.y.argsort()] for drawn in upright])
    for i in range(len(ordered)):
        for j in range(i):
            assert np.abs(ordered[i] - ordered[j]).max(axis=1).mean() > 0.3
        apart = np.abs(ordered[i][:, None] - ordered[i][None]).sum(axis=2)
        assert apart[~np.eye(62, dtype=bool)].min() > 1


def test_a_shift_by_whole_pixels_moves_the_image():
    still = frames(data.glyphs(90, 4, ALL, **PLAIN))
    for right, down in ((3, 0), (0, -2), (-1, 2)):
        moved = data.glyphs(90, 4, ALL, **PLAIN | {"shift": np.tile([right, down], (90, 1))})
        inside = np.roll(still, (down, right), axis=(1, 2))
        np.testing.assert_allclose(frames(moved), inside, atol=1e-4)
    far = data.glyphs(90, 4, ALL, **PLAIN | {"shift": np.full((90, 2), 28.0)})
    assert far.x.max() == 0


def test_a_heavier_stroke_has_more_ink_and_a_slant_leans_to_the_right():
    still = data.glyphs(300, 6, ALL, **PLAIN).x
    for low, high in ((-0.4, 0.0), (0.0, 0.4)):
        light, heavy = (
            data.glyphs(300, 6, ALL, **PLAIN | {"stroke": np.full(300, width)}).x
            for width in (low, high)
        )
        assert np.all(light <= heavy)
        assert np.all(light.sum(axis=1) < heavy.sum(axis=1))
    leaning = frames(data.glyphs(300, 6, ALL, **PLAIN | {"slant": np.full(300, 0.5)}))
    columns = np.arange(28)
    for before, after in zip(still.reshape(-1, 28, 28), leaning, strict=True):
        # The mean column of each row with ink moves by half its height above the middle.
        inked = (before.sum(axis=1) > 0.5) & (after.sum(axis=1) > 0.5)
        middle = [
            frame @ columns / np.maximum(frame.sum(axis=1), 1e-9) for frame in (before, after)
        ]
        expected = 0.5 * (13.5 - np.arange(28))
        assert np.abs(middle[1] - middle[0] - expected)[inked].mean() < 0.4


def test_the_drawn_numbers_are_uniform_in_their_ranges():
    """The ink of an "o" says where it stands."""
    x = data.glyphs(2000, 7, "o", ("DejaVuSans",), shift=4.0, slant=0, stroke=0, noise=0).x
    x = x.reshape(-1, 28, 28)
    for axis in (1, 2):
        place = x.sum(axis=axis) @ np.arange(28) / x.sum(axis=(1, 2)) - 13.5
        assert np.abs(place).max() == pytest.approx(4, abs=0.05)
        assert place.std() == pytest.approx(4 / np.sqrt(3), rel=0.05)


def test_noise_has_its_standard_deviation_where_nothing_cuts_it():
    noisy, clean = (data.glyphs(400, 8, noise=noise).x for noise in (0.1, 0.0))
    gray = (clean > 0.4) & (clean < 0.6)
    assert np.std((noisy - clean)[gray]) == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"n": 0}, "n: expected"),
        ({"n": 2.5}, "n: expected"),
        ({"rng": None}, "rng: expected"),
        ({"rng": "5"}, "rng: expected"),
        ({"characters": ""}, "characters: expected"),
        ({"characters": "a!"}, "characters: expected"),
        ({"characters": "aba"}, "characters: expected each of them once"),
        ({"characters": 7}, "characters: expected"),
        ({"characters": "aω", "faces": ("cmr10",)}, "characters: 'ω' is in none of the faces"),
        ({"faces": ()}, "faces: expected"),
        ({"faces": "cmr10"}, "faces: expected"),
        ({"faces": ("Arial",)}, "faces: expected"),
        ({"shift": -1}, "shift: expected"),
        ({"shift": np.zeros((3, 2))}, "shift: expected"),
        ({"shift": np.nan}, "shift: expected"),
        ({"slant": 3}, "slant: expected"),
        ({"slant": "much"}, "slant: expected"),
        ({"stroke": np.full(4, 1.5)}, "stroke: expected"),
        ({"noise": -0.1}, "noise: expected"),
    ],
)
def test_bad_arguments_of_glyphs_are_named(change, named):
    with pytest.raises(ValueError, match=named):
        data.glyphs(**{"n": 4, "rng": 0} | change)


def test_the_shipped_fields_are_those_of_the_outlines():
    """`python -m gradus.glyphs` would write the same, but for what another FreeType rounds otherwise."""
    shipped, pairs = drawing.fields(), drawing.pairs()
    assert list(shipped.row) == pairs
    assert shipped.distance.shape == (len(pairs), drawing.SIDE, drawing.SIDE)
    assert shipped.distance.dtype == np.int8
    for number in np.random.default_rng(0).permutation(len(pairs))[:90]:
        off = drawing.draw(*pairs[number]) - shipped.distance[number].astype(int)
        assert np.abs(off).max() <= 1
    assert drawing.FILE.stat().st_size < 300_000


def test_a_field_is_the_distance_to_the_ink_that_matplotlib_draws():
    """Its rasterizer fills the same outline: where the field is positive there is ink, elsewhere none."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for face, character in (("DejaVuSans", "8"), ("cmr10", "g"), ("STIXGeneralBol", "Ω")):
        outline = drawing._outline(face, character)
        points, capital = np.concatenate(outline), np.concatenate(drawing._outline(face, "H"))
        low, high = points.min(axis=0), points.max(axis=0)
        scale = min(16 / np.ptp(capital[:, 1]), 20 / np.max(high - low))
        whole = Outline.make_compound_path(*(Outline(p, closed=False) for p in outline))
        figure = Figure(figsize=(1, 1), dpi=960)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(-12, 12), ylim=(-12, 12))
        axes.axis("off")
        moved = scale * (whole.vertices - (low + high) / 2)
        axes.add_patch(PathPatch(Outline(moved, whole.codes), color="black", linewidth=0))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        ink = np.asarray(canvas.buffer_rgba())[15::30, 15::30, 0] < 128
        field = drawing.draw(face, character)
        np.testing.assert_array_equal(ink[np.abs(field) > 1], field[np.abs(field) > 1] > 0)


def test_glyphs_are_drawn_without_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    drawing.fields.cache_clear()
    assert data.glyphs(20, 0, ALL).x.shape == (20, 784)
