"""Prepare the pip-installed Spark once, so that no later start asks a network or is noisy.

``prepare`` resolves the Delta jars through Spark's Ivy, copies them into the environment, and
writes Spark's own configuration files beside the pip package: the jars, the Java launcher, the
interpreter and quiet logging. ``lantern STEP`` and a plain ``spark-submit`` then behave the same.
On a cluster with its own Spark none of this is used; its Delta comes from the cluster.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from lantern.errors import InstallationError
from lantern.tables.java import find_java, write_launcher

DELTA_PACKAGE: Final = "io.delta:delta-spark_4.2_2.13:4.4.0"

_RESOLVE: Final = """
import sys
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.jars.packages", sys.argv[1])
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
print("JARS=" + spark.sparkContext.getConf().get("spark.jars"))
spark.stop()
"""

_LOG4J: Final = """\
# Written by `lantern setup`. LANTERN_JVM_LOG=warn (or --verbose) shows what Spark says.
rootLogger.level = ${env:LANTERN_JVM_LOG:-fatal}
logger.repl.name = org.apache.spark.api.python.PythonGatewayServer
logger.repl.level = ${env:LANTERN_JVM_LOG:-fatal}
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex{short}
"""


def share_folder() -> Path:
    """Where this environment keeps what the set-up brought: jars and the Java launcher."""
    return Path(sys.prefix) / "share" / "lantern"


def spark_home() -> Path:
    """The pip package's own Spark; raises InstallationError without pyspark."""
    try:
        import pyspark
    except ImportError:
        raise InstallationError(
            "pyspark is not installed; run `make setup`, or pip install 'lantern-fit[spark]'"
        ) from None
    return Path(pyspark.__file__).parent


def delta_jars() -> list[Path]:
    """The jars that the set-up resolved; empty before it ran."""
    return sorted((share_folder() / "jars").glob("*.jar"))


def prepare() -> list[str]:
    """Do the set-up; safe to run again. Returns lines that say what was done.

    Raises:
        InstallationError: no Java, or the jars cannot be resolved (no network).
    """
    java = find_java()
    home = write_launcher(java, share_folder() / "java")
    lines = [f"Java        {java}"]
    conf = spark_home() / "conf"
    conf.mkdir(exist_ok=True)
    if not delta_jars():
        _resolve_jars(home)
    jars = delta_jars()
    lines.append(f"Delta jars  {len(jars)} files, {sum(j.stat().st_size for j in jars) >> 20} MB")
    defaults = {
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    _write(conf / "spark-defaults.conf", "".join(f"{k} {v}\n" for k, v in defaults.items()))
    _write(conf / "log4j2.properties", _LOG4J)
    _write(
        conf / "spark-env.sh",
        f'export JAVA_HOME="{home}"\n'
        f'export PYSPARK_PYTHON="${{PYSPARK_PYTHON:-{sys.executable}}}"\n'
        'export SPARK_LOCAL_IP="${SPARK_LOCAL_IP:-127.0.0.1}"\n',
    )
    lines.append(f"Spark       {conf}")
    return lines


def _resolve_jars(java_home: Path) -> None:
    environment = os.environ | {"JAVA_HOME": str(java_home), "SPARK_HOME": str(spark_home())}
    with tempfile.TemporaryDirectory() as empty:
        environment["SPARK_CONF_DIR"] = empty  # an old spark-defaults.conf may name lost jars
        told = subprocess.run(
            [sys.executable, "-c", _RESOLVE, DELTA_PACKAGE],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    found = [line for line in told.stdout.splitlines() if line.startswith("JARS=")]
    if told.returncode or not found:
        raise InstallationError(
            f"cannot resolve {DELTA_PACKAGE}: no network, or the registry does not have it. "
            "The set-up needs it once; with jars from elsewhere, copy them to "
            f"{share_folder() / 'jars'} and run the set-up again"
        )
    target = share_folder() / "jars"
    arriving = target.with_name("jars.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    arriving.mkdir(parents=True)
    for jar in found[0].removeprefix("JARS=").split(","):
        shutil.copy(jar.removeprefix("file:").replace("///", "/"), arriving)
    shutil.rmtree(target, ignore_errors=True)
    arriving.rename(target)


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
