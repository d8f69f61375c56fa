"""Tables of scores for checks."""

import pyarrow as pa

SCORES = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("score", pa.float32(), nullable=False),
                    pa.field("late", pa.int32(), nullable=False)])


def scores(first, count, offset=0.0):
    rows = range(first, first + count)
    return pa.table([[f"flight-{i:06}" for i in rows], [(i * 37 % 101) / 101 + offset for i in rows],
                     [i % 2 for i in rows]], schema=SCORES)
