"""How the exercises of the chapter on noise are judged.

Where chance decides, a function of `quantities` says what is compared.
"""

import numpy as np

from gradus.authoring import Call, Written, judge
from gradus.values import Rng
from solutions import noise as reference
from solutions import quantities
from solutions.checks.penalties import _away_from_zero


def _chances(rng, generators=6):
    """A seed, the same again, and others: chance must come from the generator that is given.

    Where each draw is to be made by itself, as many of each value at six generators are no coincidence.
    """
    seed = int(rng.integers(2**31))
    yield "", 1.0, seed
    yield ", the same generator again", 0.5, seed
    others = "another", "a third", "a fourth", "a fifth", "a sixth"
    for number, other in enumerate(others[: generators - 1], 1):
        yield f", {other} generator", 2.5 if number == 1 else 0.25, seed + number


def _repeated(rng, shape, draw, rows=32):
    """An array of which only so many rows are random: a notebook's file of cases has to hold it."""
    return np.resize(draw(rng, (rows, *shape[1:])), shape)


def _pixels(rng, shape):
    return rng.uniform(0.5, 2.0, shape)


@judge(reference.random_flip, points=2, returns=("images",), compare_as=quantities.flips)
def random_flip(rng):
    images = _repeated(rng, (4000, 1, 2, 2), _pixels)
    p = rng.uniform(0.35, 0.45)
    for words, weight, seed in _chances(rng):
        yield Call(f"4,000 images{words}", weight, images=images, p=p, rng=Rng(seed))
    many = _repeated(rng, (11_000, 1, 1, 2), _pixels)
    yield Call("11,000 images", images=many, p=rng.uniform(0.5, 0.55), rng=Rng(int(rng.integers(2**31))))
    rgb = rng.uniform(0.5, 2.0, (400, 3, 1, 3))
    yield Call("three channels", 3.5, images=rgb, p=0.85, rng=Rng(int(rng.integers(2**31))))
    for label, p in (("p = 0: none", 0.0), ("p = 1: all", 1.0)):
        images = rng.uniform(0.5, 2.0, (6, 2, 3, 4))
        yield Call(label, images=images, p=p, rng=Rng(int(rng.integers(2**31))))


random_flip.add_mistakes("""
    exactly a share `p` of the images is mirrored: each has a toss of its own, and their number varies
        mirrored = np.zeros(len(images), dtype=bool)
        mirrored[rng.choice(len(images), int(p * len(images)), replace=False)] = True
        return np.where(mirrored[:, None, None, None], images[:, :, :, ::-1], images)
    `p` is the probability of being mirrored, not of staying as it is
        return random_flip(images, 1 - p, rng)
    one toss decides for all images: toss once for each image
        return images[:, :, :, ::-1] if rng.random() < p else images
    images are turned upside down: left to right is the last axis
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
    all images are mirrored: only a share `p` of them should be
        return images[:, :, :, ::-1]
    rows, columns or pixels have tosses of their own: an image is mirrored as a whole
        mirrored = rng.random((*images.shape[:3], 1)) < p
        return np.where(mirrored, images[:, :, :, ::-1], images)
    images are mirrored AND turned upside down, a rotation by 180 degrees: reverse the last axis
    only
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, :, ::-1, ::-1], images)
    every image has the probability 1/2: it is `p`
        return random_flip(images, 0.5, rng)
    a fixed share is mirrored, the first ones: each image has a toss of its own
        images = images.copy()
        first = round(p * len(images))
        images[:first] = images[:first, :, :, ::-1]
        return images
    the numbers do not come from the generator `rng`
        return random_flip(images, p, np.random.default_rng(0))
    the order of the images is turned round, not the images: left to right is the last axis
        return images[::-1].copy()
    or
        out = images.copy()
        if rng.random() < p:
            out = np.flip(out, axis=0)
        return out
    or
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[::-1], images)
    or
        return np.flip(images, axis=0) if rng.random() < 0.5 else images.copy()
    all axes are turned round, the images among each other, too: reverse the last axis only
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], np.flip(images), images)
    the channels are turned round: left to right is the last axis
        mirrored = rng.random(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, ::-1], images)
    no image is mirrored: a share `p` of them should be
        return images.copy()
    rows and columns are exchanged, the image is transposed: reverse the last axis
        mirrored = rng.random(len(images)) < p
        if images.shape[2] == images.shape[3]:
            return np.where(mirrored[:, None, None, None], images.swapaxes(2, 3), images)
        return images.swapaxes(2, 3)
    each channel has a toss of its own: an image is mirrored as a whole
        mirrored = rng.random((*images.shape[:2], 1, 1)) < p
        return np.where(mirrored, images[:, :, :, ::-1], images)
    only the mirrored images are returned: the others stay as they are, in their places
        return images[rng.random(len(images)) < p][:, :, :, ::-1]
    normal numbers were drawn, so that another share than `p` is mirrored: draw uniform ones
        mirrored = rng.standard_normal(len(images)) < p
        return np.where(mirrored[:, None, None, None], images[:, :, :, ::-1], images)
""")
random_flip.add_variants("""
    image by image
        return [image[:, :, ::-1] if rng.random() < p else image for image in images]
    in place on a copy, in float32
        images = images.astype(np.float32)
        mirrored = rng.binomial(1, p, len(images)).astype(bool)
        images[mirrored] = images[mirrored][..., ::-1]
        return images
""")


