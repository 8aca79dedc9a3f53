"""ROUGE of explanations against their references, with intervals.

ROUGE counts shared words, so two explanations of different pairs already share the form's words.
The floor, references compared with the texts of other pairs, says what a figure is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lantern.evaluate.intervals import DRAWS, Interval, Keys, clustered_bootstrap

ROUGE_TYPES: Final = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def rouge_scores(texts: Sequence[str], references: Sequence[str]) -> npt.NDArray[np.float64]:
    """F-measures of Google's rouge-score: ``[texts, 4]`` in the order of ``ROUGE_TYPES``.

    No stemming, which knows English alone. The sentences of rougeLsum are the lines of the text,
    as an explanation has them.

    Raises:
        ValueError: if the lengths differ.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(ROUGE_TYPES))
    rows = [
        [score.fmeasure for score in scorer.score(reference, text).values()]
        for text, reference in zip(texts, references, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(ROUGE_TYPES))


def rouge_figures(
    texts: Sequence[str],
    references: Sequence[str],
    clusters: Keys,
    *,
    seed: int = 7,
    draws: int = DRAWS,
) -> Mapping[str, Interval]:
    """Mean F-measure of each type with its interval, and ``rougeL_floor``.

    Args:
        texts: what a model wrote; an empty text scores 0.
        references: what the teacher wrote for the same pairs, in the same order.
        clusters: member or posting of each pair.
        seed, draws: of the bootstrap.

    Raises:
        ValueError: if there are no texts or the lengths differ.
    """
    scores = rouge_scores(texts, references)
    figures = {
        name: clustered_bootstrap(scores[:, at], clusters, _mean, seed=seed, draws=draws)
        for at, name in enumerate(ROUGE_TYPES)
    }
    if len(texts) > 1:
        others = [*texts[1:], texts[0]]
        floor = rouge_scores(others, references)[:, ROUGE_TYPES.index("rougeL")]
        figures["rougeL_floor"] = clustered_bootstrap(
            floor, clusters, _mean, seed=seed, draws=draws
        )
    return figures


def _mean(rows: npt.NDArray[np.float64]) -> float:
    return float(rows.mean())
