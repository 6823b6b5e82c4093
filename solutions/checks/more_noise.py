"""How the exercises of the optional chapter on more noise are judged.

Where chance decides, a function of `quantities` says what is compared.
"""

import numpy as np

from gradus.authoring import Call, judge
from gradus.values import Rng
from solutions import more_noise as reference
from solutions import quantities
from solutions.checks.noise import _chances, _repeated
from solutions.checks.penalties import _away_from_zero


@judge(
    reference.dropconnect_forward, points=2, returns=("out", "mask"), compare_as=quantities.dropconnect,
    rtol=1e-4, atol=1e-4,
)  # fmt: skip
def dropconnect_forward(rng):
    x, weights, p = (
        _away_from_zero(rng, (3, 8)),
        _repeated(rng, (1000, 8), _away_from_zero).T.copy(),
        rng.uniform(0.25, 0.35),
    )
    for words, weight, seed in _chances(rng):
        yield Call(f"from 8 units to 1,000{words}", weight, x=x, weights=weights, p=p, rng=Rng(seed))
    x, weights = _away_from_zero(rng, (2, 1200)), _repeated(rng, (1200, 10), _away_from_zero)
    p = rng.uniform(0.5, 0.55)
    yield Call("from 1,200 units to 10", x=x, weights=weights, p=p, rng=Rng(int(rng.integers(2**31))))
    x, weights = _away_from_zero(rng, (4, 3)), _away_from_zero(rng, (3, 2))
    yield Call("p = 0: nothing is dropped", x=x, weights=weights, p=0.0, rng=Rng(7))


def _connect(x, weights, mask):
    return x @ (weights * mask), mask


