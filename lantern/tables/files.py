"""Files on whatever storage Spark reads: the one place that talks to Hadoop's file systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def jvm_of(spark: SparkSession) -> Any:
    """The session's JVM; untyped, as py4j is."""
    return spark.sparkContext._jvm


def delete_folder(spark: SparkSession, folder: str) -> None:
    """Remove a folder if it is there."""
    path = jvm_of(spark).org.apache.hadoop.fs.Path(folder)
    path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).delete(path, True)


def folder_exists(spark: SparkSession, folder: str) -> bool:
    """Whether a folder is there."""
    path = jvm_of(spark).org.apache.hadoop.fs.Path(folder)
    system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    return bool(system.exists(path))
