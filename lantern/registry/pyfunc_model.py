"""The classifier as an MLflow pyfunc model, logged as this file and its folder: no pickle.

MLflow runs this file when it loads a version ("models from code"). A request is a table with the
columns ``requirements`` and ``profile``; the answer has a row for each, in its order.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd

from lantern.fit import LEVEL_LABELS
from lantern.inference.engines import load_engine

ARTIFACT = "classifier"


class FitModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Level, probabilities, score and, for a row that cannot be scored, the reason."""

    def load_context(self, context: Any) -> None:
        """Load the engine from the version's own files."""
        self._engine = load_engine(context.artifacts[ARTIFACT])

    def predict(
        self,
        context: Any,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Score a table of pairs."""
        pairs = list(zip(model_input["requirements"], model_input["profile"], strict=True))
        scored = self._engine.score(pairs)
        table = scored.probabilities
        failed = [row in scored.errors for row in range(len(pairs))]
        levels = table.argmax(axis=1)
        return pd.DataFrame(
            {
                "level": [
                    "" if bad else LEVEL_LABELS[level]
                    for bad, level in zip(failed, levels, strict=True)
                ],
                "p_low": table[:, 0],
                "p_medium": table[:, 1],
                "p_high": table[:, 2],
                "score": table[:, 1] / 2 + table[:, 2],
                "error": [scored.errors.get(row, "") for row in range(len(pairs))],
            }
        )


mlflow.models.set_model(FitModel())