dropconnect_forward.add_mistakes("""
    exactly a share `p` of all weights is dropped: each is dropped by itself, and their number varies
        order = rng.permutation(weights.size).reshape(weights.shape)
        mask = (order >= int(p * weights.size)) / (1 - p)
        return x @ (weights * mask), mask
    `p` is the probability of being DROPPED; here it is that of being kept
        return _connect(x, weights, (rng.random(weights.shape) < p) / max(p, 1e-3))
    the kept weights are not divided by 1 - p: the expectation shrinks
        return _connect(x, weights, (rng.random(weights.shape) >= p) * 1.0)
    the kept weights are multiplied by 1 - p: divide by it
        return _connect(x, weights, (rng.random(weights.shape) >= p) * (1 - p))
    whole rows of the weights are dropped: that is dropout of the inputs; here each weight has a
    chance of its own
        kept = (rng.random((len(weights), 1)) >= p) / (1 - p)
        return _connect(x, weights, kept * np.ones(weights.shape))
    or
        mask = (rng.random(x.shape) >= p) / (1 - p)
        return (x * mask) @ weights, mask
    or
        mask = (rng.random(len(weights)) >= p) / (1 - p)
        return (x * mask) @ weights, np.tile(mask[:, None], weights.shape[1])
    whole columns of the weights are dropped: that is dropout of the outputs; here each weight has a
    chance of its own
        kept = (rng.random((1, weights.shape[1])) >= p) / (1 - p)
        return _connect(x, weights, kept * np.ones(weights.shape))
    or
        mask = (rng.random((len(x), weights.shape[1])) >= p) / (1 - p)
        return (x @ weights) * mask, mask
    the mask is drawn but not used: out is `x @ (weights * mask)`
        return x @ weights, (rng.random(weights.shape) >= p) / (1 - p)
    the scale is in the result but not in the mask: mask is 0 or 1 / (1 - p)
        keep = (rng.random(weights.shape) >= p) * 1.0
        return x @ (weights * keep) / (1 - p), keep
    the numbers do not come from the generator `rng`
        return dropconnect_forward(x, weights, p, np.random.default_rng(0))
    a share `p` is KEPT: a weight is kept where its random number is not below `p`
        return _connect(x, weights, (rng.random(weights.shape) < p) / (1 - p))
    the kept weights are divided by `p`, the ratio dropped: divide by 1 - p, the ratio kept
        return _connect(x, weights, (rng.random(weights.shape) >= p) / max(p, 1e-3))
    a share `p` is kept, and nothing is scaled: `p` is the ratio dropped, and the kept weights are
    divided by 1 - p
        return _connect(x, weights, (rng.random(weights.shape) < p) * 1.0)
    the scale is in the mask but not in the result: out is `x @ (weights * mask)`
        keep = (rng.random(weights.shape) >= p) * 1.0
        return x @ (weights * keep), keep / (1 - p)
    the scale is there twice: mask holds it already
        out, mask = dropconnect_forward(x, weights, p, rng)
        return out / (1 - p), mask
    every weight is dropped with the probability 1/2: it is `p`
        return _connect(x, weights, (rng.random(weights.shape) >= 0.5) / (1 - p))
    nothing is dropped: each weight has a toss of its own, and is dropped with the probability `p`
        return x @ weights, np.ones(weights.shape)
    or
        return x @ weights / (1 - p), np.ones(weights.shape) / (1 - p)
    the masked weights are returned: return the mask
        out, mask = dropconnect_forward(x, weights, p, rng)
        return out, weights * mask
    the masked weights alone are the result: out is `x @ (weights * mask)`
        mask = (rng.random(weights.shape) >= p) / (1 - p)
        return weights * mask, mask
    the kept weights are multiplied by `p`: they are divided by 1 - p
        return _connect(x, weights, (rng.random(weights.shape) >= p) * p)
    or
        return _connect(x, weights, (rng.random(weights.shape) < p) * p)
    each example has a mask of its own here: one mask is drawn for the whole mini-batch
        mask = (rng.random((len(x), *weights.shape)) >= p) / (1 - p)
        return np.einsum("nd,ndk->nk", x, weights * mask), mask[0]
    two masks are drawn: the one that is returned must be the one that was used
        return dropconnect_forward(x, weights, p, rng)[0], (rng.random(weights.shape) >= p) / (1 - p)
""")
dropconnect_forward.add_variants("""
    binomial draws and einsum, in float32
        mask = (rng.binomial(1, 1 - p, weights.shape) / (1 - p)).astype(np.float32)
        return np.einsum(
            "nd,dk,dk->nk", x.astype(np.float32), weights.astype(np.float32), mask
        ), mask
    unit by unit
        out, mask = np.zeros((len(x), weights.shape[1])), np.zeros(weights.shape)
        for k in range(weights.shape[1]):
            mask[:, k] = [1 / (1 - p) if rng.random() >= p else 0 for _ in range(len(weights))]
            out[:, k] = x @ (weights[:, k] * mask[:, k])
        return out, mask
""")


@judge(
    reference.stochastic_depth_forward, points=2, returns=("out",), compare_as=quantities.stochastic_depth,
    rtol=1e-4, atol=1e-4,
)  # fmt: skip
def stochastic_depth_forward(rng):
    def block(n, d):
        return {
            "x": _repeated(rng, (n, d), _away_from_zero, 25),
            "residual": _repeated(rng, (n, d), _away_from_zero, 32),
        }

    given, survival = block(5600, 2), rng.uniform(0.67, 0.73)
    for words, weight, seed in _chances(rng):
        yield Call(f"training{words}", weight, **given, survival=survival, training=True, rng=Rng(seed))
    number = int(rng.integers(2**31))
    yield Call("training, a low probability", **block(200, 3), survival=0.2, training=True, rng=Rng(number))
    survival = rng.uniform(0.55, 0.7)
    yield Call("test", 1.5, **block(9, 3), survival=survival, training=False, rng=Rng(number))
    survival = rng.uniform(0.1, 0.3)
    yield Call("test, a low probability", 1.5, **block(6, 4), survival=survival, training=False, rng=None)
    yield Call("survival 1: nothing is dropped", **block(5, 2), survival=1.0, training=True, rng=Rng(number))


def _tosses(x, survival, rng):
    return rng.random((len(x), 1)) < survival