@judge(reference.random_crop, points=2, returns=("crops",), compare_as=quantities.crops)
def random_crop(rng):
    images = _repeated(rng, (2500, 1, 3, 4), _pixels)
    for words, weight, seed in _chances(rng, generators=2):
        yield Call(f"2,500 images of 3 x 4 pixels{words}", weight, images=images, size=2, rng=Rng(seed))
    square = rng.uniform(0.5, 2.0, (120, 1, 4, 4))
    yield Call("square images", images=square, size=2, rng=Rng(int(rng.integers(2**31))))
    # Many, since a place at the edge may come up a little too often; bytes, since they are many.
    pixels = np.tile(np.arange(8, dtype=np.uint8), (2500, 1))
    wide = rng.permuted(pixels, axis=1).reshape(2500, 1, 2, 4)
    yield Call("2,500 images of bytes", images=wide, size=2, rng=Rng(int(rng.integers(2**31))))
    rgb = rng.uniform(0.5, 2.0, (100, 3, 3, 2))
    yield Call("three channels", 3.0, images=rgb, size=2, rng=Rng(int(rng.integers(2**31))))
    whole = rng.uniform(0.5, 2.0, (5, 2, 3, 3))
    yield Call("the whole image", images=whole, size=3, rng=Rng(int(rng.integers(2**31))))


def _filled(images, size, rows, columns):
    """As `_cut`, into an array that is there: a window that does not fit raises another error."""
    out = np.zeros((*images.shape[:2], size, size), images.dtype)
    for i, (r, c) in enumerate(zip(rows, columns, strict=True)):
        out[i] = images[i, :, r : r + size, c : c + size]
    return out


def _cut(images, size, rows, columns):
    return np.stack([image[:, r : r + size, c : c + size] for image, r, c in zip(images, rows, columns, strict=True)])


random_crop.add_mistakes("""
    one place for all images: draw a place for each
        n, _, h, w = images.shape
        row, column = rng.integers(h - size + 1), rng.integers(w - size + 1)
        return _cut(images, size, [row] * n, [column] * n)
    the last place is never taken: `rng.integers(0, k)` leaves out k, so k is h - size + 1
        n, _, h, w = images.shape
        return _cut(
            images, size, rng.integers(0, max(h - size, 1), n), rng.integers(0, max(w - size, 1), n)
        )
    or
        n, c, h, w = images.shape
        out = np.empty((n, c, size, size), images.dtype)
        for i in range(n):
            top = int(rng.integers(0, h - size)) if h > size else 0
            left = int(rng.integers(0, w - size)) if w > size else 0
            out[i] = images[i, :, top : top + size, left : left + size]
        return out
    or
        n, _, h, w = images.shape
        return _cut(images, size, rng.integers(0, h - size, n), rng.integers(0, w - size, n))
    the window is always in the middle: its place is drawn
        n, _, h, w = images.shape
        return _cut(images, size, [(h - size) // 2] * n, [(w - size) // 2] * n)
    the window is always in the corner: its place is drawn
        return images[:, :, :size, :size]
    row and column are one number, so all windows lie on the diagonal: draw both
        n, _, h, w = images.shape
        place = rng.integers(0, min(h, w) - size + 1, n)
        return _cut(images, size, place, place)
    only the rows are drawn: the columns, too
        n, _, h, _ = images.shape
        return _cut(images, size, rng.integers(0, h - size + 1, n), [0] * n)
    each channel is cut at a place of its own: a window has all channels of its image
        n, c, h, w = images.shape
        flat = images.reshape(n * c, 1, h, w)
        return random_crop(flat, size, rng).reshape(n, c, size, size)
    not all numbers come from the generator `rng`
        return random_crop(images, size, np.random.default_rng(0))
    or
        columns = rng.integers -> columns = np.random.default_rng(0).integers
    a place beyond the last is moved to the last, which comes up too often: draw among the h - size
    + 1 places that fit
        n, _, h, w = images.shape
        rows, columns = (np.minimum(rng.integers(0, side, n), side - size) for side in (h, w))
        return _cut(images, size, rows, columns)
    a rounded number takes the first and the last place half as often as the others: draw whole
    numbers
        n, _, h, w = images.shape
        rows, columns = (np.round(rng.random(n) * (side - size)).astype(int) for side in (h, w))
        return _cut(images, size, rows, columns)
    only the columns are drawn: the rows, too
        n, _, _, w = images.shape
        return _cut(images, size, [0] * n, rng.integers(0, w - size + 1, n))
    the first place is never taken: `rng.integers(1, ...)` leaves out 0
        n, _, h, w = images.shape
        rows = rng.integers(min(1, h - size), h - size + 1, n)
        return _cut(images, size, rows, rng.integers(min(1, w - size), w - size + 1, n))
    no window is a block of its image as it stands there: window i is cut out of image i, and not changed
        return np.repeat(random_crop(images[:1], size, rng), len(images), axis=0)
    or
        crops = random_crop(images, size, rng)
        return crops[:, :, :, ::-1]
    or
        return random_crop(images, size, rng).swapaxes(2, 3)
    the pixels are drawn one by one: a window is a block of neighbours
        n, c, h, w = images.shape
        rows, columns = rng.integers(0, h, (n, size)), rng.integers(0, w, (n, size))
        return np.stack([image[:, r][:, :, k] for image, r, k in zip(images, rows, columns)])
    the places of the rows serve for the columns, too: draw both
        n, _, h, w = images.shape
        rows = rng.integers(0, h - size + 1, n)
        return _cut(images, size, rows, np.minimum(rows, w - size))
    height and width are exchanged: a row is one of h - size + 1, a column one of w - size + 1
        n, _, h, w = images.shape
        return _filled(images, size, rng.integers(0, w - size + 1, n), rng.integers(0, h - size + 1, n))
    places are drawn at which the window does not fit into the image: the last row is h - size, the last column
    w - size
        n, _, h, w = images.shape
        return _filled(images, size, rng.integers(0, h, n), rng.integers(0, w, n))
    or
        n, c, h, w = images.shape
        rows, columns = rng.integers(0, h, n), rng.integers(0, w, n)
        return np.stack([np.roll(image, (-r, -k), axis=(1, 2))[:, :size, :size] for image, r, k in zip(images, rows, columns)])
""")
random_crop.add_variants("""
    all windows, then one of each image
        windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))
        n = len(images)
        rows = np.floor(rng.random(n) * windows.shape[2]).astype(int)
        columns = np.floor(rng.random(n) * windows.shape[3]).astype(int)
        return windows[np.arange(n), :, rows, columns].astype(np.float32)
    lists, row and column drawn together
        _, _, h, w = images.shape
        crops = []
        for image in images:
            row, column = rng.integers(0, [h - size + 1, w - size + 1])
            crops.append(image[:, row : row + size, column : column + size].tolist())
        return crops
""")


