"""review agreement: how well reviewers agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lantern.batch.answers import ANSWER
from lantern.batch.progress import Figure
from lantern.errors import InputError
from lantern.evaluate.reviewers import Rating, reviewer_agreement
from lantern.fit import FitLevel
from lantern.reviews.decisions import Decision
from lantern.steps.context import Context
from lantern.tables.runs import Manifest

STEP: Final = "review_agreement"


def run(context: Context, manifest: Manifest) -> None:
    """Reads ``reviews``; says how well reviewers agree.

    Raises:
        InputError: no answer has the decisions of two reviewers.
    """
    rows = (
        context.warehouse.read("reviews").select(*ANSWER, "reviewer", "decision", "level").collect()
    )
    items = [("|".join(row[name] for name in ANSWER), row) for row in rows]
    kinds = list(map(str, Decision))
    found = reviewer_agreement(
        [Rating(row["reviewer"], item, kinds.index(row["decision"])) for item, row in items],
        [Rating(row["reviewer"], item, FitLevel.from_label(row["level"])) for item, row in items],
    )
    if not found.shared_items:
        raise InputError("no answer has decisions of two reviewers yet; import some more")
    alphas = {
        "decision_alpha": found.decision_alpha,
        "level_alpha": found.level_alpha,
        "level_ordinal_alpha": found.level_ordinal_alpha,
    }
    manifest.counts |= {"answers": found.items, "shared": found.shared_items}
    manifest.figures |= {name: value for name, value in alphas.items() if value is not None}
    told = {"answers": found.items, "shared": found.shared_items, **_shown(alphas)}
    context.reporter.line("review", "agreement", told)
    for pair in found.pairs:
        kappas = {
            "decision_kappa": pair.decision_kappa,
            "level_kappa": pair.level_kappa,
            "level_quadratic_kappa": pair.level_quadratic_kappa,
        }
        figures = {"and": pair.second, "shared": pair.items, **_shown(kappas)}
        context.reporter.line("review", pair.first, figures)


def _shown(figures: Mapping[str, float | None]) -> dict[str, Figure]:
    return {k: "not defined" if v is None else f"{v:.3f}" for k, v in figures.items()}
