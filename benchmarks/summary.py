"""Rounds to medians and spreads; the table for a terminal, the JSON and the Markdown."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

OURS = "lantern"
FULL_ROUNDS = 5
LABELS = {
    "lantern": "Lantern, 4,096 padded tokens a batch",
    "pipeline": "transformers pipeline, batch 32",
    "predict_batch_udf": "predict_batch_udf, batch 32",
    "sorted_32": "sorted by length, batch 32",
}
TITLES = {
    "rendered": "Rendered profile beside the requirements (what the night scores)",
    "whole": "Whole résumé beside the requirements, cut at 512 tokens",
}
PADDING = {
    "lantern": "padding_budget",
    "pipeline": "padding_32",
    "predict_batch_udf": "padding_32",
    "sorted_32": "padding_sorted_32",
}
_PACKAGES = ("torch", "transformers", "pyspark", "pyarrow", "pandas")
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
_START, _END = "<!-- bench:start -->", "<!-- bench:end -->"

Result = dict[str, Any]


def summarise(
    rounds: list[dict[str, Any]], shapes: dict[str, dict[str, float]], *, source: str, command: str
) -> Result:
    """Median and spread of each arm, and the ratio to the best rival, paired by round."""
    workloads = {}
    for name, shape in shapes.items():
        arms = {arm: _arm([r[arm][name] for r in rounds]) for arm in rounds[0]}
        for arm, figures in arms.items():
            figures["padding"] = shape[PADDING[arm]]
            figures["padding_2048_a_task"] = shape["large_" + PADDING[arm]]
            figures["cpu_per_computed_token"] = figures["cpu"]["median"] / (
                shape["tokens_mean"] * figures["padding"]
            )
        best = {
            kind: min((a for a in arms if a != OURS), key=lambda a: arms[a][kind]["median"])
            for kind in ("cpu", "wall")
        }
        ratios = {
            kind: _spread([_each(r[OURS][name])[kind] / _each(r[arm][name])[kind] for r in rounds])
            for kind, arm in best.items()
        }
        workloads[name] = {
            "shape": shape,
            "arms": arms,
            "best_rival": best,
            "ratio_to_best": ratios,
            "inside": _inside([r[OURS][name] for r in rounds]),
        }
    return {
        "command": command,
        "texts": source,
        "rounds": len(rounds),
        "machine": machine(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
        "workloads": workloads,
    }


def _each(run: dict[str, Any]) -> dict[str, float]:
    """Seconds a pair: CPU of all processes, CPU of the Python workers, wall."""
    pairs = run["pairs"]
    cpu = sum(run["cpu"].values())
    return {
        "cpu": cpu / pairs,
        "workers": run["cpu"]["workers"] / pairs,
        "wall": run["wall"] / pairs,
    }


def _arm(runs: list[dict[str, Any]]) -> dict[str, Any]:
    each = [_each(run) for run in runs]
    figures: dict[str, Any] = {kind: _spread([e[kind] for e in each]) for kind in each[0]}
    figures["largest_difference"] = max(run["largest_difference"] for run in runs)
    return figures


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def _inside(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Where our workers' own wall seconds go; padding is the part of the model's time on it."""
    sums = {k: median([run["inside"][k] for run in runs]) for k in runs[0]["inside"]}
    parts = {k: sums[f"{k}_seconds"] for k in ("tokenise", "plan", "model")}
    whole = sum(parts.values())
    shares = {kind: seconds / whole for kind, seconds in parts.items()}
    idle = 1 - sums["tokens"] / sums["padded_tokens"]
    return shares | {"padding_within_model": shares["model"] * idle}


