"""Ctrl-C while Spark works: the jobs end, the session stays usable, and the terminal quiet.

pyspark's own handler cancels on the very connection whose answer the main thread waits for: that
fails, the tasks go on, and whatever is written next waits for them. py4j then has the JVM close
that connection from afar, sometimes only when the next one is in use, and closes that with it.
"""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING, Final

from lantern.tables.files import jvm_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CANCELLED_WITHIN_S: Final = 10


def cancel_when_interrupted(spark: SparkSession) -> None:
    """Let SIGINT cancel the jobs of a session before it raises ``KeyboardInterrupt``.

    Does nothing in a thread other than the main one, which alone may handle signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    context = spark.sparkContext
    client = jvm_of(spark)._gateway_client

    def interrupted(*_: object) -> None:
        cancelling = threading.Thread(target=context.cancelAllJobs, daemon=True)
        cancelling.start()
        cancelling.join(CANCELLED_WITHIN_S)
        # The answer that was waited for is nobody's now; the next call opens a connection anew.
        if (connection := client.get_thread_connection()) is not None:
            connection.close()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)
    logging.getLogger().addFilter(_not_of_an_interrupt)


def _not_of_an_interrupt(record: logging.LogRecord) -> bool:
    """py4j logs the stack of the call that was interrupted; who pressed Ctrl-C knows of it."""
    return record.msg != "KeyboardInterrupt while sending command."
