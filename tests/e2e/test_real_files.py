"""Real résumés and postings: every row ends somewhere, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantern.errors import ExitCode

from .conftest import World

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real files, ../shared/data, are not here"),
]
STEPS = ("ingest", "extract", "candidates", "score")
TABLES = ("members", "postings", "requirements", "candidates", "fit_scores")
OPTIONS = (
    "input.members.format=csv",
    "input.members.columns={text: Resume, headline: Category}",
    f"input.members.path={DATA / 'resumes.csv'}",
    "input.postings.format=csv",
    "input.postings.columns={title: job_title, organization: organization, location: location, "
    "description: job_description}",
    f"input.postings.path={DATA / 'postings.csv'}",
    "input.events.path=",
    "candidates.per_member=40",
    "score.wave_pairs=10000",
    "score.partition_pairs=2000",
)


def test_every_row_ends_somewhere_and_a_second_night_scores_nothing(spark, world: World) -> None:  # type: ignore[no-untyped-def]
    context, outcome = world.night(spark, "real", steps=STEPS, extra=OPTIONS)
    assert outcome == ExitCode.DONE
    warehouse = context.warehouse
    refused = warehouse.read("quarantine").where("stage = 'ingest'")
    for table, rows in (("members", 166), ("postings", 962)):
        out = refused.where(f"table = '{table}'").count()
        assert warehouse.read(table).count() + out == rows
    scores = warehouse.read("fit_scores")
    scored = scores.count()
    assert scored == warehouse.read("candidates").count() >= 5_000
    assert scores.select("member_id", "posting_id").distinct().count() == scored
    before = warehouse.versions(*TABLES)
    again, _ = world.night(spark, "real", steps=STEPS, extra=OPTIONS)
    assert again.warehouse.versions(*TABLES) == before
    run = again.warehouse.read("runs").where(f"step = 'score' AND run_id = '{again.run_id}'")
    assert run.collect()[0]["counts"]["scored"] == 0