def machine() -> dict[str, Any]:
    """Cores, and the features of the CPU that matter here."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in info.splitlines() if ":" in line
    )
    flags = fields.get("flags", "").split()
    return {
        "cpu": fields.get("model name", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in _FLAGS if flag in flags],
        "load_at_end": os.getloadavg()[0],
    }


def _rows(workload: Result) -> list[list[str]]:
    rows = [["arm", "CPU-s a pair", "(min..max)", "wall-s a pair", "(min..max)"]]
    rows[0] += ["padding", "CPU-µs a computed token", "padding, 2,048 pairs a task"]
    for arm, figures in sorted(workload["arms"].items(), key=lambda item: item[1]["cpu"]["median"]):
        cells = [LABELS[arm]]
        for kind in ("cpu", "wall"):
            f = figures[kind]
            cells += [f"{f['median']:.4f}", f"{f['min']:.4f}..{f['max']:.4f}"]
        cells += [f"{figures['padding']:.2f}", f"{1e6 * figures['cpu_per_computed_token']:.0f}"]
        rows.append([*cells, f"{figures['padding_2048_a_task']:.3f}"])
    return rows


def _sentences(workload: Result) -> list[str]:
    shape, inside = workload["shape"], workload["inside"]
    said = [
        f"{shape['pairs']:.0f} pairs a round, {shape['tokens_mean']:.0f} tokens in the mean "
        f"(median {shape['tokens_median']:.0f}), {shape['at_limit']:.0%} at the limit of 512."
    ]
    for kind, name in (("cpu", "CPU"), ("wall", "wall")):
        ratio, rival = workload["ratio_to_best"][kind], LABELS[workload["best_rival"][kind]]
        verdict = "ours is best" if ratio["median"] < 1 else "ours is NOT the best"
        said.append(
            f"{name}: {ratio['median']:.2f} of the best rival ({rival}), "
            f"{ratio['min']:.2f}..{ratio['max']:.2f} over the rounds: {verdict}."
        )
    said.append(
        f"Inside our workers: tokenise {inside['tokenise']:.1%}, plan {inside['plan']:.2%}, "
        f"model {inside['model']:.1%}; padding, within the model, is "
        f"{inside['padding_within_model']:.1%} of the whole."
    )
    return said


def as_text(result: Result) -> str:
    """Aligned tables for a terminal."""
    lines = [_setting(result), ""]
    for name, workload in result["workloads"].items():
        rows = _rows(workload)
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines.append(TITLES[name])
        for row in rows:
            cells = [row[0].ljust(widths[0])]
            cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
            lines.append("  " + "  ".join(cells))
        lines += [f"  {sentence}" for sentence in _sentences(workload)] + [""]
    return "\n".join(lines)


def as_markdown(result: Result) -> str:
    """The same for ``docs/performance.md``."""
    lines = [_setting(result), ""]
    for name, workload in result["workloads"].items():
        header, *rows = _rows(workload)
        lines += [f"### {TITLES[name]}", "", "| " + " | ".join(header) + " |"]
        lines.append("|---" + "|---:" * (len(header) - 1) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        lines += ["", *(f"- {sentence}" for sentence in _sentences(workload)), ""]
    return "\n".join(lines)


def _setting(result: Result) -> str:
    box = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    worst = max(
        figures["largest_difference"]
        for workload in result["workloads"].values()
        for figures in workload["arms"].values()
    )
    few = (
        "" if result["rounds"] >= FULL_ROUNDS else f"**PRELIMINARY, below {FULL_ROUNDS} rounds.** "
    )
    return few + (
        f"`{result['command']}` over {result['texts']}: rounds: {result['rounds']}, local[2], one "
        f"torch thread a task, float32. Machine: {box['cpu']}, {box['cores']} cores "
        f"({', '.join(box['flags']) or 'no AVX'}), load {box['load_at_end']:.1f} at the end. "
        f"{versions}. Largest difference between the scores of two arms: {worst:.1g}."
    )


def write(result: Result, root: Path) -> None:
    """Write the JSON, and replace the marked part of ``docs/performance.md``."""
    folder = root / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    (folder / "scoring.json").write_text(text, encoding="utf-8")
    page = root / "docs" / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(_START)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_START}\n{as_markdown(result)}{_END}{after}", encoding="utf-8")
