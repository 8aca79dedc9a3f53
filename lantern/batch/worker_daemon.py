"""The process that Spark forks its Python workers from, with what a model needs imported once.

Spark starts it as ``spark.python.daemon.module``. Without it each worker imports torch and
transformers for itself, and again when it comes back after a minute without work. Nothing is
loaded or computed here: a process with threads of torch in it must not be forked.
"""

import contextlib

import pandas  # noqa: F401
import pyarrow  # noqa: F401
import pyspark.worker  # noqa: F401
from pyspark.daemon import manager

with contextlib.suppress(ImportError):  # the step that asks for a model says what is missing
    import lantern.inference.embed
    import lantern.inference.engines
    import lantern.inference.generate  # noqa: F401

if __name__ == "__main__":
    manager()
