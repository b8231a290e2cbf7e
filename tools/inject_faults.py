"""Fail and kill every operation at every system call that writes: `make faults`; exit code 1 when one did harm.

`python tools/inject_faults.py publish` takes the operations whose name begins so.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from fault_operations import SHORT, long_operations
from faults import WAYS, watch_all
from remembering import RememberingEncoder

from faqkb.faq.bootstrap import encoder_folder


def main() -> int:
    """Print a line for each operation, and each case that went wrong."""
    wanted = tuple(sys.argv[1:]) or ("",)
    with tempfile.TemporaryDirectory(prefix="faq-faults-") as folder:
        operations = SHORT
        if not all(any(each.name.startswith(name) for each in SHORT) for name in wanted if name) or wanted == ("",):
            encoder = RememberingEncoder(encoder_folder(Path(folder)))
            operations += long_operations(encoder, Path(folder))
        chosen = [operation for operation in operations if operation.name.startswith(wanted)]
        found = watch_all(chosen, tuple(WAYS), lambda line: print(line, flush=True))
    for fault in found:
        print(fault)
    print(f"{len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
