"""``python -m benchmarks.topk_cache``: what the top-k cache keeps, costs and distorts.

Teachers are made up: log-probabilities that fall with the rank like a power law, steeply (peaked)
or slowly (flat), over a vocabulary of 151,936; the student is the teacher with noise on its logits.
Of each divergence the value from the cache is set beside that from full logits, and the cosine
between the two gradients with respect to the student's logits.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from lantern.distill.divergences import DIVERGENCES, divergence
from lantern.distill.teacher_signal import FullLogits, TeacherSignal
from lantern.distill.topk_cache import TopKColumns, decode_topk, encode_topk

VOCABULARY, TOKENS = 151_936, 64
STEEPNESS = {"peaked": 3.0, "flat": 0.9}
RESULT = Path(__file__).with_name("results") / "topk_cache.json"


def main() -> None:
    """Measure, print and write."""
    rows = [measured(name, k) for name in STEEPNESS for k in (8, 32, 64)]
    result = {"command": "python -m benchmarks.topk_cache", "tokens": TOKENS, "rows": rows}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def measured(name: str, k: int) -> dict[str, Any]:
    """One teacher, one k."""
    generator = torch.Generator().manual_seed(7)
    order = torch.stack([torch.randperm(VOCABULARY, generator=generator) for _ in range(TOKENS)])
    teacher = -STEEPNESS[name] * torch.log1p(order.float())
    student = teacher + torch.randn(teacher.shape, generator=generator)
    columns = encode_topk(teacher, k=k)
    full, cached = FullLogits(teacher), decode_topk(columns)
    errors = {}
    for d in DIVERGENCES:
        (true, true_gradient), (found, gradient) = (
            _value(d, signal, student) for signal in (full, cached)
        )
        cosine = torch.nn.functional.cosine_similarity(true_gradient, gradient, dim=0)
        errors[d] = {
            "full": true,
            "cached": found,
            "relative_error": (found - true) / true,
            "gradient_cosine": float(cosine),
        }
    return {
        "teacher": name,
        "k": k,
        "captured_mass": columns.captured_mass,
        "bytes_a_token": 6 * k + 2,
        "parquet_zstd_bytes_a_token": _on_disk(columns) / TOKENS,
        "divergences": errors,
    }


def _value(name: str, signal: TeacherSignal, student: torch.Tensor) -> tuple[float, torch.Tensor]:
    leaf = student.clone().requires_grad_()
    value = divergence(name)(*signal.aligned(leaf, torch.arange(TOKENS), 1.0)).mean()
    value.backward()
    assert leaf.grad is not None
    return float(value.detach()), leaf.grad.flatten()


def _on_disk(columns: TopKColumns) -> int:
    table = pa.table(
        {
            "top_ids": [columns.ids.tolist()],
            "top_logprobs": [columns.log_probs.tolist()],
            "tail_logprobs": [columns.tail.tolist()],
        },
        schema=pa.schema(
            [("top_ids", pa.list_(pa.int32())), ("top_logprobs", pa.list_(pa.int16())),
             ("tail_logprobs", pa.list_(pa.int16()))]
        ),
    )  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.tell()


if __name__ == "__main__":
    main()