@judge(reference.dropout_forward, points=3, returns=("out", "mask"), compare_as=quantities.dropout)
def dropout_forward(rng):
    x, p = _repeated(rng, (1000, 8), _away_from_zero), rng.uniform(0.25, 0.35)
    for words, weight, seed in _chances(rng):
        yield Call(f"1,000 examples, 8 units{words}", weight, x=x, p=p, rng=Rng(seed))
    wide = _repeated(rng, (8, 1000), _away_from_zero)
    yield Call("8 examples, 1,000 units", x=wide, p=0.6, rng=Rng(int(rng.integers(2**31))))
    maps = _repeated(rng, (1000, 2, 3, 2), _away_from_zero)
    yield Call("four axes", x=maps, p=rng.uniform(0.5, 0.55), rng=Rng(int(rng.integers(2**31))))
    yield Call("p = 0: nothing is dropped", x=_away_from_zero(rng, (3, 5)), p=0.0, rng=Rng(7))


dropout_forward.add_mistakes("""
    exactly a share `p` of all entries is dropped: each entry is dropped by itself, and their number varies
        order = rng.permutation(np.size(x)).reshape(np.shape(x))
        mask = (order >= int(p * np.size(x))) / (1 - p)
        return x * mask, mask
    `p` is the probability of being DROPPED; here it is that of being kept
        mask = (rng.random(x.shape) < p) / max(p, 1e-3)
        return x * mask, mask
    nothing is scaled: this is dropout of the first kind, which multiplies by 1 - p at test time;
    the inverted one divides the kept entries by 1 - p now
        mask = (rng.random(x.shape) >= p) * 1.0
        return x * mask, mask
    or
        keep = rng.random(x.shape) >= p
        return x * keep, keep
    the kept entries are multiplied by 1 - p: they are DIVIDED by it, so that the expectation stays
        mask = (rng.random(x.shape) >= p) * (1 - p)
        return x * mask, mask
    the kept entries are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept
        (np.shape(x)) -> (x.shape)
        (1 - p) -> max(p, 1e-3)
    a share `p` is KEPT: an entry is kept where its random number is not below `p`
        (np.shape(x)) >= p -> (x.shape) < p
    the same units are dropped for all examples: the mask has the shape of x, an entry for each
    example
        mask = np.repeat((rng.random((1, *x.shape[1:])) >= p) / (1 - p), len(x), axis=0)
        return x * mask, mask
    or
        mask = np.broadcast_to((rng.random(x.shape[-1]) >= p) / (1 - p), x.shape).copy()
        return x * mask, mask
    whole examples are dropped: each entry has a chance of its own
        mask = np.ones(x.shape) * (rng.random((len(x), *[1] * (x.ndim - 1))) >= p) / (1 - p)
        return x * mask, mask
    exactly a share `p` of each example is dropped: each entry is dropped by itself, and the number
    varies
        flat = np.ones((len(x), x[0].size)) / (1 - p)
        flat[:, : round(p * flat.shape[1])] = 0
        mask = rng.permuted(flat, axis=1).reshape(x.shape)
        return x * mask, mask
    the scale is in the result but not in the mask, which the backward pass needs: mask is 0 or 1 /
    (1 - p)
        keep = rng.random(x.shape) >= p
        return x * keep / (1 - p), keep * 1.0
    the scale is in the mask but not in the result: out is `x * mask`
        keep = rng.random(x.shape) >= p
        return x * keep, keep / (1 - p)
    the mask is random, but nothing is dropped from x: out is `x * mask`
        return 1.0 * x, (rng.random(x.shape) >= p) / (1 - p)
    the numbers do not come from the generator `rng`
        return dropout_forward(x, p, np.random.default_rng(0))
    the scale is there twice: mask holds it already, out is `x * mask`
        (np.shape(x)) -> (x.shape)
        x * mask -> x * mask / (1 - p)
    the result and the mask come from different draws: draw once, and use that mask for both
        return dropout_forward(x, p, rng)[0], dropout_forward(x, p, rng)[1]
    a share `p` is kept, and nothing is scaled: `p` is the ratio dropped, and the kept entries are
    divided by 1 - p
        mask = (rng.random(x.shape) < p) * 1.0
        return x * mask, mask
    nothing is dropped: each entry has a toss of its own, and is dropped with the probability `p`
        return 1.0 * x, np.ones(x.shape)
    or
        return x / (1 - p), np.ones(x.shape) / (1 - p)
    the random numbers themselves stand in the mask, times the scale: it is 0 or 1 / (1 - p)
        mask = rng.random(x.shape)
        return x * mask, mask
    or
        mask = rng.random(x.shape) / (1 - p)
        return x * mask, mask
    or
        numbers = rng.random(x.shape)
        mask = numbers * (numbers >= p) / (1 - p)
        return x * mask, mask
    normal numbers were drawn, so that another share than `p` is dropped: draw uniform ones
        mask = (rng.normal(size=x.shape) >= p) / (1 - p)
        return x * mask, mask
    every entry is dropped with the probability 1/2: it is `p`
        mask = (rng.random(x.shape) >= 0.5) / (1 - p)
        return x * mask, mask
    or
        mask = (rng.random(x.shape) >= 0.5) * 2.0
        return x * mask, mask
    or
        mask = rng.integers(0, 2, x.shape) / (1 - p)
        return x * mask, mask
    the kept entries are divided by the root of 1 - p: divide by 1 - p
        mask = (rng.random(x.shape) >= p) / np.sqrt(1 - p)
        return x * mask, mask
    the mask says which entries are dropped, out is right: mask is 1 / (1 - p) where an entry is
    kept
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return x * mask, (mask == 0) * 1.0
    or
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return x * mask, (mask == 0) / (1 - p)
    the kept entries are multiplied by 1 + p: the kept entries are divided by 1 - p
        mask = (rng.random(x.shape) >= p) * (1 + p)
        return x * mask, mask
    the kept entries are divided by the share that was kept by chance: divide by 1 - p
        keep = rng.random(x.shape) >= p
        mask = keep / keep.mean()
        return x * mask, mask
    out and mask have changed places: `return out, mask`
        return dropout_forward(x, p, rng)[::-1]
    a share `p` is kept, and the kept entries are multiplied by 1 - p: `p` is the ratio dropped, and
    they are divided by 1 - p
        mask = (rng.random(x.shape) < p) * (1 - p)
        return x * mask, mask
    the kept entries are multiplied by `p`: they are divided by 1 - p
        mask = (rng.random(x.shape) >= p) * p
        return x * mask, mask
    or
        mask = (rng.random(x.shape) < p) * p
        return x * mask, mask
""")
dropout_forward.add_variants("""
    binomial draws, in float32
        mask = (rng.binomial(1, 1 - p, size=x.shape) / (1 - p)).astype(np.float32)
        return x.astype(np.float32) * mask, mask
    entry by entry, in lists
        mask = np.array([0.0 if rng.random() < p else 1 / (1 - p) for _ in range(x.size)])
        mask = mask.reshape(x.shape)
        return (x * mask).tolist(), mask.tolist()
    a choice between two values
        mask = rng.choice([0.0, 1 / (1 - p)], p=[p, 1 - p], size=x.shape)
        return np.where(mask > 0, x / (1 - p), 0.0), mask
""")