stochastic_depth_forward.add_mistakes("""
    exactly a share `survival` of the examples keeps its branch: each has a toss of its own, and their number varies
        if not training:
            return x + survival * residual
        kept = np.zeros((len(x), 1))
        kept[rng.choice(len(x), int(survival * len(x)), replace=False)] = 1
        return x + kept * residual
    at test time the branch is not scaled: multiply it by its probability of survival
        return x + (_tosses(x, survival, rng) if training else 1.0) * residual
    `survival` is the probability of being KEPT; here it is that of being dropped
        return stochastic_depth_forward(x, residual, 1 - survival, training, rng)
    or
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + (1 - survival) * residual
    a toss is made at test time, too, though its result is not used: there `rng` may be None
        tosses = _tosses(x, survival, rng)
        return x + (tosses if training else survival) * residual
    at test time the branch is multiplied by 1 - survival, the ratio dropped: multiply by the ratio
    kept
        return x + (_tosses(x, survival, rng) if training else 1 - survival) * residual
    the shortcut is dropped, too: x always passes, only the residual branch has a chance
        return (_tosses(x, survival, rng) if training else survival) * (x + residual)
    each entry is dropped by itself, which is dropout: an example keeps its branch, or loses it, as
    a whole
        return x + (rng.random(x.shape) < survival if training else survival) * residual
    one toss decides for all examples: toss for each of them
        return x + (float(rng.random() < survival) if training else survival) * residual
    or
        if training:
            return x + residual if rng.random() < survival else x.copy()
        return x + survival * residual
    the branch is divided by survival in training: here it is scaled at test time, by multiplication
        return x + (_tosses(x, survival, rng) / survival if training else 1.0) * residual
    the branch is scaled twice, in training and at test time: once is enough, at test time
        return x + (_tosses(x, survival, rng) / survival if training else survival) * residual
    branches are dropped at test time, too: there the result is not random
        return x + _tosses(x, survival, rng) * residual
    in training nothing is dropped: multiply the branch by 0 or 1, by chance
        return x + survival * residual
    where the branch survives x is missing: the result is x + residual there
        if not training:
            return x + survival * residual
        return np.where(_tosses(x, survival, rng), residual, x)
    the shortcut is missing: add x to what is left of the branch
        return (_tosses(x, survival, rng) if training else survival) * residual
    at test time x is scaled, too: multiply the branch alone by `survival`
        return x + _tosses(x, survival, rng) * residual if training else survival * (x + residual)
    training and test have changed places
        return stochastic_depth_forward(x, residual, survival, not training, rng)
    `survival` is taken for the probability of being dropped in training, and rightly at test time:
    a branch is kept with the probability `survival`
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + survival * residual
    in training the branch is dropped with the probability `survival`, and the test has no scale: it
    is kept with that probability, and multiplied by it at test time
        if training:
            return x + residual * (rng.random((len(x), 1)) >= survival)
        return x + residual
    at test time the branch is divided by survival: it is multiplied
        return x + (_tosses(x, survival, rng) if training else 1 / survival) * residual
    at test time the branch is missing: it is multiplied by its probability of survival
        return x + (_tosses(x, survival, rng) if training else 0.0) * residual
    in training the branch is scaled, too: it is multiplied by 0 or 1 there, and by `survival` at
    test time alone
        return x + (_tosses(x, survival, rng) * survival if training else survival) * residual
    one toss decides for all examples, and at test time the branch is not scaled: toss for each, and
    multiply the branch by `survival` at test time
        if training:
            return x + residual if rng.random() < survival else x.copy()
        return x + residual
    the shortcut is multiplied, not the branch: x always passes, `residual` has a chance
        if not training:
            return survival * x + residual
        return _tosses(x, survival, rng) * x + residual
    the branch survives with the probability 1/2: it is `survival`
        return x + (_tosses(x, 0.5, rng) if training else survival) * residual
    the numbers do not come from the generator `rng`
        return stochastic_depth_forward(x, residual, survival, training, np.random.default_rng(0))
    in training the whole branch passes always: multiply it by 0 or 1, by chance
        return x + (1.0 if training else survival) * residual
    in training the shortcut is dropped, too: x always passes, only the residual branch has a chance
        return _tosses(x, survival, rng) * (x + residual) if training else x + survival * residual
    in training the branch is scaled in place of at test time: it is multiplied by 0 or 1, and by `survival` at test
    time
        return x + (_tosses(x, survival, rng) * survival if training else 1.0) * residual
    each feature has a toss, the same for all examples: an example keeps its branch, or loses it, as a whole
        return x + (rng.random(x.shape[1]) < survival if training else survival) * residual
    the result is x or the branch, where it is x or their sum
        if not training:
            return (1 - survival) * x + survival * residual
        return np.where(_tosses(x, survival, rng), residual, x)
""")
stochastic_depth_forward.add_variants("""
    example by example
        out = x.copy()
        for i in range(len(x)):
            if not training:
                out[i] += survival * residual[i]
            elif rng.random() < survival:
                out[i] += residual[i]
        return out
    binomial draws, in float32
        scale = rng.binomial(1, survival, len(x)) if training else np.full(len(x), survival)
        return (x + np.einsum("n,nd->nd", scale, residual)).astype(np.float32)
""")


