"""The SQL function ``lantern_fit(profile, posting)`` for ad-hoc queries over raw texts.

    SELECT lantern_fit(resume, description).level FROM ...

It builds both documents in the worker as the night does, and scores them with the same engine. The
first line of a posting is its title. A row that cannot be used gets nulls and its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd  # at the top: Spark reads the kind of the UDF from its annotations

from lantern.batch.models import ShippedFolder, loaded_once, worker_device
from lantern.config import DocumentSettings, ScoreSettings
from lantern.fit import FitLevel

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lantern.inference.pair_input import Pair

NAME: Final = "lantern_fit"
FIT_SCHEMA: Final = (
    "level string, p_low float, p_medium float, p_high float, score float, reason string"
)
_COLUMNS: Final = tuple(part.split()[0] for part in FIT_SCHEMA.split(", "))
# A query that joins everybody with every job repeats its texts: built once while they are near.
_KEPT_DOCUMENTS: Final = 4096


@dataclass(frozen=True, slots=True)
class FitFunction:
    """The body of the UDF: batches of (profile, posting) texts in, frames of answers out."""

    folder: ShippedFolder
    settings: ScoreSettings
    documents: DocumentSettings

    def __call__(self, batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.DataFrame]:
        for profiles, postings in batches:
            yield self._score(profiles.tolist(), postings.tolist())

    def _score(self, profiles: list[Any], postings: list[Any]) -> pd.DataFrame:
        built = [
            self._build(profile, posting)
            for profile, posting in zip(profiles, postings, strict=True)
        ]
        rows: list[tuple[Any, ...]] = [
            (None, None, None, None, None, item if isinstance(item, str) else None)
            for item in built
        ]
        usable = {row: item for row, item in enumerate(built) if not isinstance(item, str)}
        if usable:
            for row, answer in zip(usable, self._answers(list(usable.values())), strict=True):
                rows[row] = answer
        return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)

    def _answers(self, pairs: list[Pair]) -> Iterator[tuple[Any, ...]]:
        from lantern.inference.engines import Engine, load_engine

        def load() -> Engine:
            return load_engine(
                self.folder.resolve(),
                batch_tokens=self.settings.batch_tokens,
                dtype=self.settings.dtype,
                device=worker_device(),
            )

        scored = loaded_once((self.folder, self.settings), load).score(pairs)
        for row, p in enumerate(scored.probabilities):
            if row in scored.errors:
                yield (None, None, None, None, None, scored.errors[row])
                continue
            low, medium, high = (float(value) for value in p)
            level = FitLevel(int(p.argmax())).label
            yield (level, low, medium, high, medium / 2 + high, None)

    def _build(self, profile: Any, posting: Any) -> Pair | str:
        """What the model reads of both, or why one of them cannot be used."""
        if not isinstance(profile, str) or not isinstance(posting, str):
            missing = "posting" if isinstance(profile, str) else "profile"
            return f"{missing}: the text is missing"
        limits = (self.documents.max_chars, self.documents.min_letters)
        profile_text, reason = _profile(profile, *limits)
        if reason:
            return f"profile: {reason}"
        requirements_text, reason = _requirements(posting, *limits)
        if reason:
            return f"posting: {reason}"
        return requirements_text, profile_text


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def _profile(text: str, max_chars: int, min_letters: int) -> tuple[str, str | None]:
    """A profile as the model reads it, and the reason if there is none."""
    from lantern.documents.profile import RawProfile, build_profile
    from lantern.documents.unusable import UnusableDocument

    raw = RawProfile(member_id=None, text=text)
    try:
        built = build_profile(raw, max_chars=max_chars, min_letters=min_letters)
    except UnusableDocument as unusable:
        return "", str(unusable)
    return built.model_text, None


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def _requirements(text: str, max_chars: int, min_letters: int) -> tuple[str, str | None]:
    """A posting's requirements as the model reads them, and the reason if there are none."""
    from lantern.documents.posting import RawPosting, build_posting
    from lantern.documents.requirements import extract_requirements
    from lantern.documents.unusable import UnusableDocument

    title, _, description = text.lstrip().partition("\n")
    raw = RawPosting(posting_id=None, title=title.strip(), description=description)
    try:
        built = build_posting(raw, max_chars=max_chars, min_letters=min_letters)
    except UnusableDocument as unusable:
        return "", str(unusable)
    return extract_requirements(built.title, built.text).model_text, None


def register_lantern_fit(
    spark: SparkSession,
    folder: ShippedFolder,
    settings: ScoreSettings,
    documents: DocumentSettings | None = None,
) -> None:
    """Register ``lantern_fit(profile, posting)`` in a session.

    Args:
        spark: the session whose SQL will know the function.
        folder: of the classifier, see :func:`lantern.batch.models.ship_folder`.
        settings: batch size and number format.
        documents: limits of the texts; default: those of ``conf/base.yaml``.
    """
    from pyspark.sql import functions as F

    if documents is None:
        from lantern.config import load_settings

        documents = load_settings().documents
    function = FitFunction(folder, settings, documents)

    def fit(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.DataFrame]:
        yield from function(batches)

    # The stubs of pyspark leave it out of its public module.
    function_in_spark = F.pandas_udf(fit, FIT_SCHEMA)  # type: ignore[attr-defined]
    spark.udf.register(NAME, function_in_spark)
