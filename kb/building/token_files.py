"""The token vectors of a snapshot as files, most of them links to those of the one before.

They are nearly all bytes of a knowledge base, and a change of one record changes few of them. So a large file stays as
it is, what is new goes into a file of its own, and a file is written anew only together with one that is half as large
at least, or where half of it is of no use any more: what is written is a few times what changed, however large the rest
is (as in log-structured merge trees: O'Neil et al. 1996). Small knowledge bases have one file, written each time: the
same records give the same bytes then, whatever came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from faqkb.kb.building.earlier import Earlier
from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.snapshot.published import TOKENS_FOLDER
from faqkb.kb.snapshot.publishing import Content, LinkedFile, PiecedFile
from faqkb.kb.vectors import Packing, TokenCodes

_SMALL_BYTES = 64 << 20  # of all token vectors: written in a tenth of a second
_LIVE_LEAST = 0.5  # of a file, that is of use
_LARGER = 2  # times what is written: a file of that size stays


@dataclass(frozen=True, slots=True)
class KeptView:
    """A view whose token vectors an earlier snapshot has."""

    rows: range
    """There."""

    @property
    def count(self) -> int:
        """Number of its token vectors."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class NewView:
    """A view whose token vectors are to be written."""

    count: int
    """Number of its token vectors."""
    read: Callable[[], TokenCodes]


def token_files(
    views: Sequence[KeptView | NewView], earlier: Earlier, packing: Packing
) -> tuple[npt.NDArray[np.uint64], dict[str, Content]]:
    """Return the first token row of each view, and the files by path."""
    paths = () if earlier.files is None else earlier.files.token_paths
    starts = earlier.tokens.starts
    kept = _kept_files(views, earlier.tokens)
    names = [paths[at] for at in kept]
    last = max((int(path.partition("/")[2].partition(".")[0]) for path in names), default=0)
    *firsts, row = accumulate((starts[at + 1] - starts[at] for at in kept), initial=0)
    bases = dict(zip(kept, firsts, strict=True))
    found = np.empty(len(views), dtype=np.uint64)
    written: list[KeptView | NewView] = []
    for number, view in enumerate(views):
        at = earlier.tokens.file_of(view.rows.start) if isinstance(view, KeptView) else -1
        if isinstance(view, KeptView) and at in bases:
            found[number] = bases[at] + view.rows.start - starts[at]
        else:
            found[number] = row
            row += view.count
            written.append(view)
    files: dict[str, Content] = {}
    if earlier.files is not None:
        entries = earlier.files.manifest.files
        files |= {path: LinkedFile(earlier.files.folder / path, entries[path]) for path in names}
    if written or not files:
        files[f"{TOKENS_FOLDER}/{last + 1:06d}.i4"] = PiecedFile(lambda: _pieces(written, earlier, packing))
    return found, files


def _kept_files(views: Sequence[KeptView | NewView], tokens: TokenIndex) -> list[int]:
    """Return which of the earlier files stay as they are, in their order."""
    if sum(view.count for view in views) * tokens.packing.dim // 2 <= _SMALL_BYTES:
        return []
    live = [0] * (len(tokens.starts) - 1)
    for view in views:
        if isinstance(view, KeptView):
            live[tokens.file_of(view.rows.start)] += view.count
    sizes = [end - start for start, end in pairwise(tokens.starts)]
    new = sum(view.count for view in views if isinstance(view, NewView))
    kept = []
    for at in sorted(range(len(sizes)), key=lambda at: (sizes[at], at)):
        if live[at] >= _LIVE_LEAST * sizes[at] and sizes[at] >= _LARGER * new:
            kept.append(at)
        else:
            new += live[at]
    return sorted(kept)


def _pieces(views: Sequence[KeptView | NewView], earlier: Earlier, packing: Packing) -> Iterator[bytes]:
    for view in views:
        packed = earlier.tokens.packed(view.rows) if isinstance(view, KeptView) else packing.pack(view.read())
        yield packed.tobytes()