@judge(
    reference.dropout_gradient,
    points=3,
    returns=("loss", "dw1", "db1", "dw2", "db2"),
    repair="the mask is forgotten on the way back: no gradient passes where nothing was passed forward, and what "
    "passes has the scale",
)
def dropout_gradient(rng):
    for label, (n, d, m, k), keep in (
        ("eight examples", (8, 3, 6, 3), 0.6), ("more units than examples", (4, 5, 9, 4), 0.7),
        ("a high rate", (9, 4, 5, 3), 0.4), ("two classes", (6, 2, 4, 2), 0.5),
        ("nothing was dropped", (5, 3, 4, 3), 1.0),
    ):  # fmt: skip
        kept = rng.permuted(np.arange(n * m) < keep * n * m).reshape(n, m)
        yield Call(
            label,
            x=_away_from_zero(rng, (n, d)),
            labels=rng.permutation(np.arange(n) % k),
            w1=_away_from_zero(rng, (d, m)),
            b1=_away_from_zero(rng, m, 0.1, 0.5),
            w2=_away_from_zero(rng, (m, k), 0.3, 0.9),
            b2=_away_from_zero(rng, k, 0.1, 0.5),
            mask=kept / keep,
        )


dropout_gradient.add_mistakes("""
    the mask is forgotten on the way back: no gradient passes where nothing was passed forward, and what
    passes has the scale
        hidden = np.maximum(x @ w1 + b1, 0)
        entering = hidden * mask
        logits = entering @ w2 + b2
        logits = logits - logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        n, rows = len(x), np.arange(len(x))
        loss = -log_p[rows, labels].mean()
        dz = np.exp(log_p)
        dz[rows, labels] -= 1
        dz = dz / n
        back = dz @ w2.T * (hidden > 0)
        return loss, x.T @ back, back.sum(axis=0), entering.T @ dz, dz.sum(axis=0)
    the scale is missing on the way back: multiply by the mask as it is, not only where it is positive
        w2.T * mask * -> w2.T * (mask > 0) *
    the scale is undone: the derivative of `hidden * mask` is `mask`, so multiply, do not divide
        w2.T * mask * -> w2.T / np.where(mask > 0, mask, np.inf) *
    or
        w2.T * mask * -> w2.T / np.where(mask > 0, mask, 1.0) *
    the gradient flows through the dropped entries alone: multiply by the mask
        w2.T * mask * -> w2.T * (mask == 0) *
    the mask enters squared on the way back: multiply by it once
        w2.T * mask * -> w2.T * mask**2 *
    the gradient is scaled, and not masked: multiply by the mask, which is 0 where an entry was
    dropped
        w2.T * mask * -> w2.T * mask.max() *
    or
        w2.T * mask * -> w2.T / (mask > 0).mean() *
    or
        w2.T * mask * -> w2.T * np.where(mask > 0, mask, 1) *
    the mask is added on the way back: multiply by it
        dz @ w2.T * mask * -> (dz @ w2.T + mask) *
    negative gradients are set to 0, too: multiply by the mask, and by the slope of ReLU
        dz @ w2.T * -> np.maximum(dz @ w2.T, 0) *
    dw1 has the mask; the gradient of b1 is still without it
        back.sum(axis=0) -> (dz @ w2.T * (hidden > 0)).sum(axis=0)
    the gradient of b1 has the mask; dw1 is still without it
        x.T @ back -> x.T @ (dz @ w2.T * (hidden > 0))
    the gradient of w2 is made of the units before dropout: what enters the last layer has the mask
        entering.T @ dz -> hidden.T @ dz
    the gradient of w2 has the mask twice: what enters the last layer has it once
        entering.T @ dz -> (entering * mask).T @ dz
    the mask is on the way back alone: forward the outputs are multiplied by it, too
        hidden * mask -> 1.0 * hidden
    or
        logits = entering @ w2 + b2 -> logits = hidden @ w2 + b2
    the mask is not used, forward or backward
        hidden * mask -> 1.0 * hidden
        w2.T * mask * -> w2.T *
    the slope of ReLU is missing: no gradient passes a unit that was not above 0
        mask * (hidden > 0) -> mask
    the gradient is not divided by the number of examples: the loss is a mean
        dz / n -> 1.0 * dz
    the loss is a sum: it is the mean
        .mean() -> .sum()
    the gradient has the wrong sign
        dz / n -> -dz / n
    the gradient of a bias is a mean: all examples share it, so that their parts add up, and the 1 / n of the loss
    is there already
        back.sum(axis=0) -> back.mean(axis=0)
    or
        dz.sum(axis=0) -> dz.mean(axis=0)
    or
        back.sum(axis=0) -> back.mean(axis=0)
        dz.sum(axis=0) -> dz.mean(axis=0)
    b1 is missing, or added behind the ReLU
        hidden = np.maximum(x @ w1 + b1, 0) -> hidden = np.maximum(x @ w1, 0)
    or
        hidden = np.maximum(x @ w1 + b1, 0) -> hidden = np.maximum(x @ w1, 0) + b1
""")
dropout_gradient.add_variants("""
    the mask and the slope in one
        slope = mask * (x @ w1 + b1 > 0)
        hidden = (x @ w1 + b1) * slope
        z = hidden @ w2 + b2
        p = np.exp(z - z.max(axis=1)[:, None])
        p /= p.sum(axis=1)[:, None]
        one = np.eye(len(b2))[labels]
        dz = (p - one) / len(x)
        dh = slope * (dz @ w2.T)
        return -np.sum(one * np.log(p)) / len(x), x.T @ dh, dh.sum(0), hidden.T @ dz, dz.sum(0)
    units that were dropped are at 0, and let nothing through
        mask * (hidden > 0) -> mask.max() * (entering > 0)
    example by example
        w1_, b1_, w2_, b2_ = (np.zeros(w.shape) for w in (w1, b1, w2, b2))
        loss, n = 0.0, len(x)
        for row, label, factors in zip(x, labels, mask, strict=True):
            hidden = np.maximum(row @ w1 + b1, 0)
            z = (hidden * factors) @ w2 + b2
            p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
            loss -= np.log(p[label]) / n
            p[label] -= 1
            dh = (w2 @ p) * factors * (hidden > 0) / n
            w1_ += np.outer(row, dh)
            b1_ += dh
            w2_ += np.outer(hidden * factors, p) / n
            b2_ += p / n
        return loss, w1_, b1_, w2_, b2_
    in float32
        hidden = np.maximum(x @ w1 + b1, 0).astype(np.float32)
        entering = hidden * mask.astype(np.float32)
        z = entering @ w2.astype(np.float32) + b2.astype(np.float32)
        log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        dz = np.exp(log_p)
        dz[range(len(x)), labels] -= 1
        dz /= len(x)
        back = (dz @ w2.T.astype(np.float32)) * (hidden > 0) * mask.astype(np.float32)
        return -log_p[range(len(x)), labels].mean(), x.T.astype(np.float32) @ back, back.sum(0), entering.T @ dz, dz.sum(0)
""")