@judge(reference.fractional_pooling_regions, points=2, places=True, returns=("regions",))
def fractional_pooling_regions(rng):
    for label, n, out in (
        ("25 pixels in 18 regions", 25, 18),
        ("17 pixels in 12 regions", 17, 12),
        ("40 pixels in 25 regions", 40, 25),
        ("30 pixels in 8 regions, more than two each", 30, 8),
        ("one region for each pixel", 60, 60),
    ):
        yield Call(label, n=n, out=out, u=rng.uniform(0.35, 0.9))
    # Five disjoint ranges: u = 0, rounding or a shift elsewhere cannot agree in all of them.
    for k in range(5):
        yield Call(f"31 pixels in 21 regions, {k + 1}", n=31, out=21, u=(k + rng.uniform(0.1, 0.9)) / 5)


def _regions(edges):
    edges = np.asarray(edges).astype(int)
    return np.column_stack([edges[:-1], edges[1:]])


fractional_pooling_regions.add_mistakes("""
    `u` has no effect, so that the regions are the same every time: take the floor of alpha * (i + u) and that of
    alpha * u, then subtract (in the floor of the difference it cancels)
        return _regions(np.floor(n / out * np.arange(out + 1) + 1e-9))
    or
        alpha = n / out
        return _regions(np.floor(alpha * (np.arange(out + 1) + u) - alpha * u))
    the first edge is not at 0: subtract floor(alpha * u) from all of them
        return _regions(np.floor(n / out * (np.arange(out + 1) + u)))
    the edges are rounded to the nearest: take the floor of both terms
        edges = np.round(n / out * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
    `u` is added after the scaling: alpha multiplies i + u
        edges = np.floor(n / out * np.arange(out + 1) + u + 1e-9)
        return _regions(edges - edges[0])
    the ends are the last pixels of the regions: here they are the first pixels after them
        return fractional_pooling_regions(n, out, u) - [0, 1]
    these are the sizes of the regions: return where each begins and ends
        return np.diff(fractional_pooling_regions(n, out, u), axis=1)[:, 0]
    alpha is rounded down: n / out is not a whole number, that is the point
        edges = np.floor(n // out * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
    these are the edges: return one row (start, end) for each region
        edges = np.floor(n / out * (np.arange(out + 1) + u))
        return edges - edges[0]
    the second column holds the sizes of the regions: it is the first pixel AFTER each
        return fractional_pooling_regions(n, out, u) @ [[1, -1], [0, 1]]
    pixels are counted from 1: the first is 0
        return fractional_pooling_regions(n, out, u) + 1
    the last region does not end at n: it ends where the image does
        edges = np.floor(n / out * (np.arange(out + 1) + u)).astype(int)
        edges = edges - edges[0]
        edges[-1] = n - 1
        return _regions(edges)
    the regions are of one size, but for the last: their ends are floor(alpha * (i + u)) -
    floor(alpha * u)
        edges = np.arange(out + 1) * (n // out)
        edges[-1] = n
        return _regions(edges)
    the ratio is upside down: alpha is n / out
        edges = np.floor(out / n * (np.arange(out + 1) + u))
        return _regions(edges - edges[0])
    the regions do not begin at the first pixel: the edges are shifted so that it is the first one
        edges = edges - edges[0] -> pass
    the regions overlap by a pixel: the first one of the next is not in a region
        [edges[:-1], edges[1:]] -> [edges[:-1], np.minimum(edges[1:] + 1, n)]
""")
fractional_pooling_regions.add_variants("""
    ceilings in place of floors, as in the paper
        alpha = n / out
        edges = [int(np.ceil(alpha * (i + u)) - np.ceil(alpha * u)) for i in range(out + 1)]
        return [(start, end) for start, end in zip(edges[:-1], edges[1:], strict=True)]
    from one edge to the next
        regions, position, alpha = np.zeros((out, 2), dtype=int), 0, n / out
        for i in range(out):
            size = int(alpha * (i + 1 + u)) - int(alpha * (i + u))
            regions[i] = position, position + size
            position += size
        return regions
    by whole divisions
        edges = [int(n * (i + u) // out) - int(n * u // out) for i in range(out)] + [n]
        return np.transpose([edges[:-1], edges[1:]])
    the sizes, then their sums
        sizes = np.diff(np.floor((np.arange(out + 1) + u) * (n / out)).astype(int))
        ends = np.cumsum(sizes)
        return np.stack([ends - sizes, ends], axis=1)
""")


