# Databricks notebook source
# MAGIC %md
# MAGIC # A night, explored
# MAGIC What last night left in the tables: their sizes, the levels, one member's jobs with their
# MAGIC reasons, what changed since the night before, and what could not be used.
# MAGIC
# MAGIC On Databricks set `LANTERN_CATALOG` to a schema such as `main.lantern`. Elsewhere:
# MAGIC `python notebooks/explore_night.py [WAREHOUSE]` (or `LANTERN_WAREHOUSE`; `demo/warehouse`).

# COMMAND ----------

import os
import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lantern.config import WarehouseSettings, load_settings
from lantern.tables.session import open_session
from lantern.tables.store import Warehouse

ON_DATABRICKS = "DATABRICKS_RUNTIME_VERSION" in os.environ
folder = os.environ.get("LANTERN_WAREHOUSE", "demo/warehouse")
if not ON_DATABRICKS and len(sys.argv) > 1:
    folder = sys.argv[1]
catalog = os.environ.get("LANTERN_CATALOG")

settings = load_settings("databricks" if ON_DATABRICKS else "local")
if not catalog and ON_DATABRICKS:
    catalog = settings.warehouse.catalog
spark = open_session(settings.spark, app="explore")
warehouse = Warehouse(spark, WarehouseSettings(path=folder, catalog=catalog))


def present(title: str, rows: DataFrame, limit: int = 20) -> None:
    """A table on Databricks, text elsewhere."""
    print(f"\n{title}")
    if ON_DATABRICKS:
        display(rows.limit(limit))  # noqa: F821 - Databricks defines it
    else:
        rows.show(limit, truncate=90)


NAMES = ("members", "postings", "requirements", "candidates", "fit_scores", "explanations")
missing = [name for name in NAMES if not warehouse.exists(name)]
if missing:  # reading would create them, and a look around must not write
    raise SystemExit(f"no night in {catalog or folder}: it has no {', '.join(missing)}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Tonight's tables and steps

# COMMAND ----------

sizes = [(name, warehouse.read(name).count(), warehouse.version(name)) for name in NAMES]
present("Tables", spark.createDataFrame(sizes, "table string, rows long, version long"))

if warehouse.exists("runs"):
    runs = warehouse.read("runs")
    night = runs.agg(F.max("logical_date")).first()[0]
    present(
        f"Steps of the night of {night}",
        runs.where(F.col("logical_date") == F.lit(night))
        .orderBy("started_at")
        .select(
            "step",
            "outcome",
            F.round(
                F.col("ended_at").cast("double") - F.col("started_at").cast("double"), 1
            ).alias("seconds"),
            F.to_json("counts").alias("counts"),
        ),
    )

# COMMAND ----------

# MAGIC %md
# MAGIC ## The levels

# COMMAND ----------

scores = warehouse.read("fit_scores")
total = max(scores.count(), 1)
present(
    "Level distribution",
    scores.groupBy("level")
    .agg(
        F.count("*").alias("pairs"),
        F.round(F.count("*") / total, 3).alias("share"),
        F.round(F.avg("score"), 3).alias("mean_score"),
        F.countDistinct("member_id").alias("members"),
    )
    .orderBy("mean_score"),
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## One member's jobs, with reasons
# MAGIC The member of `LANTERN_MEMBER`, else the one with the best explained job.

# COMMAND ----------

explained = warehouse.read("explanations").select("member_id", "posting_id", "explanation")
member = os.environ.get("LANTERN_MEMBER")
if not member:
    best = (
        scores.join(explained, ["member_id", "posting_id"], "left")
        .orderBy(F.col("explanation").isNull(), F.desc("score"), "member_id")
        .first()
    )
    member = best["member_id"] if best is not None else ""
jobs = (
    scores.where(F.col("member_id") == member)
    .join(warehouse.read("postings").select("posting_id", "title"), "posting_id")
    .join(explained, ["member_id", "posting_id"], "left")
    .orderBy(F.desc("score"), "posting_id")
    .select(
        "posting_id",
        "title",
        "level",
        F.round("score", 3).alias("score"),
        F.coalesce("explanation", F.lit("(not explained)")).alias("reason"),
    )
)
present(f"Jobs of member {member}", jobs.drop("reason"), limit=10)
for job in jobs.limit(3).collect():
    print(f"--- {job['title']} ({job['posting_id']})\n{job['reason']}\n")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What changed since the night before
# MAGIC `fit_scores` as it stands, beside its last version of an earlier night. The last night is the
# MAGIC latest `scored_on`; the version before its first commit is the night before.

# COMMAND ----------


def version_before(day: object) -> int | None:
    """The last version of ``fit_scores`` without a row of the night; None if there is none."""
    latest = warehouse.version("fit_scores")
    for version in range(latest, -1, -1):
        rows = warehouse.read("fit_scores", version)
        if rows.where(F.col("scored_on") >= F.lit(day)).isEmpty():
            return None if rows.isEmpty() else version
    return None


last_night = scores.agg(F.max("scored_on")).first()[0]
before = version_before(last_night)
if before is None:
    print(f"\nThe night of {last_night} is the first one: nothing to compare with.")
else:
    KEY = ["member_id", "posting_id"]
    old = warehouse.read("fit_scores", before).select(
        *KEY, F.col("level").alias("was"), F.col("scored_on").alias("was_scored_on")
    )
    both = scores.select(*KEY, "level", "scored_on").join(old, KEY, "full")
    change = (
        F.when(F.col("was").isNull(), "new")
        .when(F.col("level").isNull(), "gone")
        .when(F.col("scored_on") == F.col("was_scored_on"), "kept")
        .when(F.col("level") == F.col("was"), "scored again, same level")
        .otherwise("another level")
    )
    compared = both.withColumn("change", change)
    present(
        f"Changes of the night of {last_night} (against version {before})",
        compared.groupBy("change").count().orderBy("change"),
    )
    present(
        "Pairs with another level",
        compared.where(F.col("change") == "another level")
        .select(*KEY, "was", F.col("level").alias("now"))
        .orderBy(*KEY),
    )

# COMMAND ----------

# MAGIC %md
# MAGIC ## What could not be used

# COMMAND ----------

if warehouse.exists("quarantine"):
    present(
        "Quarantine",
        warehouse.read("quarantine")
        .groupBy("table", "stage", "reason")
        .agg(F.count("*").alias("rows"), F.max("seen_on").alias("last_seen"))
        .orderBy(F.desc("rows"), "table", "reason"),
    )
else:
    print("\nNothing is in quarantine.")