@judge(reference.smoothed_cross_entropy, points=3, returns=("loss", "grad"))
def smoothed_cross_entropy(rng):
    def given(n, k, spread=2, middle=0):
        # Multiples of 1/64 are the same in float32, however far from zero.
        logits = np.round(64 * rng.uniform(-spread, spread, size=(n, k))) / 64 + middle
        return {"logits": logits, "labels": rng.permutation(np.arange(n) % k)}

    for label, n, k in (
        ("five examples of three classes", 5, 3), ("as many examples as classes", 4, 4),
        ("one example", 1, 5), ("two classes", 6, 2),
    ):  # fmt: skip
        yield Call(label, **given(n, k), eps=rng.uniform(0.2, 0.5))
    yield Call("eps = 0: the labels as they are", 0.5, **given(4, 3), eps=0.0)
    yield Call("eps = 1: nothing of the labels is left", 0.5, **given(4, 3), eps=1.0)
    large = int(rng.integers(8_000, 12_000))
    yield Call("logits up to 10,000", 2.0, **given(6, 4, large), eps=rng.uniform(0.2, 0.5))
    yield Call("logits near 10,000", **given(5, 3, 2, large), eps=rng.uniform(0.2, 0.5))


def _log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _against(logits, targets):
    """Loss and gradient for any targets, as if their rows had the sum 1."""
    log_p = _log_softmax(logits)
    return -np.sum(targets * log_p) / len(logits), (np.exp(log_p) - targets) / len(logits)


