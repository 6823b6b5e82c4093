

def @exercise(x):
    """Say in one sentence what is asked, and not how it is had.

    Parameters
    ----------
    x : array (n,)

    Returns
    -------
    result : array (n,)
    """
    raise NotImplementedError("write the right answer")
