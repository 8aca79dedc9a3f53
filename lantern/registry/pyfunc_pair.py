"""The pair as one MLflow pyfunc model: "Show Reason" asks it, one request for both models.

A request is a table with the columns ``title``, ``profile``, and either ``posting`` (the whole
text) or ``requirements`` (one a line). The answer has level, probabilities, score and explanation
of each row; the explanation's class is the level, by construction.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from lantern.fit import FitLevel
from lantern.inference.engines import load_engine
from lantern.registry.explainers import ANSWER_TOKENS, explainer_of
from lantern.registry.serving import (
    MAX_CHARS,
    MIN_LETTERS,
    explanation_request,
    refused,
    serving_texts,
)


class PairModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Level, probabilities, score and explanation of raw texts."""

    def load_context(self, context: Any) -> None:
        """Load both models from the version's own files; without an explainer the rubric writes."""
        artifacts, given = context.artifacts, dict(context.model_config or {})
        self._limits = {
            "max_chars": int(given.get("max_chars", MAX_CHARS)),
            "min_letters": int(given.get("min_letters", MIN_LETTERS)),
        }
        self._engine = load_engine(artifacts["classifier"])
        folder = artifacts.get("explainer")
        self._explainer = explainer_of(
            None if folder is None else Path(folder),
            answer_tokens=int(given.get("answer_tokens", ANSWER_TOKENS)),
            context=given.get("context"),
        )

    def predict(
        self,
        context: Any,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Answer a table of requests; refuses a row that cannot be used, with its number."""
        rows = model_input.to_dict("records")
        texts = [serving_texts(row, number, **self._limits) for number, row in enumerate(rows)]
        scored = self._engine.score([(t.extracted.model_text, t.profile.model_text) for t in texts])
        for number, reason in sorted(scored.errors.items()):
            raise refused(number, reason)
        table = scored.probabilities
        levels = [FitLevel(int(row.argmax())) for row in table]
        asked = [explanation_request(t, level) for t, level in zip(texts, levels, strict=True)]
        return pd.DataFrame(
            {
                "level": [level.label for level in levels],
                "p_low": table[:, 0],
                "p_medium": table[:, 1],
                "p_high": table[:, 2],
                "score": table[:, 1] / 2 + table[:, 2],
                "explanation": self._explainer.explain(asked),
            }
        )


mlflow.models.set_model(PairModel())
