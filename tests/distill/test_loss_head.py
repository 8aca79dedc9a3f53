"""The objective, plain and chunked: the same values, the same gradients, less memory."""

from __future__ import annotations

import pytest
import torch

from lantern.distill import loss_head
from lantern.distill.buffers import Buffers
from lantern.distill.divergences import DIVERGENCES, divergence
from lantern.distill.loss_head import chunked_explanation_loss
from lantern.distill.objective import IGNORED, Losses, Objective, explanation_loss
from lantern.distill.teacher_signal import FullLogits, LiveHead, TeacherSignal, TopK
from lantern.distill.topk_cache import decode_topk, encode_topk
from lantern.errors import SettingsError, TrainingError
from tests.distill.plain_divergences import plain_divergence

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


def _reference(
    case: Case, objective: Objective, name: str, count: int | None = None, keep: int | None = None
) -> tuple:  # type: ignore[type-arg]
    """Full logits (or the events of the teacher's ``keep`` likeliest), autograd, nothing else."""
    plain = plain_divergence(name)
    hidden, weight, bias = case.leaves()
    logits = (hidden @ weight.T + bias)[:, :VOCABULARY].to(torch.float64)
    teacher = case.teacher_logits[:, :VOCABULARY].to(torch.float64)
    total = torch.zeros((), dtype=torch.float64)
    for row, label in enumerate(case.labels.tolist()):
        if label == IGNORED:
            continue
        t = objective.temperature
        total = total - objective.sft_weight * logits[row].log_softmax(-1)[label]
        p, q = ((x[row : row + 1] / t).softmax(-1) for x in (teacher, logits))
        if keep:
            ids = teacher[row : row + 1].topk(keep).indices
            p, q = (
                torch.cat([(k := x.gather(-1, ids)), 1 - k.sum(-1, keepdim=True)], -1)
                for x in (p, q)
            )
        total = total + objective.kd_weight * plain(p.log(), q.log()).sum() * t**2
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
    expected, gradients = _reference(case, objective, name)
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


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float32, 1e-5), (torch.bfloat16, 3e-2), (torch.float16, 4e-3)],
    ids=str,
)
@pytest.mark.parametrize("chunk", [5, 100])
def test_narrow_types_stay_near(
    name: str, dtype: torch.dtype, tolerance: float, chunk: int
) -> None:
    case = Case(dtype)
    objective = Objective(divergence(name), 0.5, 1.0, 1.5)
    expected, gradients = _reference(case, objective, name)
    losses, found = _chunked(case, objective, chunk_tokens=chunk)
    assert losses.total.dtype == torch.float32
    assert float(losses.total.detach()) == pytest.approx(float(expected), rel=tolerance)
    for ours, theirs in zip(found, gradients, strict=True):
        assert ours.dtype == dtype
        gap = (ours.double() - theirs.double()).norm() / theirs.double().norm()
        assert float(gap) < tolerance


def test_many_chunks_of_bfloat16_do_not_drift() -> None:
    """Summed in bfloat16, most of a thousand small parts would be lost."""
    rows = 1000
    hidden, weight = torch.ones(rows, 1), torch.tensor([[0.0], [0.0]])
    labels = torch.zeros(rows, dtype=torch.long)
    objective = Objective(divergence("forward_kl"), kd_weight=0.0)
    leaf = weight.bfloat16().requires_grad_()
    chunked_explanation_loss(
        hidden.bfloat16(), leaf, labels, None, objective, chunk_tokens=1
    ).total.backward()
    assert leaf.grad.tolist() == [[-0.5], [0.5]]


