from gradus.authoring import Call, judge
from solved import kinds as reference
from solved import scores


@judge(
    reference.running_means,
    points=2,
    returns=("means",),
    repair="each sum is divided by the number of all values, not of those so far",
)
def running_means(rng):
    yield Call("one value", values=rng.normal(size=1))
    yield Call("three values", values=rng.normal(size=3))
    yield Call("six values", values=rng.normal(size=6))
    yield Call("values around ten", values=rng.normal(size=4) + 10)


running_means.add_mistakes("""
    each sum is divided by the number of all values, not of those so far
        total / number -> total / len(values)
    these are sums: divide by how many there are
        means.append(total / number) -> means.append(total)
    this is the mean with the one before it alone
        total = total + value -> total = value
""")
running_means.add_variants("""
    at once
        return np.cumsum(values) / np.arange(1, len(values) + 1)
""")


@judge(
    reference.cover,
    points=2,
    returns=("places",),
    score=scores.nearness,
    credit={0.4: 0.25, 0.7: 0.5, 0.99: 1.0},
)
def cover(rng):
    yield Call("four places", length=rng.uniform(1, 2), n=4)
    yield Call("three places on a long line", length=rng.uniform(50, 60), n=3)
    yield Call("ten places", 2.0, length=rng.uniform(3, 4), n=10)


cover.add_mistakes("""
    the last place lies at the end, and half of what it covers beyond it
        np.arange(n) + 0.5 -> np.arange(n) + 1.0
    all places are the same one
        (np.arange(n) + 0.5) * length / n -> np.full(n, length / 2)
""")
cover.add_mistakes(
    """
    the ends of the line are among the places
        return np.linspace(0, length, n)
""",
    most=0.6,
)
cover.add_variants("""
    the other way round
        return length - (np.arange(n) + 0.5) * length / n
""")
