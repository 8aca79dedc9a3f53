"""Tasks of a model: few enough to batch well, and none that the other cores wait for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lantern.batch.partitions import model_tasks

COUNT = st.integers(1, 100_000)


@given(COUNT, COUNT, st.integers(1, 500), st.booleans())
def test_any_rows(rows: int, rows_a_task: int, cores: int, spread: bool) -> None:
    tasks = model_tasks(rows, rows_a_task, cores, spread=spread)
    assert tasks * rows_a_task >= rows
    needed = -(-rows // rows_a_task)
    assert needed <= tasks < needed + cores
    if tasks > cores:
        assert tasks % cores == 0


def test_few_rows_are_spread_only_where_a_row_is_costly() -> None:
    assert model_tasks(5, 128, 8) == 1
    assert model_tasks(5, 128, 8, spread=True) == 5
    assert model_tasks(600, 128, 2, spread=True) == 6