def test_small_gradients_of_float16_are_not_lost_before_the_scale() -> None:
    case = Case(torch.float16)
    hidden = case.hidden.clone().requires_grad_()
    count = 10**7
    losses = chunked_explanation_loss(
        hidden, case.weight, case.labels, case.live, Objective(divergence("forward_kl")),
        count=count,
    )  # fmt: skip
    (losses.total * 2.0**16).backward()
    assert int((hidden.grad != 0).any(dim=1).sum()) == int((case.labels != IGNORED).sum())


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("source", ["live", "full", "cache"])
@pytest.mark.parametrize(("sft", "kd"), [(0.0, 1.0), (0.7, 0.3)])
def test_logits_far_apart_and_rows_worked_on_one_by_one(
    name: str, source: str, sft: float, kd: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(loss_head.BLOCK_BYTES, "cpu", 1)
    case = Case()
    case.hidden *= 12
    case.of_teacher *= 4
    objective = Objective(divergence(name), sft, kd)
    keep = 4 if source == "cache" else None
    teacher = {"live": case.live, "full": FullLogits(case.teacher_logits)}.get(source)
    if teacher is None:
        p = case.teacher_logits[:, :VOCABULARY].softmax(-1)
        top = p.topk(4)
        teacher = TopK(top.indices, top.values.log(), (1 - top.values.sum(-1)).log())
    expected, gradients = _reference(case, objective, name, keep=keep)
    losses, found = _chunked(case, objective, chunk_tokens=6, teacher=teacher)
    # A cache is read in float32.
    tolerance = 1e-4 if keep else 1e-8
    assert float(losses.total.detach()) == pytest.approx(float(expected), rel=tolerance)
    for ours, theirs in zip(found, gradients, strict=True):
        assert float((ours - theirs).norm()) <= tolerance * float(theirs.norm())


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("source", ["live", "cache"])
@pytest.mark.parametrize("size", [30.0, 1e4])
def test_extreme_logits_give_finite_losses_and_gradients(
    name: str, source: str, size: float
) -> None:
    case = Case(torch.float32)
    case.hidden *= size
    case.of_teacher *= size
    teacher: TeacherSignal = case.live
    if source == "cache":
        teacher = decode_topk(encode_topk(case.teacher_logits[:, :VOCABULARY], k=6))
    losses, gradients = _chunked(case, Objective(divergence(name)), teacher=teacher)
    assert bool(torch.isfinite(losses.total))
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


def test_the_gradient_is_that_of_finite_differences() -> None:
    case, objective = Case(), Objective(divergence("jensen_shannon"), 0.6, 1.1, 1.7)
    _, gradients = _chunked(case, objective, chunk_tokens=3)
    step = 1e-6
    for tensor, gradient, spot in (
        (case.hidden, gradients[0], (1, 2)),
        (case.weight, gradients[1], (17, 5)),
        (case.bias, gradients[2], (9,)),
    ):
        values = []
        for sign in (1, -2):
            tensor[spot] += sign * step
            values.append(float(_chunked(case, objective)[0].total.detach()))
        tensor[spot] += step
        difference = (values[0] - values[1]) / (2 * step)
        assert float(gradient[spot]) == pytest.approx(difference, rel=1e-6, abs=1e-9)


def test_without_gradients_none_are_computed() -> None:
    case, objective = Case(), Objective(divergence("forward_kl"))
    hidden, weight, bias = case.leaves()
    with torch.no_grad():
        losses = chunked_explanation_loss(
            hidden, weight, case.labels, case.live, objective, bias=bias, vocabulary=VOCABULARY
        )
    expected, _ = _chunked(case, objective)
    assert not losses.total.requires_grad
    assert float(losses.total) == pytest.approx(float(expected.total.detach()))


def test_the_size_of_a_chunk() -> None:
    assert loss_head.chunk_rows(896, 151_936, "cpu") == 64
    assert loss_head.chunk_rows(896, 151_936, "cuda") == 448
    # A small head is not cut into crumbs.
    assert loss_head.chunk_rows(64, 2000, "cpu") > 1000


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
    expected = plain_divergence(name)(p.log(), q.log())[valid].mean()
    expected.backward()
    assert float(losses.total.detach()) == pytest.approx(float(expected.detach()), rel=5e-3)
    gap = (gradients[0] - hidden.grad).norm() / hidden.grad.norm()
    assert float(gap) < 1e-2


def test_the_logits_never_exist_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[tuple[int, ...]] = []
    inner = Buffers.take

    def watched(self, name, shape, dtype):  # type: ignore[no-untyped-def]
        shapes.append(shape)
        return inner(self, name, shape, dtype)

    monkeypatch.setattr(Buffers, "take", watched)
    _chunked(Case(), Objective(divergence("forward_kl")), chunk_tokens=4)
    assert max(rows for rows, _ in shapes) == 4
    assert min(rows for rows, _ in shapes) == 3  # 19 valid rows


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
