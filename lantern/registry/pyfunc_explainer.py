"""The explanation model as an MLflow pyfunc model, logged as this file and its folder: no pickle.

A request is a table with the columns ``title``, ``requirements`` (one a line), ``profile`` and
``level``; the answer has a row for each, in its order.
"""

from __future__ import annotations

from typing import Any

import mlflow
import pandas as pd

from lantern.fit import FitLevel
from lantern.registry.explainers import DecoderExplainer
from lantern.registry.serving import explanation_request, refused, serving_texts

ARTIFACT = "explainer"


class ExplanationModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Explanations of levels that somebody else chose."""

    def load_context(self, context: Any) -> None:
        """Load the model from the version's own files."""
        self._explainer = DecoderExplainer(context.artifacts[ARTIFACT])

    def predict(
        self,
        context: Any,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Explain a table of pairs; refuses a row that cannot be used, with its number."""
        requests = []
        for number, row in enumerate(model_input.to_dict("records")):
            texts = serving_texts(row, number)
            try:
                level = FitLevel.from_label(str(row["level"]))
            except ValueError:
                raise refused(number, "level: give Low, Medium or High") from None
            requests.append(explanation_request(texts, level))
        return pd.DataFrame({"explanation": self._explainer.explain(requests)})


mlflow.models.set_model(ExplanationModel())
