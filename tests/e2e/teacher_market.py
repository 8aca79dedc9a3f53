"""A few members, postings and pairs, put into the tables as ingest and pairs would, at no cost."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lantern.batch.progress import Reporter
from lantern.config import load_settings
from lantern.documents.requirements import extract_requirements
from lantern.errors import ExitCode
from lantern.steps.context import Context
from lantern.steps.runner import run_steps
from lantern.tables.catalog import table_spec

DAY = dt.date(2026, 3, 1)
SKILLS = ("Python", "Kubernetes", "Bookkeeping", "Welding", "Nursing", "Spanish")


@dataclass
class Market:
    """Warehouses under one folder, each with tables of its own."""

    spark: Any
    root: Path

    def options(self, name: str, base_url: str, *extra: str) -> list[str]:
        return [
            f"warehouse.path={self.root / name}",
            "label.teacher=api",
            f"teacher.base_url={base_url}",
            "teacher.model=scripted",
            "teacher.api_key_env=null",
            "teacher.tasks=2",
            "teacher.concurrency=4",
            "teacher.timeout_s=3",
            "teacher.max_attempts=3",
            "teacher.longest_wait_s=0.2",
            "teacher.max_output_tokens=500",
            *extra,
        ]

    def context(self, options: Sequence[str]) -> Context:
        settings = load_settings("local", options)
        context = Context(settings, DAY, reporter=Reporter(io.StringIO(), terminal=False))
        vars(context)["spark"] = self.spark
        return context

    def run(
        self, options: Sequence[str], steps: Sequence[str] = ("label",)
    ) -> tuple[Context, ExitCode]:
        context = self.context(options)
        return context, run_steps(context, steps)

    def fill(self, name: str, members: int, postings: int, *, requirements: bool = True) -> int:
        """Write the tables; every member with every posting. Returns how many pairs."""
        warehouse = self.context([f"warehouse.path={self.root / name}"]).warehouse
        people = [_member(number) for number in range(members)]
        jobs = [_posting(number) for number in range(postings)]
        pairs = [
            {
                "member_id": person["member_id"],
                "posting_id": job["posting_id"],
                "split": "train",
                "stratum": "random",
                "field": None,
                "level": "Medium",
            }
            for person in people
            for job in jobs
        ]
        tables = {"members": people, "postings": jobs, "base_pairs": pairs}
        if requirements:
            tables["requirements"] = [_requirements(job) for job in jobs]
        for table, rows in tables.items():
            spec = table_spec(table)
            told = [tuple(row[column] for column in spec.column_names) for row in rows]
            warehouse.append(table, self.spark.createDataFrame(told, spec.ddl))
        return len(pairs)


def _member(number: int) -> dict[str, Any]:
    skills = [skill for n, skill in enumerate(SKILLS) if (number >> n) & 1]
    return {
        "member_id": f"m{number}",
        "fingerprint": f"f{number}",
        "source_hash": "h",
        "name": f"Maria Sample{number}",
        "headline": None,
        "text": f"Maria Sample{number}, maria{number}@example.com.\n"
        f"Worked daily with {', '.join(skills) or 'people'} as employee of firm {number}.",
        "model_text": "m",
        "skills": [],
        "positions": [],
        "degree": None,
        "years": None,
        "fields": [],
        "seniority": None,
        "location": None,
        "region": None,
        "was_cut": False,
        "first_seen": DAY,
        "changed_on": DAY,
    }


def _posting(number: int) -> dict[str, Any]:
    asked = [SKILLS[(number + step) % len(SKILLS)] for step in range(2)]
    return {
        "posting_id": f"p{number}",
        "fingerprint": f"g{number}",
        "source_hash": "h",
        "title": f"Worker {number}",
        "organization": None,
        "text": "Requirements:\n" + "\n".join(f"- Experience with {skill}" for skill in asked),
        "fields": [],
        "seniority": None,
        "location": None,
        "region": None,
        "was_cut": False,
        "first_seen": DAY,
        "changed_on": DAY,
    }


def _requirements(job: dict[str, Any]) -> dict[str, Any]:
    found = asdict(extract_requirements(job["title"], job["text"]))
    for item in found["requirements"]:
        item |= {"kind": str(item["kind"]), "importance": str(item["importance"])}
    return found | {
        "posting_id": job["posting_id"],
        "posting_fingerprint": job["fingerprint"],
    }


def rows(context: Context, table: str) -> list[Any]:
    return list(context.warehouse.read(table).collect())


def manifest(context: Context, step: str) -> Any:
    """The newest row of ``runs`` about a step."""
    return context.warehouse.read("runs").where(f"step = '{step}'").orderBy("started_at").tail(1)[0]


def said(context: Context) -> list[dict[str, Any]]:
    """What the run told a program."""
    stream = context.reporter._stream
    assert isinstance(stream, io.StringIO)
    return [json.loads(line) for line in stream.getvalue().splitlines()]
