"""How the exercises on means are judged."""

import numpy as np

from answers import means as reference
from gradus.authoring import Call, Written, judge


@judge(reference.trimmed_mean, points=2, returns=("mean",))
def trimmed_mean(rng):
    yield Call("seven values", x=rng.normal(size=7))
    yield Call("two left out on each side", x=rng.normal(size=9), k=2)
    yield Call("nothing left out", 2.0, x=rng.normal(size=4), k=0)


trimmed_mean.add_mistakes("""
    the values are cut as they stand: sort them first
        np.sort(x) -> x
    with k = 0 nothing is left: `ordered[k:-k]` is then `ordered[0:0]`
        len(x) - k -> -k
    only the largest are left out
        ordered[k : len(x) - k] -> ordered[: len(x) - k]
""")
trimmed_mean.add_variants("""
    by a list
        values = sorted(x)
        return sum(values[k : len(values) - k]) / (len(values) - 2 * k)
    sorted no further than is needed
        last = len(x) - k - 1
        return np.partition(x, (k, last))[k : last + 1].mean()
""")

why_trim = Written("why-trim", points=2, rubric="- 1 point for each example.")
