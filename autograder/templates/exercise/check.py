

@judge(reference.@exercise, points=1, returns=("result",))
def @exercise(rng):
    yield Call("a vector", x=rng.normal(size=4))


# Below a sentence that is true of it, a mistake: an edit of the reference, or a body of its own. Then the other
# right ways, each under a description:
# @exercise.add_mistakes("""
#     the sign is wrong: ...
#         x + 1 -> x - 1
# """)
# @exercise.add_variants("""
#     element by element
#         return np.array([...])
# """)
