"""How the search is compiled, and where the machine code is kept.

Numba keeps code per source file and does not notice that a function of another file changed. The folder is therefore
named after the text of all compiled files: changed text is compiled anew (about half a minute of one core, once).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numba
from numba import njit

HERE = Path(__file__).resolve().parent
FILES = ("arrays.py", "moves.py", "timing.py", "keeping.py", "annealing.py")


def _folder() -> Path:
    text = b"".join((HERE / name).read_bytes() for name in FILES)
    home = Path(os.environ.get("ROSTER_CODE", HERE.parent.parent / "var" / "roster"))
    return home / hashlib.sha256(text + numba.__version__.encode()).hexdigest()[:16]


config: Any = numba.config
if not os.environ.get("NUMBA_CACHE_DIR"):
    config.CACHE_DIR = str(_folder())

# Without Python's lock, so that chains run side by side; without reference counts, for nothing here is allocated.
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
_compiler: Any = njit
inner = _compiler(no_cpython_wrapper=True, **_OPTIONS)  # called by compiled code alone
jit = _compiler(**_OPTIONS)
