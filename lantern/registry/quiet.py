"""MLflow without its chatter: no migration log, no progress bars, no hints, no telemetry."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("mlflow", "alembic", "sqlalchemy")
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # of 7, with which a server that is down takes minutes
    "GIT_PYTHON_REFRESH": "quiet",
}


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Let MLflow say errors only inside; loggers and environment are as they were afterwards.

    MLflow sets up its own loggers when it is imported, so it is imported first, also quietly.
    """
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlflow  # noqa: F401
            from mlflow.utils.logging_utils import disable_logging, enable_logging

            # A logger without a level of its own goes by its parent's. Setting a level empties the
            # caches of all loggers, so that setting a few hundred takes a while.
            names = [n for n in logging.root.manager.loggerDict if n.split(".")[0] in _LOGGERS]
            children = [logging.getLogger(name) for name in names if name not in _LOGGERS]
            loggers = [logging.getLogger(name) for name in _LOGGERS]
            loggers += [child for child in children if child.level not in (0, logging.ERROR)]
            levels = [logger.level for logger in loggers]
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            disable_logging()  # what MLflow prints past its loggers; its errors are exceptions
            try:
                yield
            finally:
                enable_logging()
                for logger, level in zip(loggers, levels, strict=True):
                    logger.setLevel(level)
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old
