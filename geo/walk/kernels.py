"""How are hot loops compiled, and when is machine code on disk out of date?"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def edition() -> str:
    """Return a name for the kernels as they stand: a hash of all sources beside this one."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return blake2b(b"".join(p.read_bytes() for p in sources), digest_size=6).hexdigest()


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile on the first call and keep the machine code on disk.

    numba keeps it beside this file or, where that is read-only, in the user's cache folder; where
    neither can be written the code is compiled in each process.  It looks only at the kernel's own
    file, so the name in the cache has the edition of all of them: code that calls a kernel or takes
    a class of another file is compiled anew when that file changes.
    """
    name = function.__qualname__
    function.__qualname__ = f"{name}-{edition()}"
    try:
        fast: Callable[_P, _R] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        fast = numba.njit(nogil=True)(function)
    finally:
        function.__qualname__ = name
    fast.__qualname__ = name
    return fast
