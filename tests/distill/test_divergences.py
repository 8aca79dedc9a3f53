"""Every divergence against a plain reference in probabilities: values and gradients."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lantern.distill.divergences import DIVERGENCES, divergence
from lantern.errors import SettingsError
from tests.distill.plain_divergences import plain_divergence

BETA, ALPHA, MU = 0.3, 0.1, 0.5


def _kl(p: np.ndarray, q: np.ndarray) -> float:
    kept = p > 0
    return float((p[kept] * np.log(p[kept] / q[kept])).sum())


def _adaptive(p: np.ndarray, q: np.ndarray) -> float:
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))
    head, mass = [order[0]], p[order[0]]
    for i in order[1:]:
        mass += p[i]
        if mass <= MU:
            head.append(i)
    gaps = np.abs(p - q)
    whole, of_head = gaps.sum(), gaps[head].sum()
    share = of_head / whole if whole else 0.5
    return float(share * _kl(p, q) + (1 - share) * _kl(q, p))


REFERENCE = {
    "forward_kl": _kl,
    "reverse_kl": lambda p, q: _kl(q, p),
    "jensen_shannon": lambda p, q: (
        BETA * _kl(p, BETA * p + (1 - BETA) * q) + (1 - BETA) * _kl(q, BETA * p + (1 - BETA) * q)
    ),
    "total_variation": lambda p, q: float(0.5 * np.abs(p - q).sum()),
    "skewed_kl": lambda p, q: _kl(p, ALPHA * p + (1 - ALPHA) * q),
    "skewed_reverse_kl": lambda p, q: _kl(q, ALPHA * q + (1 - ALPHA) * p),
    "adaptive_kl": _adaptive,
}


def _made(name: str):  # type: ignore[no-untyped-def]
    return divergence(name, beta=BETA, alpha=ALPHA, mu=MU)


def _logits(rows: int, events: int, seed: int, scale: float = 3.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(rows, events, generator=generator, dtype=torch.float64)


def test_every_name_has_a_reference() -> None:
    assert set(REFERENCE) == set(DIVERGENCES)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize(("rows", "events"), [(1, 2), (5, 3), (4, 1000)])
def test_the_value(name: str, rows: int, events: int) -> None:
    teacher, student = _logits(rows, events, 1), _logits(rows, events, 2)
    found = _made(name)(teacher.log_softmax(-1), student.log_softmax(-1))
    p, q = teacher.softmax(-1).numpy(), student.softmax(-1).numpy()
    expected = [REFERENCE[name](p[i], q[i]) for i in range(rows)]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-12)
    single = _made(name)(teacher.float().log_softmax(-1), student.float().log_softmax(-1))
    np.testing.assert_allclose(single.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    teacher, student = _logits(3, 6, 3), _logits(3, 6, 4)
    taken = student.clone().requires_grad_()
    _made(name)(teacher.log_softmax(-1), taken.log_softmax(-1)).sum().backward()
    p, q = teacher.softmax(-1).numpy(), student.softmax(-1).numpy()
    # Adaptive weights carry no gradient: hold them as they are at this point.
    weights = [_weights(p[i], q[i]) for i in range(3)]
    step = 1e-6
    for row in range(3):
        for event in range(6):
            values = []
            for sign in (1, -1):
                moved = student[row].clone()
                moved[event] += sign * step
                to = moved.softmax(-1).numpy()
                if name == "adaptive_kl":
                    head, tail = weights[row]
                    values.append(head * _kl(p[row], to) + tail * _kl(to, p[row]))
                else:
                    values.append(REFERENCE[name](p[row], to))
            expected = (values[0] - values[1]) / (2 * step)
            assert float(taken.grad[row, event]) == pytest.approx(expected, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
@pytest.mark.parametrize(("rows", "events"), [(1, 2), (5, 33), (3, 7001)])
@pytest.mark.parametrize("kind", ["apart", "near", "peaked", "ties"])
def test_the_hand_gradient_is_autograds(
    name: str, dtype: torch.dtype, tolerance: float, rows: int, events: int, kind: str
) -> None:
    teacher, student = _logits(rows, events, 9), _logits(rows, events, 10)
    if kind == "near":
        student = teacher + 0.1 * student
    elif kind == "peaked":
        teacher[:, 1] += 30.0
        student[:, 0] += 30.0
    elif kind == "ties":
        teacher, student = teacher.round() * 0.0 + (teacher > 0), student.round()
    ours, plain = _made(name), plain_divergence(name, beta=BETA, alpha=ALPHA, mu=MU)
    found, of_same_type, truth = (
        _value_and_gradient(d, teacher.to(of), student.to(of))
        for d, of in ((ours, dtype), (plain, dtype), (plain, torch.float64))
    )
    for part in range(2):
        # Where a gradient is a small difference of large terms, autograd in float32 is no better.
        allowed = tolerance + 3 * _gap(of_same_type[part], truth[part])
        assert _gap(found[part], truth[part]) <= allowed


def _value_and_gradient(d, teacher: torch.Tensor, student: torch.Tensor):  # type: ignore[no-untyped-def]
    leaf = student.detach().clone().requires_grad_()
    values = d(teacher.log_softmax(-1), leaf.log_softmax(-1))
    (values * torch.arange(1, len(values) + 1)).sum().backward()
    return values.detach().double(), leaf.grad.double()


def _gap(found: torch.Tensor, truth: torch.Tensor) -> float:
    return float((found - truth).norm() / truth.norm().clamp_min(1e-9))


@pytest.mark.parametrize("name", DIVERGENCES)
@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(2, 40), st.floats(0.01, 40.0), st.integers(0, 1000))
def test_any_shape_and_scale(name: str, rows: int, events: int, scale: float, seed: int) -> None:
    teacher = _logits(rows, events, seed, scale).log_softmax(-1)
    student = _logits(rows, events, seed + 1, scale).log_softmax(-1)
    gradients = []
    for d in (_made(name), plain_divergence(name, beta=BETA, alpha=ALPHA, mu=MU)):
        leaf = student.clone().requires_grad_()
        d(teacher, leaf.log_softmax(-1)).sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-12)


def test_a_head_longer_than_the_list_of_the_likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    teacher, student = (_logits(6, 500, seed, 0.5).log_softmax(-1) for seed in (11, 12))
    whole = divergence("adaptive_kl", mu=0.9)(teacher, student)
    module = importlib.import_module("lantern.distill.divergences.adaptive_kl")
    monkeypatch.setattr(module, "_LIKELIEST", 20)
    for mu in (0.02, 0.9):
        plain = plain_divergence("adaptive_kl", mu=mu)(teacher, student)
        torch.testing.assert_close(divergence("adaptive_kl", mu=mu)(teacher, student), plain)
    assert bool((whole > 0).all())


def test_the_student_is_left_as_it_was() -> None:
    teacher, student = (_logits(3, 30, seed).log_softmax(-1) for seed in (13, 14))
    for name in DIVERGENCES:
        given_student, given_teacher = student.clone(), teacher.clone()
        scratch = tuple(torch.full_like(student, torch.nan) for _ in range(3))
        values = _made(name).in_place(given_teacher, given_student, scratch)
        assert torch.equal(given_student, student), name
        assert bool(torch.isfinite(values).all()), name


def _weights(p: np.ndarray, q: np.ndarray) -> tuple[float, float]:
    forward, backward = _kl(p, q), _kl(q, p)
    share = (_adaptive(p, q) - backward) / (forward - backward)
    return share, 1 - share


@pytest.mark.parametrize("name", DIVERGENCES)
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4),
    st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4),
)
def test_extreme_logits_give_finite_values_and_gradients(
    name: str, of_teacher: list[float], of_student: list[float]
) -> None:
    teacher = torch.tensor([of_teacher], dtype=torch.float32)
    student = torch.tensor([of_student], dtype=torch.float32, requires_grad=True)
    value = _made(name)(teacher.log_softmax(-1), student.log_softmax(-1))
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(student.grad).all()
    assert float(value.detach()) >= -1e-5


@pytest.mark.parametrize("name", DIVERGENCES)
def test_agreement_is_zero_and_pulls_nowhere(name: str) -> None:
    teacher = _logits(4, 9, 5)
    student = teacher.clone().requires_grad_()
    value = _made(name)(teacher.log_softmax(-1), student.log_softmax(-1))
    value.sum().backward()
    assert float(value.detach().abs().max()) < 1e-12
    if name != "total_variation":  # which has a corner there
        assert float(student.grad.abs().max()) < 1e-12


@pytest.mark.parametrize("name", DIVERGENCES)
def test_ties_do_not_depend_on_anything_but_the_order_of_ids(name: str) -> None:
    teacher = torch.zeros(1, 6, dtype=torch.float64)
    student = _logits(1, 6, 6)
    found = _made(name)(teacher.log_softmax(-1), student.log_softmax(-1))
    p, q = teacher.softmax(-1).numpy()[0], student.softmax(-1).numpy()[0]
    assert float(found) == pytest.approx(REFERENCE[name](p, q), rel=1e-9)


def test_the_known_relations() -> None:
    teacher, student = _logits(8, 50, 7).log_softmax(-1), _logits(8, 50, 8).log_softmax(-1)
    half = divergence("jensen_shannon")(teacher, student)
    assert torch.allclose(half, divergence("jensen_shannon")(student, teacher))
    assert float(half.max()) <= np.log(2)
    tvd = divergence("total_variation")(teacher, student)
    bound = torch.sqrt(divergence("forward_kl")(teacher, student) / 2)  # Pinsker
    assert bool((tvd <= bound).all())
    teacher, student = (_logits(8, 50, seed, 1.0).log_softmax(-1) for seed in (7, 8))
    small = divergence("jensen_shannon", beta=1e-6)(teacher, student) / 1e-6
    assert torch.allclose(small, divergence("forward_kl")(teacher, student), rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "shares", "told"),
    [
        ("kullback", {}, "no divergence 'kullback'; there are forward_kl"),
        ("jensen_shannon", {"beta": 1.0}, "beta is 1.0"),
        ("skewed_kl", {"alpha": 0.0}, "alpha is 0.0"),
        ("adaptive_kl", {"mu": -1}, "mu is -1"),
    ],
)
def test_wrong_use(name: str, shares: dict[str, float], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        divergence(name, **shares)
