from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lantern.errors import ModelError
from lantern.inference.device import pick_device, pick_dtype, prefers_bf16

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16", False),
        ("vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512_bf16", False),
        ("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512_bf16", True),
        ("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2", False),
        ("flags\t\t: fpu avx512_bf16 amx_bf16", True),
        ("Features\t: fp asimd bf16", True),
        ("flags\t\t: fpu avx2 avx512f", False),
        ("model name\t: amx_bf16", False),
    ],
)
def test_a_cpu_is_asked_for_its_instructions(flags: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{flags}\n")
    assert prefers_bf16(CPU, tmp_path / "cpuinfo") is expected


def test_an_unknown_cpu_is_taken_to_have_none(tmp_path: Path) -> None:
    assert not prefers_bf16(CPU, tmp_path / "none")


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), False), ((8, 0), True)])
def test_a_gpu_is_asked_for_its_capability(capability, expected, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert prefers_bf16(torch.device("cuda")) is expected


def test_dtypes_by_name() -> None:
    assert pick_dtype("bfloat16", CPU) is torch.bfloat16
    assert pick_dtype("float32", CPU) is torch.float32
    with pytest.raises(ModelError, match="int8"):
        pick_dtype("int8", CPU)


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == CPU
    with pytest.raises(ModelError, match="no GPU is visible"):
        pick_device("cuda")