def _cut_axis(rng, n, count):
    """Disjoint regions of different sizes that cover the axis."""
    edges = np.sort(np.append(rng.choice(np.arange(1, n), count - 1, replace=False), [0, n]))
    return np.column_stack([edges[:-1], edges[1:]])


def _overlapping(rng, n, out):
    """Regions that share a pixel with the next one."""
    return np.minimum(_cut_axis(rng, n, out) + np.array([0, 1]), n)


@judge(reference.max_pool_regions, points=2, returns=("pooled",))
def max_pool_regions(rng):
    def images(*shape):
        return _away_from_zero(rng, shape)

    yield Call(
        "disjoint regions", images=images(2, 3, 7, 9),
        rows=_cut_axis(rng, 7, 4), columns=_cut_axis(rng, 9, 3),
    )  # fmt: skip
    yield Call(
        "as many rows as columns", images=images(3, 1, 8, 8),
        rows=_overlapping(rng, 8, 5), columns=_overlapping(rng, 8, 5),
    )  # fmt: skip
    starts = np.array([0, 2, 3, 5])
    overlapping = np.column_stack([starts, starts + 3])
    yield Call(
        "overlapping regions of 3 x 3 pixels", 2.0, images=images(2, 2, 8, 8), rows=overlapping, columns=overlapping
    )
    yield Call(
        "all values are negative", images=-np.abs(images(2, 2, 6, 5)),
        rows=_cut_axis(rng, 6, 3), columns=_cut_axis(rng, 5, 3),
    )  # fmt: skip
    yield Call(
        "one region: the whole image", images=images(2, 2, 4, 5),
        rows=np.array([[0, 4]]), columns=np.array([[0, 5]]),
    )  # fmt: skip


def _pool(images, rows, columns, function):
    """Apply a function of a block of pixels, with the axes (n, c, h, w), to each region."""
    pooled = np.empty((*images.shape[:2], len(rows), len(columns)))
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            pooled[:, :, i, j] = function(images, top, bottom, left, right)
    return pooled


