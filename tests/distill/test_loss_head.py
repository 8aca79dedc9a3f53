"""The objective, plain and chunked: the same values, the same gradients, less memory."""

from __future__ import annotations

import pytest
import torch

from lantern.distill import loss_head
from lantern.distill.divergences import DIVERGENCES, divergence
from lantern.distill.loss_head import chunked_explanation_loss
from lantern.distill.objective import IGNORED, Losses, Objective, explanation_loss
from lantern.distill.teacher_signal import FullLogits, LiveHead, TeacherSignal
from lantern.distill.topk_cache import decode_topk, encode_topk
from lantern.errors import SettingsError, TrainingError

TOKENS, VOCABULARY, PADDED, WIDTH, TEACHER_WIDTH = 23, 40, 48, 8, 12


class Case:
    def __init__(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)

        def made(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

        self.hidden, self.weight, self.bias = made(TOKENS, WIDTH), made(PADDED, WIDTH), made(PADDED)
        self.of_teacher, self.head = made(TOKENS, TEACHER_WIDTH), made(PADDED + 5, TEACHER_WIDTH)
        self.labels = torch.randint(VOCABULARY, (TOKENS,), generator=generator)
        self.labels[[0, 3, 4, TOKENS - 1]] = IGNORED

    @property
    def live(self) -> TeacherSignal:
        return LiveHead(self.of_teacher, self.head)

    @property
    def teacher_logits(self) -> torch.Tensor:
        return self.of_teacher @ self.head.T

    def leaves(self) -> list[torch.Tensor]:
        return [t.clone().requires_grad_() for t in (self.hidden, self.weight, self.bias)]


def _reference(case: Case, objective: Objective, count: int | None = None) -> tuple:  # type: ignore[type-arg]
    """Full logits, autograd, nothing else."""
    hidden, weight, bias = case.leaves()
    logits = (hidden @ weight.T + bias)[:, :VOCABULARY].to(torch.float64)
    teacher = case.teacher_logits[:, :VOCABULARY].to(torch.float64)
    total = torch.zeros((), dtype=torch.float64)
    for row, label in enumerate(case.labels.tolist()):
        if label == IGNORED:
            continue
        t = objective.temperature
        total = total - objective.sft_weight * logits[row].log_softmax(-1)[label]
        p, q = (teacher[row : row + 1] / t).log_softmax(-1), (logits[row : row + 1] / t)
        kd = objective.divergence(p, q.log_softmax(-1)).sum() * t**2
        total = total + objective.kd_weight * kd
    total = total / (count or int((case.labels != IGNORED).sum()))
    total.backward()
    return total.detach(), [hidden.grad, weight.grad, bias.grad]


def _chunked(case: Case, objective: Objective, **options) -> tuple[Losses, list]:  # type: ignore[no-untyped-def, type-arg]
    hidden, weight, bias = case.leaves()
    teacher = options.pop("teacher", case.live)
    losses = chunked_explanation_loss(
        hidden, weight, case.labels, teacher, objective, bias=bias, vocabulary=VOCABULARY, **options
    )
    losses.total.backward()
    return losses, [hidden.grad, weight.grad, bias.grad]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_the_chunked_head_is_the_plain_objective(name: str, temperature: float, chunk: int) -> None:
    case = Case()
    objective = Objective(divergence(name), 0.4, 1.3, temperature)
    expected, gradients = _reference(case, objective)
    losses, found = _chunked(case, objective, chunk_tokens=chunk)
    assert float(losses.total.detach()) == pytest.approx(float(expected), rel=1e-10)
    assert float(0.4 * losses.sft + 1.3 * losses.kd) == pytest.approx(float(expected), rel=1e-10)
    for ours, theirs in zip(found, gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)
    hidden, weight, bias = case.leaves()
    plain = explanation_loss(
        (hidden @ weight.T + bias)[:, :VOCABULARY], case.labels, case.live, objective
    )
    plain.total.backward()
    torch.testing.assert_close(hidden.grad, found[0], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 4e-2)])
def test_narrow_types_stay_near(dtype: torch.dtype, tolerance: float) -> None:
    case = Case(dtype)
    objective = Objective(divergence("total_variation"))
    expected, gradients = _reference(case, objective)
    losses, found = _chunked(case, objective, chunk_tokens=5)
    assert float(losses.total.detach()) == pytest.approx(float(expected), rel=tolerance)
    for ours, theirs in zip(found, gradients, strict=True):
        assert ours.dtype == dtype
        gap = (ours.double() - theirs.double()).norm() / theirs.double().norm()
        assert float(gap) < tolerance


def test_the_padding_of_the_head_and_masked_rows_get_no_gradient() -> None:
    case = Case()
    _, (hidden, weight, bias) = _chunked(case, Objective(divergence("forward_kl")))
    assert not weight[VOCABULARY:].any()
    assert not bias[VOCABULARY:].any()
    assert not hidden[case.labels == IGNORED].any()
    assert hidden[case.labels != IGNORED].any(dim=1).all()