smoothed_cross_entropy.add_mistakes("""
    `eps` is spread over the OTHER classes alone: here the label's own class gets its part, too
        n, k = logits.shape
        targets = np.full((n, k), eps / (k - 1))
        targets[np.arange(n), labels] = 1 - eps
        return _against(logits, targets)
    the label has 1 - eps, without its own part of what is spread: the targets of a row have the sum 1
        n, k = logits.shape
        targets = np.full((n, k), eps / k)
        targets[np.arange(n), labels] = 1 - eps
        return _against(logits, targets)
    the label keeps the probability 1, and `eps` comes on top: it keeps 1 - eps, and its own part of
    what is spread
        n, k = logits.shape
        targets = np.full((n, k), eps / k)
        targets[np.arange(n), labels] += 1
        return _against(logits, targets)
    or
        n, k = logits.shape
        targets = np.full((n, k), eps / k)
        targets[np.arange(n), labels] = 1
        return _against(logits, targets)
    each class gets `eps`, not its k-th part: `eps` is what all of them get together
        n, k = logits.shape
        targets = np.full((n, k), 1.0 * eps)
        targets[np.arange(n), labels] = 1 - eps
        return _against(logits, targets)
    or
        n, k = logits.shape
        targets = np.full((n, k), 1.0 * eps)
        targets[np.arange(n), labels] += 1 - eps
        return _against(logits, targets)
    nothing is spread: the label has 1 - eps, and the other classes 0
        return _against(logits, (1 - eps) * np.eye(logits.shape[1])[labels])
    `eps` is not used: these are the labels as they are
        return _against(logits, np.eye(logits.shape[1])[labels])
    the shares have changed places: the label keeps 1 - eps, and `eps` is spread
        n, k = logits.shape
        targets = np.full((n, k), (1 - eps) / k)
        targets[np.arange(n), labels] += eps
        return _against(logits, targets)
    the loss is that of the smoothed labels, the gradient that of the labels as they are
        hard = np.eye(logits.shape[1])[labels]
        return smoothed_cross_entropy(logits, labels, eps)[0], _against(logits, hard)[1]
    the gradient is that of the smoothed labels, the loss that of the labels as they are
        hard = np.eye(logits.shape[1])[labels]
        return _against(logits, hard)[0], smoothed_cross_entropy(logits, labels, eps)[1]
    the gradient is that of the labels as they are, times 1 - eps: what pulls towards the other classes
    is missing
        hard = np.eye(logits.shape[1])[labels]
        return smoothed_cross_entropy(logits, labels, eps)[0], (1 - eps) * _against(logits, hard)[1]
    the prediction is smoothed, not the label: the logarithm is of the probabilities as they are
        n, k = logits.shape
        p = np.exp(_log_softmax(logits))
        smooth = (1 - eps) * p + eps / k
        loss = -np.mean(np.log(smooth[np.arange(n), labels]))
        return loss, (smooth - np.eye(k)[labels]) / n
    the gradient is not divided by the number of rows: the loss is a mean
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss, grad * len(logits)
    the loss is the sum over the rows, and so is its gradient: both are of the mean
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss * len(logits), grad * len(logits)
    the loss is the sum over the rows: it is the mean
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss * len(logits), grad
    the mean is taken over rows AND classes: over the classes it is a sum
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss / logits.shape[1], grad
    or
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss / logits.shape[1], grad / logits.shape[1]
    the gradient has the wrong sign: a larger logit of the label lowers the loss
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss, -grad
    the loss has the wrong sign: the logarithm of a probability is negative
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return -loss, grad
    this is the gradient by the probabilities: by the logits it has one term for every class
        n, k = logits.shape
        targets = np.full((n, k), eps / k)
        targets[np.arange(n), labels] += 1 - eps
        log_p = _log_softmax(logits)
        return -np.sum(targets * log_p) / n, -targets / (np.exp(log_p) + 1e-300) / n
    these are the probabilities, of which nothing is subtracted
        log_p = _log_softmax(logits)
        return smoothed_cross_entropy(logits, labels, eps)[0], np.exp(log_p) / len(logits)
    exp of a large logit overflows: subtract the largest logit of each row first, it changes nothing
    else
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -np.sum(targets * np.log(p)) / n, (p - targets) / n
    or
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -np.sum(targets * log_p) / n, (np.exp(log_p) - targets) / n
    the softmax is safe, but its logarithm is not: where p underflows to 0 this is log(0); write log
    p as the shifted logit minus the log of the sum
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(_log_softmax(logits))
        return -np.sum(targets * np.log(p)) / n, (p - targets) / n
    a small number inside the logarithm hides log(0) and caps the loss: write log p as the shifted
    logit minus the log of the sum
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(_log_softmax(logits))
        return -np.sum(targets * np.log(p + 1e-12)) / n, (p - targets) / n
    the softmax is over the rows: each row is an example, and its classes have the sum 1
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        log_p = _log_softmax(logits.T).T
        return -np.sum(targets * log_p) / n, (np.exp(log_p) - targets) / n
    `eps` is halved: all of it is spread
        return smoothed_cross_entropy(logits, labels, eps / 2)
    one maximum is subtracted from all rows: those far below it lose everything, each row has its own
        logits.max(axis=1, keepdims=True) -> logits.max()
    or
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(logits - logits.max())
        p = p / p.sum(axis=1, keepdims=True)
        return -np.sum(targets * np.log(p)) / n, (p - targets) / n
    the probabilities are clipped, which caps the loss: write log p as the shifted logit minus the log
    of the sum
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.clip(np.exp(_log_softmax(logits)), 1e-7, 1 - 1e-7)
        return -np.sum(targets * np.log(p)) / n, (p - targets) / n
    or
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(_log_softmax(logits))
        return -np.sum(targets * np.log(np.clip(p, 1e-7, 1))) / n, (p - targets) / n
    or
        n, k = logits.shape
        targets = (1 - eps) * np.eye(k)[labels] + eps / k
        p = np.exp(_log_softmax(logits))
        return -np.sum(targets * np.log(np.clip(p, 1e-15, 1))) / n, (p - targets) / n
    the loss is in bits: take the natural logarithm
        loss, grad = smoothed_cross_entropy(logits, labels, eps)
        return loss / np.log(2), grad
""")
smoothed_cross_entropy.add_variants("""
    row by row
        n, k = logits.shape
        loss, grad = 0.0, np.zeros((n, k))
        for i in range(n):
            z = logits[i] - max(logits[i])
            log_p = z - np.log(sum(np.exp(z)))
            for c in range(k):
                target = eps / k + (1 - eps if c == labels[i] else 0)
                loss -= target * log_p[c] / n
                grad[i, c] = (np.exp(log_p[c]) - target) / n
        return loss, grad
    two losses, of the labels and of all classes alike
        n, k = logits.shape
        log_p = _log_softmax(logits)
        hard, even = -log_p[np.arange(n), labels].mean(), -log_p.mean()
        one = np.eye(k)[labels]
        return (1 - eps) * hard + eps * even, (np.exp(log_p) - (1 - eps) * one - eps / k) / n
    in float32
        n, k = logits.shape
        z = logits - logits.max(axis=1)[:, None]
        log_p = (z - np.log(np.exp(z).sum(1))[:, None]).astype(np.float32)
        targets = ((1 - eps) * np.eye(k)[labels] + eps / k).astype(np.float32)
        return np.float32(-(targets * log_p).sum(1).mean()), (np.exp(log_p) - targets) / np.float32(n)
    logaddexp, and the gradient in place of the probabilities
        n, k = logits.shape
        log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        grad = np.exp(log_p) - eps / k
        grad[range(n), labels] -= 1 - eps
        loss = -(1 - eps) * np.mean(log_p[range(n), labels]) - eps * np.mean(log_p)
        return loss, grad / n
""")