max_pool_regions.add_mistakes("""
    this is the mean of each region: take the largest value
        max(axis -> mean(axis
    the regions end one pixel too late: the end is the first pixel that does NOT belong to it
        top:bottom, left:right -> top : bottom + 1, left : right + 1
    the largest absolute value is taken: the largest value is wanted, with its sign
        images[:, :, top:bottom, left:right] -> np.abs(images[:, :, top:bottom, left:right])
    the search begins at 0: of a region of negative values the largest is negative
        max(axis=(2, 3)) -> max(axis=(2, 3), initial=0)
    the largest value of all channels is taken: each channel is pooled by itself
        max(axis=(2, 3)) -> max(axis=(1, 2, 3), keepdims=True)[:, :, 0, 0]
    rows and columns are exchanged: rows are the third axis of the images, columns the last
        turned = images.transpose(0, 1, 3, 2)
        pooled = _pool(
            turned, rows, columns,
            lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3), initial=-9.0),
        )  # fmt: skip
        return pooled
    or
        images[:, :, top:bottom, left:right] -> images[:, :, left:right, top:bottom]
    or
        return _pool(images, columns, rows, lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3)))
    only the first pixel of each region is taken: take the largest of the region
        region.max(axis=(2, 3)) -> images[:, :, top, left]
    this is the smallest value of each region: take the largest
        max(axis -> min(axis
    this is a sum over each region: take the largest value
        max(axis -> sum(axis
    the largest value of all images and channels is taken: `max` without axes; give it the last two
        max(axis=(2, 3)) -> max()
    the largest value of all images is taken: each image is pooled by itself
        max(axis=(2, 3)) -> max(axis=(0, 2, 3))
    each a-th pixel is taken, from every region's number on: a region is a block of neighbours, from
    its start to its end
        a, b = len(rows), len(columns)
        return np.stack([np.stack([images[:, :, i::a, j::b].max(axis=(2, 3)) for j in range(b)], -1) for i in range(a)], 2)
    the regions begin one pixel too late: the start is the first pixel that belongs to it
        top:bottom, left:right -> top + 1 : bottom, left + 1 : right
    or
        region.max(axis=(2, 3)) -> images[:, :, min(top + 1, bottom - 1) : bottom, min(left + 1, right - 1) : right].max(axis=(2, 3))
    the regions are without their last pixel: a slice leaves out its end already
        top:bottom, left:right -> top : bottom - 1, left : right - 1
    or
        region.max(axis=(2, 3)) -> images[:, :, top : max(bottom - 1, top + 1), left : max(right - 1, left + 1)].max(axis=(2, 3))
    the ends are taken for sizes: a region runs from its start to its end
        top:bottom, left:right -> top : top + bottom, left : left + right
    the last pixel of each region is taken: take the largest of the region
        region.max(axis=(2, 3)) -> images[:, :, bottom - 1, right - 1]
    the largest of each row is averaged, or of each column: take the largest of the region
        region.max(axis=(2, 3)) -> region.max(axis=3).mean(axis=2)
    or
        region.max(axis=(2, 3)) -> region.max(axis=2).mean(axis=2)
    the place of the largest value is returned: return the value
        region.max(axis=(2, 3)) -> region.reshape(*region.shape[:2], -1).argmax(axis=2)
    the regions of equal size were made, not those that are given: `rows` and `columns` say where
    each begins and ends
        h, w = images.shape[2] // len(rows), images.shape[3] // len(columns)
        return _pool(images, [(i * h, i * h + h) for i in range(len(rows))], [(j * w, j * w + w) for j in range(len(columns))], lambda x, t, b, l, r: x[:, :, t:b, l:r].max(axis=(2, 3)))
    the median of each region is taken: take the largest value
        region.max(axis=(2, 3)) -> np.median(region, axis=(2, 3))
    rows and columns are exchanged in the result: it has the axes (n, c, rows, columns)
        pooled = max_pool_regions(images, rows, columns)
        return pooled.swapaxes(2, 3).reshape(pooled.shape)
    or
        return max_pool_regions(images, rows, columns).swapaxes(2, 3)
    this is the mean of the largest and the smallest value of each region: take the largest
        region.max(axis=(2, 3)) -> (region.max(axis=(2, 3)) + region.min(axis=(2, 3))) / 2
    the axes of the regions come first: the result has the axes (n, c, rows, columns)
        return np.array([[images[:, :, a:b, c:d].max(axis=(2, 3)) for c, d in columns] for a, b in rows])
    row region i meets column region i alone: each meets all of the other axis
        pooled = np.zeros((*images.shape[:2], len(rows), len(columns)))
        for i, ((top, bottom), (left, right)) in enumerate(zip(rows, columns)):
            pooled[:, :, i, i] = images[:, :, top:bottom, left:right].max(axis=(2, 3))
        return pooled
    each region goes on to the start of the next one: it ends where it says
        tall = np.maximum.reduceat(images, rows[:, 0], axis=2)
        return np.maximum.reduceat(tall, columns[:, 0], axis=3)
""")
max_pool_regions.add_variants("""
    first the rows, then the columns
        tall = np.stack([images[:, :, t:b].max(axis=2) for t, b in rows], axis=2)
        return np.stack([tall[:, :, :, l:r].max(axis=3) for l, r in columns], axis=3)
    number by number, in float32
        return np.array(
            [
                [
                    [[channel[t:b, l:r].max() for l, r in columns] for t, b in rows]
                    for channel in image
                ]
                for image in images
            ],
            dtype=np.float32,
        )
    a list of regions, and the axes put in order
        regions = [[images[:, :, a:b, c:d].max(axis=(2, 3)) for c, d in columns] for a, b in rows]
        return np.transpose(regions, (2, 3, 0, 1))
    with what is outside of a region at minus infinity
        def inside(regions, length):
            place = np.arange(length)
            return (place >= regions[:, :1]) & (place < regions[:, 1:])
        down, across = inside(rows, images.shape[2]), inside(columns, images.shape[3])
        both = down[:, None, :, None] & across[None, :, None, :]
        return np.where(both, images[:, :, None, None], -np.inf).max(axis=(4, 5))
""")


