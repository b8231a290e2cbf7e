"""The simulated queues against the formulas of Erlang, and the arithmetic against numbers worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import queueing
from queueing import Size, plan_for, replicas_for, size_at, sizes_of, write_scale
from simulation import Cores, Service, arrivals, cell, greatest, one_machine, served

ROOT = Path(__file__).resolve().parents[2]
RATE = 50.0  # a second of each core


def erlang_c(cores: int, load: float) -> float:
    """Return the probability that a question waits, M/M/c: `load` is the share of the cores that is busy."""
    offered = cores * load
    waiting = offered**cores / math.factorial(cores) / (1 - load)
    return waiting / (sum(offered**busy / math.factorial(busy) for busy in range(cores)) + waiting)


@pytest.mark.parametrize(("cores", "load"), [(1, 0.5), (1, 0.8), (2, 0.7), (4, 0.8), (16, 0.9)])
def test_the_simulation_waits_as_long_as_the_formula_says(cores: int, load: float) -> None:
    chance = np.random.default_rng(cores)
    count = 400_000
    came = arrivals(RATE * cores * load, count, chance)
    service = chance.exponential(1 / RATE, count)
    waited = served(came, service, cores) - came - service
    probability = erlang_c(cores, load)
    spare = cores * RATE * (1 - load)
    assert np.mean(waited) == pytest.approx(probability / spare, rel=0.06)
    assert np.mean(waited > 1e-9) == pytest.approx(probability, rel=0.04)
    beyond = 1 / spare  # the wait of those who wait is exponential
    assert np.mean(waited > beyond) == pytest.approx(probability / math.e, rel=0.08)


def test_a_station_serves_in_the_order_of_arrival_whatever_the_order_given() -> None:
    assert served(np.array([2.0, 0.0, 1.0]), np.array([1.0, 5.0, 1.0]), 1).tolist() == [7.0, 5.0, 6.0]
    assert served(np.array([2.0, 0.0, 1.0]), np.array([1.0, 5.0, 1.0]), 2).tolist() == [3.0, 5.0, 2.0]


def constant(front: float, search: float, finish: float) -> Service:
    return Service(np.full(4, front), np.full(4, search), np.full(4, finish))


def test_without_load_an_answer_takes_its_stages_however_many_shards_there_are() -> None:
    chance = np.random.default_rng(1)
    service = constant(0.010, 0.003, 0.002)
    assert np.median(one_machine(service, 0.1, 2, chance)) == pytest.approx(0.015)
    assert np.median(cell(service, 0.1, Cores(2, 1, 1), 50, chance)) == pytest.approx(0.015)


def test_the_answer_waits_for_the_slowest_shard() -> None:
    chance = np.random.default_rng(1)
    service = Service(np.zeros(10), np.array([0.001] * 9 + [0.1]), np.zeros(10))
    one, many = (np.median(cell(service, 0.1, Cores(1, 1, 1), shards, chance)) for shards in (1, 40))
    assert (one, many) == (pytest.approx(0.001), pytest.approx(0.1))


def test_the_greatest_number_that_fits_is_found() -> None:
    assert [greatest(100, lambda number, most=most: number <= most) for most in (0, 37, 100)] == [0, 37, 100]


def test_the_fewest_machines_bear_the_load() -> None:
    size = Size(100, constant(0.010, 0.004, 0.002), 0.0, 0.0, is_measured=True)
    machines = replicas_for(size, np.random.default_rng(1))
    work = queueing.RATE * 0.016 / queueing.MACHINE_CORES
    assert machines is not None
    assert work <= machines <= 1.1 * work + 1


def test_no_number_of_machines_helps_what_is_too_slow_by_itself() -> None:
    assert (
        replicas_for(Size(100, constant(0.2, 0.1, 0.1), 0.0, 0.0, is_measured=True), np.random.default_rng(1)) is None
    )


def sizes() -> list[Size]:
    return [
        Size(1_000, constant(0.010, 0.001, 0.002), 1e6, 2e8, is_measured=True),
        Size(100_000, constant(0.010, 0.010, 0.002), 1e8, 3e8, is_measured=True),
    ]


def test_what_was_not_measured_is_carried_on_by_the_growth_between_the_two_largest() -> None:
    found = size_at(sizes(), 10_000_000)  # a hundred times as many: ten times as long again
    assert found.service.search.mean() == pytest.approx(0.1)
    assert found.service.front.mean() == pytest.approx(0.010)
    assert found.bytes == pytest.approx(1e10)
    assert found.resident == pytest.approx(2e8 + 1e8 / 99_000 * 9_999_000)
    assert found.source == "extrapolated"


def test_what_was_measured_is_taken_as_it_was() -> None:
    assert size_at(sizes(), 100_000) is not None
    assert size_at(sizes(), 100_000).source == "measured"
    with pytest.raises(ValueError, match="two sizes"):
        size_at(sizes()[:1], 5)


def test_a_plan_is_what_one_reckons_by_hand() -> None:
    measured = [*sizes(), Size(1_000_000, constant(0.014, 0.0028, 0.0007), 1e9, 1e9, is_measured=True)]
    plan = plan_for(measured, 1_000_000, np.random.default_rng(1))
    # 10,000/s of 2.8 ms are 28 cores busy; at 70% 40 cores, in machines of 16: 3 cells of 3,333/s each.
    assert (plan.shards, plan.cells, plan.cores) == (100, 3, Cores(67, 16, 4))
    assert plan.all_cores == 4 * (67 + 1600 + 4)
    disks = 4 * 100 * 0.08 / 730
    assert plan.dollars_a_million == pytest.approx((plan.all_cores * 0.045 + disks) / 36)
    assert 17 < plan.p50_ms < plan.p99_ms < 30


def test_the_page_is_written_from_what_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "scale.md"
    page.write_text((ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), encoding="utf-8")
    core = [{"front": 8.0, "search": 1.0, "finish": 2.0}, {"front": 9.0, "search": 2.0, "finish": 2.0}]
    sized = [
        {"records": records, "resident_mb": 300 + records // 100, "bytes": {"a": records * 900}, "core_ms": core}
        for records in (1_000, 1_000_000)
    ]
    scale = {"machine": "two cores", "date": "2026-11-30", "sizes": sized}
    assert len(sizes_of(json.loads(json.dumps(scale)))) == 2
    write_scale(scale, page)
    text = page.read_text(encoding="utf-8")
    assert "Nothing reckoned yet" not in text
    assert "| bytes of all records, once | 90 GB | extrapolated |" in text
    assert "| in each shard | 1.50 ms of a core | measured |" in text
    assert "two cores" in capsys.readouterr().out