@judge(reference.mixup, points=2, returns=("mixed", "targets"))
def mixup(rng):
    def given(shape, k, whole=False):
        n = shape[0]
        turned = (np.arange(n) + rng.integers(1, n - 1)) % n  # nobody's partner is itself
        order = rng.permutation(n)
        partners = np.empty(n, dtype=int)
        partners[order] = order[turned]
        labels = rng.permutation(np.arange(n) % k)
        labels[partners[0]] = labels[0]  # two of one class are mixed
        x = rng.integers(-4, 5, shape) if whole else _away_from_zero(rng, shape)
        return {"x": x, "labels": labels, "partners": partners, "shares": rng.uniform(0.1, 0.4, n), "n_classes": k}

    yield Call("six vectors", **given((6, 4), 3))
    yield Call("as many examples as features", **given((5, 5), 3))
    yield Call("images as wide as there are examples", **given((6, 2, 4, 6), 4))
    yield Call("the last class has no example", **(given((7, 3), 4) | {"n_classes": 6}))
    yield Call("partners that several share", **(given((6, 4), 3) | {"partners": np.array([3, 3, 1, 1, 0, 3])}))
    yield Call("shares of 0 and 1", 0.5, **(given((5, 4), 3) | {"shares": np.array([0.0, 1.0, 0.3, 1.0, 0.0])}))
    yield Call("whole numbers", 0.5, **given((6, 3), 3, whole=True))


def _mixed(x, share):
    """Each example with its share, of the shape (n, ...)."""
    return np.reshape(share, (-1,) + (1,) * (x.ndim - 1)) * x