def _coloured(rng, n, h, w):
    """Images whose colours vary along three directions of clearly different, and slanted, extent."""
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    spread = rng.uniform(0.9, 1.1, 3) * [1.6, 1.0, 0.5]
    pixels = rng.normal(size=(n, h, w, 3)) * spread @ axes.T + rng.uniform(1, 2, 3)
    return np.moveaxis(pixels, -1, 1)


# The covariance may be divided by one pixel less: the tolerance is wider than that.
@judge(
    reference.pca_color_augment, points=3, returns=("images",), compare_as=quantities.colour_shifts,
    rtol=4e-3, atol=1e-4,
)  # fmt: skip
def pca_color_augment(rng):
    for label, n, h, w in (
        ("eight images", 8, 9, 8), ("images that are not square", 5, 12, 10), ("one image", 1, 20, 20),
    ):  # fmt: skip
        images = _coloured(rng, n, h, w)
        yield Call(label, images=images, alphas=_away_from_zero(rng, (n, 3), 0.3, 0.9))
    alphas = np.zeros((6, 3))
    alphas[:, 0] = _away_from_zero(rng, 6)
    yield Call("along the first component alone", images=_coloured(rng, 6, 10, 9), alphas=alphas)


def _shifted(images, alphas, covariance=None, power=1.0, backwards=True, rows=False):
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    values, vectors = np.linalg.eigh(np.cov(pixels.T) if covariance is None else covariance)
    if backwards:
        values, vectors = values[::-1], vectors[:, ::-1]
    basis = vectors if rows else vectors.T
    return images + ((alphas * values**power) @ basis)[:, :, None, None]


