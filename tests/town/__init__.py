"""A synthetic county town to try everything on, and its files: `write_demo`.

Nothing in it is real, and every object says so.  A town is drawn in the order of the modules:
`drawing` (the plane), `streets`, `parcels` and `blocks` (the town), `villages` and `houses` (around
it), `people` (communities, children, places); `write` makes the files.
"""

from town.write import write_demo

__all__ = [
    "write_demo",
]
