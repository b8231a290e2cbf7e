"""The positions of the records that a filter lets through, and the expression that does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt


class Selected(Sequence[int]):
    """Positions, ascending."""

    def __init__(self, positions: Sequence[int], expression: str) -> None:
        self._positions = np.asarray(positions, dtype=np.int64)
        self.expression = expression
        """Lets the same records, and their passages, through in Milvus."""

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> list[int]: ...

    def __getitem__(self, at: int | slice) -> int | list[int]:
        found: int | list[int] = self._positions[at].tolist()
        return found

    def __len__(self) -> int:
        return len(self._positions)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[np.int64]:
        return self._positions if dtype is None else self._positions.astype(dtype)
