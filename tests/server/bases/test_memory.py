"""Two knowledge bases of one server cost one model."""

from __future__ import annotations

from pathlib import Path

import pytest
from bases_support import served_bases
from server_support import ServedProcess

from faqkb.server.bases.base import Bases, NamedBase
from faqkb.server.http.cors import NO_ORIGIN
from faqkb.server.settings import ServerSettings

MODEL_MB = 60  # of what a loaded model takes; the indexes of a small base are a fraction of one


def own_megabytes(server: ServedProcess) -> float:
    """Return the memory that a server has for itself, what files it maps not counted in."""
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in text.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) / 1024


def test_bases_with_the_same_model_share_it_loaded(built_bases):
    bases = Bases([NamedBase(name, folder) for name, folder in built_bases.items()], NO_ORIGIN, ServerSettings())
    with bases.opened():
        encoders = []
        for base in bases:
            assert base.holder is not None
            with base.holder.lease() as knowledge:
                encoders.append(knowledge.encoder)
        assert encoders[0] is encoders[1]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells what memory is a process's own")
def test_a_second_base_takes_less_than_another_model_would(bases):
    taken = []
    for count in (1, 2):
        some = dict(list(bases.items())[:count])
        with served_bases(some) as server:
            taken.append(own_megabytes(server))
    assert taken[1] - taken[0] < MODEL_MB, taken
