from __future__ import annotations

import numpy as np
import pytest

from lantern.evaluate.text_metrics import ROUGE_TYPES, rouge_figures, rouge_scores

pytest.importorskip("rouge_score", reason="rouge-score counts the words")


def f_of(overlap: int, reference: int, text: int) -> float:
    precision, recall = overlap / text, overlap / reference
    return 2 * precision * recall / (precision + recall)


def test_by_hand() -> None:
    reference = "you are a high fit\nmet python"
    text = "you are a low fit\nmet java and python"
    scores = dict(zip(ROUGE_TYPES, rouge_scores([text], [reference])[0], strict=True))
    assert scores["rouge1"] == pytest.approx(f_of(6, 7, 9))
    assert scores["rouge2"] == pytest.approx(f_of(3, 6, 8))  # you are, are a, fit met
    assert scores["rougeL"] == pytest.approx(f_of(6, 7, 9))
    assert scores["rougeLsum"] == pytest.approx(f_of(6, 7, 9))


def test_lines_in_another_order_keep_rouge_lsum() -> None:
    scores = rouge_scores(["b one\na two"], ["a two\nb one"])[0]
    assert scores[ROUGE_TYPES.index("rougeLsum")] == pytest.approx(1.0)
    assert scores[ROUGE_TYPES.index("rougeL")] < 1


def test_it_equals_the_librarys_own_aggregate() -> None:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.scoring import BootstrapAggregator

    random = np.random.default_rng(0)
    words = np.array("met python java led a team of ten nurses with care for years".split())  # noqa: SIM905
    texts = [" ".join(random.choice(words, 12)) for _ in range(60)]
    references = [" ".join(random.choice(words, 12)) for _ in range(60)]
    found = rouge_figures(texts, references, range(60), seed=1)
    aggregator = BootstrapAggregator(n_samples=1000)
    scorer = RougeScorer(["rouge1", "rougeL"])
    for text, reference in zip(texts, references, strict=True):
        aggregator.add_scores(scorer.score(reference, text))
    np.random.seed(0)
    for name, theirs in aggregator.aggregate().items():
        assert found[name].low == pytest.approx(theirs.low.fmeasure, abs=0.01)
        assert found[name].high == pytest.approx(theirs.high.fmeasure, abs=0.01)


def test_the_form_alone_already_scores() -> None:
    form = "You are a Low fit for this job.\nRequirements:\n- {} [not shown]\nSummary: {}"
    texts = [form.format(word, word) for word in ("python", "nursing", "driving")]
    figures = rouge_figures(texts, texts, ["a", "b", "c"])
    assert figures["rougeL"].estimate == 1.0
    assert 0.7 < figures["rougeL_floor"].estimate < 1.0


def test_an_empty_text_scores_nothing_and_lengths_must_agree() -> None:
    assert not rouge_scores([""], ["you are"]).any()
    with pytest.raises(ValueError, match="argument 2 is longer"):
        rouge_scores(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="no rows"):
        rouge_figures([], [], [])
