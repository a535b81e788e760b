"""Large arrays piece by piece, which is all the same to a formula that looks at one number at a time.

Whole, its intermediate results would go through the main memory, and that would take most of the time.
"""

BLOCK_BYTES = 2**17  # intermediate results are this large at most: they stay in the cache


def in_blocks(first, *others):
    """List the arrays, all of one shape, as they are or, when they are large, one piece after the other.

    >>> import numpy as np
    >>> [len(w) for w, g in in_blocks(np.zeros(20_000), np.zeros(20_000))]
    [16384, 3616]
    """
    if first.nbytes <= BLOCK_BYTES or not first.flags.c_contiguous:  # of others reshape(-1) would be a copy
        return [(first, *others)]
    flat = [array.reshape(-1) for array in (first, *others)]
    length = BLOCK_BYTES // first.itemsize
    return [[array[start : start + length] for array in flat] for start in range(0, first.size, length)]