def test_a_frozen_head_gets_none_and_a_tied_one_both_gradients() -> None:
    case, objective = Case(), Objective(divergence("skewed_kl"))
    hidden = case.hidden.clone().requires_grad_()
    frozen = case.weight.clone()
    chunked_explanation_loss(hidden, frozen, case.labels, case.live, objective).total.backward()
    assert frozen.grad is None
    assert hidden.grad is not None

    ids = torch.arange(TOKENS) % PADDED
    found = []
    for chunked in (True, False):
        table = case.weight.clone().requires_grad_()
        states = table[ids] * 1.5
        if chunked:
            losses = chunked_explanation_loss(
                states, table, case.labels, case.live, objective, chunk_tokens=4
            )
        else:
            losses = explanation_loss(states @ table.T, case.labels, case.live, objective)
        losses.total.backward()
        found.append(table.grad)
    torch.testing.assert_close(*found, rtol=1e-8, atol=1e-10)


def test_micro_batches_under_one_count_are_the_whole() -> None:
    case, objective = Case(), Objective(divergence("jensen_shannon"))
    count = int((case.labels != IGNORED).sum())
    _, whole = _chunked(case, objective)
    summed = torch.zeros_like(case.weight)
    for rows in (slice(0, 5), slice(5, 6), slice(6, TOKENS)):
        weight = case.weight.clone().requires_grad_()
        teacher = FullLogits(case.teacher_logits[rows])
        chunked_explanation_loss(
            case.hidden[rows], weight, case.labels[rows], teacher, objective,
            bias=case.bias, vocabulary=VOCABULARY, count=count,
        ).total.backward()  # fmt: skip
        summed += weight.grad
    torch.testing.assert_close(summed, whole[1], rtol=1e-8, atol=1e-10)


def test_nothing_to_learn_is_zero_not_nan() -> None:
    case = Case()
    case.labels[:] = IGNORED
    losses, gradients = _chunked(case, Objective(divergence("reverse_kl")))
    assert float(losses.total.detach()) == 0
    assert not any(gradient.any() for gradient in gradients)


def test_a_weight_of_zero_leaves_its_term_out() -> None:
    case = Case()
    losses, _ = _chunked(case, Objective(divergence("forward_kl"), kd_weight=0.0), teacher=None)
    assert float(losses.kd) == 0
    assert float(losses.total.detach()) == float(losses.sft) > 0


@pytest.mark.parametrize("name", DIVERGENCES)
def test_from_the_cache_as_from_the_coarser_distributions(name: str) -> None:
    case, objective = Case(), Objective(divergence(name), sft_weight=0.0)
    cached = decode_topk(encode_topk(case.teacher_logits[:, :VOCABULARY], k=6))
    losses, gradients = _chunked(case, objective, teacher=cached, chunk_tokens=4)
    hidden, weight, bias = case.leaves()
    q = (hidden @ weight.T + bias)[:, :VOCABULARY].softmax(-1)
    p = case.teacher_logits[:, :VOCABULARY].softmax(-1)
    ids = p.topk(6).indices
    p, q = (torch.cat([(t := x.gather(-1, ids)), 1 - t.sum(-1, keepdim=True)], -1) for x in (p, q))
    valid = case.labels != IGNORED
    expected = objective.divergence(p.log(), q.log())[valid].mean()
    expected.backward()
    assert float(losses.total.detach()) == pytest.approx(float(expected.detach()), rel=5e-3)
    gap = (gradients[0] - hidden.grad).norm() / hidden.grad.norm()
    assert float(gap) < 1e-2


def test_the_logits_never_exist_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    inner = loss_head.token_sums

    def watched(logits, *rest):  # type: ignore[no-untyped-def]
        sizes.append(logits.shape[0])
        return inner(logits, *rest)

    monkeypatch.setattr(loss_head, "token_sums", watched)
    _chunked(Case(), Objective(divergence("forward_kl")), chunk_tokens=4)
    assert max(sizes) == 4
    assert sum(sizes) == TOKENS - 4


@pytest.mark.parametrize(
    ("weights", "told"),
    [({"sft_weight": -1.0}, "at least 0"), ({"temperature": 0.0}, "above 0"),
     ({"sft_weight": 0.0, "kd_weight": 0.0}, "not both 0")],
)  # fmt: skip
def test_wrong_objectives(weights: dict[str, float], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Objective(divergence("forward_kl"), **weights)


def test_wrong_use() -> None:
    case, objective = Case(), Objective(divergence("forward_kl"))
    with pytest.raises(SettingsError, match="no teacher"):
        chunked_explanation_loss(case.hidden, case.weight, case.labels, None, objective)
    with pytest.raises(SettingsError, match="no teacher"):
        explanation_loss(case.hidden @ case.weight.T, case.labels, None, objective)
    small = FullLogits(case.teacher_logits[:, :10])
    with pytest.raises(TrainingError, match="vocabulary has 10 tokens, the student's 48"):
        chunked_explanation_loss(case.hidden, case.weight, case.labels, small, objective)
