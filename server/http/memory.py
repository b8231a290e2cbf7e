"""Keeps the C library from hoarding memory that the encoder is done with."""

from __future__ import annotations

import ctypes

# Names and numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS = {
    _ARENA_MAX: 2,  # shared by all threads; eight a core by default, each with holes of its own
    _MMAP_THRESHOLD: 1024 * 1024,  # larger blocks go back to the system at once; by default up to 32 MB stay
    _TRIM_THRESHOLD: 8 * 1024 * 1024,  # free memory kept at the end of the heap
}


def limit_hoarding() -> None:
    """Tell malloc to give back what is freed; call before threads start. Only glibc has these knobs."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for knob, value in _SETTINGS.items():
            mallopt(knob, value)
