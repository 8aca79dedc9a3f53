"""Turn the failures of Spark, Delta and the disk into our errors, with what to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from lantern.errors import ConcurrentWriteError, LanternError, StorageError, TableError


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise known storage and table failures as LanternError; let everything else pass.

    Args:
        doing: what was being done, for the message: "writing fit_scores".
    """
    try:
        yield
    except LanternError:
        raise
    except Exception as error:
        ours = _translate(doing, error)
        if ours is None:
            raise
        raise ours from error


def _translate(doing: str, error: Exception) -> LanternError | None:
    # Spark hands over Java's causes as text only; the codes and phrases below are its stable part.
    if isinstance(error, OSError) and error.errno == 28:
        return _no_space(doing)
    told = str(error)
    if "No space left on device" in told or "Disk quota exceeded" in told:
        return _no_space(doing)
    if re.search(r"Permission denied|AccessControlException|AccessDenied", told):
        return StorageError(f"{doing}: permission denied by the storage; check its access rights")
    if is_conflict(error):
        return ConcurrentWriteError(f"{doing}: other writers kept changing the table; run it again")
    broken = re.search(
        r"CHECK constraint (\w+)|NOT NULL constraint violated for column: (\S+)", told
    )
    if broken:
        return TableError(
            f"{doing}: rows violate the constraint {broken[1] or broken[2]!r}; nothing was written"
        )
    if "DELTA_UNSUPPORTED_FEATURES_FOR_READ" in told or "InvalidProtocolVersion" in told:
        return TableError(f"{doing}: the table was written by a newer Delta; upgrade this one")
    return None


def _no_space(doing: str) -> StorageError:
    return StorageError(
        f"{doing}: no space left on the storage; free some and run the step again. "
        "What was committed before stays, nothing is half-written"
    )


_CONFLICT = re.compile(
    r"Concurrent(Append|DeleteRead|DeleteDelete|Transaction|Write)Exception|MetadataChangedException"
    r"|ProtocolChangedException|DELTA_CONCURRENT_|DELTA_METADATA_CHANGED|DELTA_PROTOCOL_CHANGED"
)


def is_conflict(error: BaseException) -> bool:
    """Whether Delta lost an optimistic commit; its exceptions share no base class to rely on."""
    return bool(_CONFLICT.search(f"{type(error).__name__} {error}"))
