"""Open the Spark session that every step runs in, quietly, with Delta on it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lantern.config import SparkSettings
from lantern.errors import InstallationError
from lantern.tables import java
from lantern.tables.files import jvm_of
from lantern.tables.interrupt import cancel_when_interrupted
from lantern.tables.spark_home import delta_jars, share_folder, spark_home

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import SparkSession

_DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
_DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"


def open_session(
    settings: SparkSettings, *, app: str, verbose: bool = False, worker_daemon: str | None = None
) -> SparkSession:
    """The active session (Databricks, spark-submit shells) or a new one with our settings.

    The master of the settings is used only when nobody else chose one: under ``spark-submit``
    the command line's ``--master`` stands.

    Args:
        settings: of Spark.
        app: the session's name.
        verbose: let Spark speak.
        worker_daemon: the module that a local session forks its Python workers from, instead of
            Spark's own; it starts beside what the driver does next. Elsewhere the workers may have
            another Python, or no Lantern before the first task brings it.

    Raises:
        InstallationError: no pyspark, no Java, no Delta jar.
    """
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    databricks = "DATABRICKS_RUNTIME_VERSION" in os.environ
    if find_spec("pyspark") is None:
        spark_home()  # raises with the reason
    if not submitted and not databricks:
        _prepare_process(verbose)

    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(f"lantern {app}")
    own_master = settings.master if settings.master and not submitted else ""
    forks = bool(worker_daemon) and own_master.startswith("local[")
    if own_master:
        builder = builder.master(own_master)
        builder = builder.config("spark.driver.memory", settings.driver_memory)
    if forks:
        builder = builder.config("spark.python.daemon.module", worker_daemon)
    for key, value in _configuration(settings).items():
        builder = builder.config(key, value)
    spark: SparkSession = builder.getOrCreate()
    _require_delta(spark)
    if not databricks:
        cancel_when_interrupted(spark)
    if forks:
        start_workers(spark)
    return spark


def start_workers(spark: SparkSession) -> threading.Thread:
    """Have Spark start a Python worker while the driver goes on: its imports take seconds."""

    def unchanged(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        return batches

    def work() -> None:
        # What goes wrong here meets the first step that needs a worker, which says it.
        with suppress(Exception):
            spark.range(0, 1, 1, 1).mapInArrow(unchanged, "id long").collect()

    thread = threading.Thread(target=work, name="start-workers", daemon=True)
    thread.start()
    return thread


def _configuration(settings: SparkSettings) -> dict[str, str]:
    return {
        "spark.sql.extensions": _DELTA_EXTENSION,
        "spark.sql.catalog.spark_catalog": _DELTA_CATALOG,
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Delta's MERGE keeps untouched rows in place instead of rewriting their files.
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
        **settings.conf,
    }


def _prepare_process(verbose: bool) -> None:
    """Give the JVM that is about to start its home, its Java and its log level."""
    home = spark_home()
    own_spark = os.environ.setdefault("SPARK_HOME", str(home)) == str(home)
    launcher = share_folder() / "java"
    if own_spark and launcher.is_dir():
        if java.java_version(launcher / "bin" / "java") is None:
            java.write_launcher(java.find_java(), launcher)
        os.environ["JAVA_HOME"] = str(launcher)
    else:
        os.environ["JAVA_HOME"] = str(java.find_java().parent.parent)
    if own_spark and not delta_jars():
        raise InstallationError(
            "the Delta jars are not installed; run `lantern setup` once with a network"
        )
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    if verbose:
        os.environ["LANTERN_JVM_LOG"] = "warn"


def _require_delta(spark: SparkSession) -> None:
    loader = jvm_of(spark).java.lang.Thread.currentThread().getContextClassLoader()
    try:
        loader.loadClass(_DELTA_CATALOG)
    except Exception as error:  # py4j wraps every Java exception in one type
        if "ClassNotFoundException" not in str(error):
            raise
        raise InstallationError(
            "this Spark has no Delta: run `lantern setup`, "
            "or give spark-submit --packages io.delta:delta-spark_4.2_2.13:4.4.0"
        ) from None