mixup.add_mistakes("""
    the shares have changed places: an example keeps `shares` of itself, and its partner gives the rest
        return mixup(x, labels, partners, 1 - shares, n_classes)
    the shares of the labels have changed places: they are those of the examples
        return mixup(x, labels, partners, shares, n_classes)[0], mixup(x, labels, partners, 1 - shares, n_classes)[1]
    the shares of the examples have changed places: they are those of the labels
        return mixup(x, labels, partners, 1 - shares, n_classes)[0], mixup(x, labels, partners, shares, n_classes)[1]
    the labels are not mixed: the partner's has a share, too
        return mixup(x, labels, partners, shares, n_classes)[0], np.eye(n_classes)[labels]
    the labels are mixed by the partner's share: each row has one of its own, for the example and the label
        mixed = mixup(x, labels, partners, shares[partners], n_classes)[1]
        return mixup(x, labels, partners, shares, n_classes)[0], mixed
    the label has its share, its partner's label has none
        return mixup(x, labels, partners, shares, n_classes)[0], _mixed(np.eye(n_classes)[labels], shares)
    the examples are not mixed: the labels are
        return 1.0 * x, mixup(x, labels, partners, shares, n_classes)[1]
    where both labels are one class, the second share overwrites the first: they add up
        n = len(labels)
        targets = np.zeros((n, n_classes))
        targets[np.arange(n), labels] = shares
        targets[np.arange(n), labels[partners]] = 1 - shares
        return mixup(x, labels, partners, shares, n_classes)[0], targets
    or
        n = len(labels)
        targets = np.zeros((n, n_classes))
        targets[np.arange(n), labels[partners]] = 1 - shares
        targets[np.arange(n), labels] = shares
        return mixup(x, labels, partners, shares, n_classes)[0], targets
    the partner's label is counted with the share of the example: it has the rest
        whole = np.eye(n_classes)
        targets = _mixed(whole[labels] + whole[labels[partners]], shares)
        return mixup(x, labels, partners, shares, n_classes)[0], targets
    the partner is added with the share of the example: it has the rest
        mixed = _mixed(x + x[partners], shares)
        return mixed, mixup(x, labels, partners, shares, n_classes)[1]
    `partners` is the wrong way round: example i is mixed with `x[partners[i]]`
        back = np.argsort(partners)
        return mixup(x, labels, back, shares, n_classes)
    each example is mixed with the next one: `partners` says with which
        return mixup(x, labels, (np.arange(len(x)) + 1) % len(x), shares, n_classes)
    or
        return mixup(x, labels, np.arange(len(x)) - 1, shares, n_classes)
    the examples have their partners, the labels those of the next ones: both have the same
        wrong = mixup(x, labels, (np.arange(len(x)) + 1) % len(x), shares, n_classes)[1]
        return mixup(x, labels, partners, shares, n_classes)[0], wrong
    all examples have one share: each has its own
        return mixup(x, labels, partners, np.full(len(x), np.mean(shares)), n_classes)
    or
        return mixup(x, labels, partners, np.full(len(x), shares[0]), n_classes)
    the shares run along the last axis, not along the examples: give them axes of length 1 behind
        mixed = shares * x + (1 - shares) * x[partners]
        return mixed, mixup(x, labels, partners, shares, n_classes)[1]
    the share is that of the partner: each pair takes the example's own
        return mixup(x, labels, partners, shares[partners], n_classes)
    the numbers of the classes are mixed: each class has a column of its own
        mean = shares * labels + (1 - shares) * labels[partners]
        return mixup(x, labels, partners, shares, n_classes)[0], mean
    the label with the larger share gets all: both have theirs
        taken = np.where(shares >= 0.5, labels, labels[partners])
        return mixup(x, labels, partners, shares, n_classes)[0], np.eye(n_classes)[taken]
    the mixed examples are cut to whole numbers: an array made like `x` is whole where x is; make it of floats
        mixed = np.zeros_like(x)
        mixed[...] = mixup(x, labels, partners, shares, n_classes)[0]
        return mixed, mixup(x, labels, partners, shares, n_classes)[1]
    there are as many columns as the labels name, not `n_classes`
        mixed, targets = mixup(x, labels, partners, shares, n_classes)
        return mixed, targets[:, : labels.max() + 1]
    the targets are turned: a row for each example, a column for each class
        mixed, targets = mixup(x, labels, partners, shares, n_classes)
        return mixed, targets.T
    the results have changed places
        return mixup(x, labels, partners, shares, n_classes)[::-1]
    the shares have one axis, the examples more: give them axes of length 1 behind, as
    many as `x` needs
        np.reshape(shares, (-1,) + (1,) * (values.ndim - 1)) -> shares
    the shares have four axes whatever the examples have: as many as `x`, of which all but the first
    have length 1
        mixed = shares.reshape(-1, 1, 1, 1) * x + (1 - shares.reshape(-1, 1, 1, 1)) * x[partners]
        return mixed, mixup(x, labels, partners, shares, n_classes)[1]
    a partner has been mixed already when it is used: mix with the examples as they were
        x, targets = x.astype(float), np.eye(n_classes)[labels]
        for i in range(len(x)):
            x[i] = shares[i] * x[i] + (1 - shares[i]) * x[partners[i]]
            targets[i] = shares[i] * targets[i] + (1 - shares[i]) * targets[partners[i]]
        return x, targets
    or
        mixed = x.astype(float)
        for i in range(len(x)):
            mixed[i] = shares[i] * mixed[i] + (1 - shares[i]) * mixed[partners[i]]
        return mixed, mixup(x, labels, partners, shares, n_classes)[1]
    the larger share always goes to the example: it keeps what `shares` says, also where that is less than half
        return mixup(x, labels, partners, np.maximum(shares, 1 - np.asarray(shares)), n_classes)
""")
mixup.add_variants("""
    example by example
        mixed = np.zeros(x.shape)
        targets = np.zeros((len(x), n_classes))
        for i, (j, share) in enumerate(zip(partners, shares)):
            mixed[i] = share * x[i] + (1 - share) * x[j]
            targets[i, labels[i]] += share
            targets[i, labels[j]] += 1 - share
        return mixed, targets
    from the partner on
        w = shares[(...,) + (None,) * (x.ndim - 1)]
        whole = (labels[:, None] == np.arange(n_classes)).astype(float)
        far, near = x[partners], whole[partners]
        return far + w * (x - far), near + shares[:, None] * (whole - near)
    by a matrix that mixes
        n = len(x)
        mixing = np.diag(shares)
        np.add.at(mixing, (np.arange(n), partners), 1 - shares)
        flat = mixing @ x.reshape(n, -1)
        return flat.reshape(x.shape), mixing @ np.eye(n_classes)[labels]
    with einsum, and add.at for the labels
        n, rows = len(x), np.arange(len(x))
        targets = np.zeros((n, n_classes))
        np.add.at(targets, (rows, labels), shares)
        np.add.at(targets, (rows, labels[partners]), 1 - shares)
        return np.einsum("i,i...->i...", shares, x) + np.einsum("i,i...->i...", 1 - shares, x[partners]), targets
""")


which_ratio = Written(
    "which-ratio",
    points=4,
    rubric="""\
- 1 point: the expectation at training is derived from the four masks, or from E[mask] = 1 - p for each input: (1 - p)(w1 x + w2 y).
- 1 point: the test-time factor is the ratio kept, 1 - p = 0.8; with the ratio dropped the sum is 0.2 / 0.8 = a quarter of what the next layer was trained on.
- 1 point: the two ratios agree only at p = 1/2, and why that hides the mistake (lectures and examples use 1/2; a classifier's argmax may survive a wrong scale).
- 1 point: a check that does not rest on accuracy: the mean over many random passes against the test pass, or the mean of the units at training and at test; or inverted dropout, and why it avoids the question.""",
)


choose_remedies = Written(
    "choose-remedies",
    points=4,
    rubric="""\
- 1 point: the diagnosis (training loss near 0, validation loss rising from epoch 15: overfitting) and what is tried at once: early stopping with patience and restored weights.
- 1 point: augmentation by transforms that keep the label, chosen for these images: left and right carry meaning here, so no flips (or flips that change the label along, where the mirrored sign is a class); small shifts, brightness, perhaps small rotations.
- 1 point: at least one further remedy (weight decay, decoupled because the optimizer is Adam; dropout; more data or pretrained weights), with settings to begin with and how its strength is chosen: on the validation data, not on the test data.
- 1 point: a plan that tells the remedies apart: one change at a time or a small grid, several seeds, the spread of the seeds beside the difference; the test set once, at the end.""",
)
