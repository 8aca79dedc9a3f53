"""``teacher_answers``: what was paid for, in the table and on its way there."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from lantern.batch.teacher_tasks import ANSWER
from lantern.config import TeacherSettings
from lantern.tables.files import delete_folder, folder_exists

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lantern.tables.store import Warehouse

_FOLDER: Final = "_answers"
_NAMES: Final = tuple(column.split()[0] for column in ANSWER.split(", "))


class AnswerStore:
    """The table's answers of one teacher and one step, and the folder beside it.

    Args:
        warehouse: where the table is.
        settings: the teacher's; ``answers`` overrides the folder.
        step: whose folder it is; two steps never share one.
        day: the logical date.
    """

    def __init__(
        self, warehouse: Warehouse, settings: TeacherSettings, step: str, day: dt.date
    ) -> None:
        self._warehouse, self._settings, self._day = warehouse, settings, day
        self.folder = f"{settings.answers or f'{warehouse.root}/{_FOLDER}'}/{step}"

    def recover(self) -> int:
        """Commit what a killed run left in the folder; returns how many answers that were."""
        from pyspark.sql import functions as F

        spark = self._warehouse.spark
        if not folder_exists(spark, self.folder):
            return 0
        found = spark.read.schema(ANSWER).option("pathGlobFilter", "*.json").json(self.folder)
        whole = self._warehouse.stage("answers", found.where(F.col("key").isNotNull()))
        count = whole.count()
        if count:
            self.commit(whole)
        delete_folder(spark, self.folder)
        self._warehouse.unstage("answers")
        return count

    def commit(self, answers: DataFrame) -> None:
        """Merge staged answers into the table; then the folder is not needed any more."""
        from pyspark.sql import functions as F

        rows = answers.dropDuplicates(["key", "turn"]).withColumn("answered_on", F.lit(self._day))
        self._warehouse.merge("teacher_answers", rows, changed=["content"])
        delete_folder(self._warehouse.spark, self.folder)

    def known(self, scopes: DataFrame) -> DataFrame:
        """The table's answers of this model about ``scopes`` (one column ``scope``)."""
        from pyspark.sql import functions as F

        held = self._warehouse.read("teacher_answers").where(
            F.col("model") == str(self._settings.model)
        )
        return held.join(scopes.distinct(), "scope", "left_semi").select(*_NAMES)
