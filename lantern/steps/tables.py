"""tables: show the registry of tables, as it is in code."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from lantern.tables.catalog import TABLES, TableSpec, table_spec


def describe(name: str | None = None, console: Console | None = None) -> None:
    """All tables a line each, or one with its columns and constraints."""
    console = console or Console(highlight=False)
    if name is None:
        overview = Table("table", "one row is", "key", "written by", box=box.SIMPLE_HEAD)
        for spec in TABLES.values():
            overview.add_row(spec.name, spec.row, ", ".join(spec.key), spec.written_by)
        console.print(overview)
        console.print("`lantern tables NAME` shows a table's columns and constraints.")
        return
    _one(table_spec(name), console)


def _one(spec: TableSpec, console: Console) -> None:
    console.print(f"[bold]{spec.name}[/bold]: one row is {spec.row}.")
    columns = Table("column", "type", "null", "comment", box=box.SIMPLE_HEAD)
    for column in spec.columns:
        mark = "key" if column.name in spec.key else "yes" if column.nullable else ""
        columns.add_row(column.name, column.type, mark, column.comment)
    console.print(columns)
    for label, check in spec.checks.items():
        console.print(f"CHECK {label}: {check}", markup=False, soft_wrap=True)
    console.print(f"clustered by {', '.join(spec.cluster_by) or 'nothing'}: {spec.clustered_for}")
    console.print(f"change data feed: {'on' if spec.change_feed else 'off'}")
