"""Arrow schemas of Spark SQL column lists; made on the driver, because parsing needs a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(ddl: str) -> pa.Schema:
    """The Arrow schema of ``ddl``; hand it to workers, they cannot make it themselves."""
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    return to_arrow_schema(cast("StructType", StructType.fromDDL(ddl)))