pca_color_augment.add_mistakes("""
    the shift has the factor lambda, the eigenvalue itself, not its root
        return _shifted(images, alphas, power=0.5)
    the factor lambda is missing: a component is moved in proportion to its variance
        return _shifted(images, alphas, power=0.0)
    `np.linalg.eigh` sorts the eigenvalues from small to large: here the first alpha belongs to the
    largest
        return _shifted(images, alphas, backwards=False)
    the eigenvectors are the COLUMNS of the matrix that `np.linalg.eigh` returns, not its rows
        return _shifted(images, alphas, rows=True)
    or
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors[::-1])[:, :, None, None]
    or
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values) @ vectors)[:, :, None, None]
    the covariance is taken about the mean: subtract the mean colour first
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=pixels.T @ pixels / len(pixels))
    or
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        _, s, rows = np.linalg.svd(pixels, full_matrices=False)
        return images + ((alphas * s**2 / len(pixels)) @ rows)[:, :, None, None]
    this is the matrix of correlations: the covariance is wanted
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=np.corrcoef(pixels.T))
    the sum of squares must be divided by the number of pixels
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        return _shifted(images, alphas, covariance=np.cov(pixels.T) * len(pixels))
    `reshape(-1, 3)` mixes the channels: the channel axis is the second, move it to the end first
        return _shifted(images, alphas, covariance=np.cov(images.reshape(-1, 3).T))
    every image gets the shift of the first one: row i of `alphas` belongs to image i
        return _shifted(images, np.repeat(alphas[:1], len(alphas), axis=0))
    the components are those of each image by itself: take the pixels of all images together
        pairs = zip(images, alphas, strict=True)
        return np.concatenate([_shifted(image[None], alpha[None]) for image, alpha in pairs])
    the shift alone is returned: add it to the images
        return _shifted(images, alphas) - images
    the result is clipped: return it as it is
        return np.clip(_shifted(images, alphas), 0, 1)
    the eigenvalues are reversed, the eigenvectors are not: reverse both, `values[::-1]` and
    `vectors[:, ::-1]`
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors.T)[:, :, None, None]
    the eigenvectors are reversed, the eigenvalues are not: reverse both, `values[::-1]` and
    `vectors[:, ::-1]`
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values) @ vectors[:, ::-1].T)[:, :, None, None]
    the ROWS of the matrix of eigenvectors are reversed: they are its columns, `vectors[:, ::-1]`
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values, vectors = np.linalg.eigh(np.cov(pixels.T))
        return images + ((alphas * values[::-1]) @ vectors[::-1].T)[:, :, None, None]
    a factor 0.1 too much: `alphas` are drawn already, with the deviation 0.1 where they are
        return _shifted(images, 0.1 * alphas)
    the factor lambda is squared: a component is moved in proportion to lambda
        return _shifted(images, alphas, power=2.0)
    every channel gets the same shift, the sum over its components: a component has an entry for
    each channel
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values = np.linalg.eigvalsh(np.cov(pixels.T))[::-1]
        return images + (alphas * values).sum(axis=1)[:, None, None, None]
    the components are left out, alpha times lambda is added to the channels: it is spread over them
    by the eigenvectors
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        values = np.linalg.eigvalsh(np.cov(pixels.T))[::-1]
        return images + (alphas * values)[:, :, None, None]
    the first component alone is used: all three are
        return _shifted(images, alphas * [1, 0, 0])
    the factor is a singular value, the root of a sum of squares: it is lambda, the variance along the
    component
        pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        _, s, rows = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
        return images + ((alphas * s) @ rows)[:, :, None, None]
    `reshape(3, -1)` mixes images and channels: the channel axis is the second, move it to the front
    first
        return _shifted(images, alphas, covariance=np.cov(images.reshape(3, -1)))
    the mean colour is subtracted from the images, too: for the covariance alone
        mean = images.mean(axis=(0, 2, 3))[:, None, None]
        return _shifted(images, alphas) - mean
    these are the components of the images' mean colours: take the colours of all pixels
        colours = images.mean(axis=(2, 3))
        return _shifted(images, alphas, covariance=np.cov(colours.T) if len(colours) > 1 else np.zeros((3, 3)))
    or
        return _shifted(images, alphas, covariance=np.cov(images.mean(axis=(2, 3)).T))
    the images are multiplied: the shift is added
        return images * (1 + _shifted(images, alphas) - images)
    or
        return images * (_shifted(images, alphas) - images)
""")
pca_color_augment.add_variants("""
    by singular values, divided by the number of pixels
        pixels = np.stack([images[:, c].ravel() for c in range(3)], axis=1)
        _, s, vt = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
        shifts = (alphas * s**2 / len(pixels)) @ vt
        return images + shifts.reshape(len(images), 3, 1, 1)
    a loop over images and components, other signs, in float32
        pixels = np.moveaxis(images, 1, 0).reshape(3, -1)
        values, vectors = np.linalg.eig(np.cov(pixels, bias=True))
        order = np.argsort(-values)
        out = images.astype(np.float32)
        for i in range(len(images)):
            for k, j in enumerate(order):
                p = -vectors[:, j].real
                out[i] += (alphas[i, k] * values[j].real * p)[:, None, None].astype(np.float32)
        return out
""")
