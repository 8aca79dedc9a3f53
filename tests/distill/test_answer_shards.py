"""Shards to examples to ids on disk: streamed, whole, and never of the test split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lantern.distill.answer_examples import AnswerExample, Cuts, encode_examples
from lantern.distill.answer_shards import read_shards
from lantern.distill.encoded_answers import EncodedAnswer, EncodedAnswers, write_encoded
from lantern.distill.topk_cache import TopKColumns
from lantern.errors import TrainingError
from lantern.inference.prompt_ids import PromptEncoder
from tests.distill.tiny_decoders import SKILLS, answer_examples, short_examples, tiny_tokenizer


def _row(number: int, **over: Any) -> dict[str, Any]:
    requirement = {
        "kind": "skill",
        "importance": "must_have",
        "text": SKILLS[number % len(SKILLS)],
        "skills": ["python"],
        "any_of": False,
        "years": 2.5,
        "degree": None,
    }
    return {
        "split": "train",
        "title": f"clerk {number}",
        "requirements": [requirement],
        "model_text": "knows python",
        "explanation": "You are a High fit for this job.",
        "token_ids": [4, 5, 2],
        "top_k": 2,
        "top_ids": [4, 5, 5, 6, 2, 3],
        "top_logprobs": [1, 2, 3, 4, 5, 6],
        "tail_logprobs": [7, 8, 9],
    } | over


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    place = folder / "train"
    place.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), place / name)


def test_rows_come_in_the_order_of_their_shards(tmp_path: Path) -> None:
    _write(tmp_path, "part-00001.parquet", [_row(2), _row(3)])
    _write(tmp_path, "part-00000.parquet", [_row(0), _row(1)])
    examples = list(read_shards(tmp_path, "train", cached=True))
    assert [example.title for example in examples] == [f"clerk {i}" for i in range(4)]
    first = examples[0]
    assert first.requirements[0].text == SKILLS[0]
    assert first.requirements[0].years == 2.5
    assert first.token_ids == (4, 5, 2)
    assert first.signal is not None
    assert first.signal.tail.tolist() == [7, 8, 9]
    assert next(read_shards(tmp_path, "train", cached=False)).signal is None


def test_a_row_of_the_test_split_stops_the_reading(tmp_path: Path) -> None:
    _write(tmp_path, "a.parquet", [_row(0), _row(1, split="test"), _row(2)])
    with pytest.raises(TrainingError, match="row 1 of the train shards is of the test split"):
        list(read_shards(tmp_path, "train", cached=False))


def test_the_test_split_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not from test"):
        list(read_shards(tmp_path, "test", cached=False))


def test_absent_shards_and_absent_caches_are_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no shards of the train split"):
        list(read_shards(tmp_path, "train", cached=False))
    row = {key: value for key, value in _row(0).items() if not key.startswith(("top", "tail"))}
    _write(tmp_path, "a.parquet", [row])
    with pytest.raises(TrainingError, match="no tail_logprobs, top_ids"):
        list(read_shards(tmp_path, "train", cached=True))


def _encoder(context: int = 400) -> PromptEncoder:
    return PromptEncoder(tiny_tokenizer(), context, "tiny")


def test_an_example_is_its_prompt_and_its_answer_with_an_end() -> None:
    encoder = _encoder()
    (example,) = answer_examples(1)
    (encoded,) = encode_examples([example], encoder, split="train")
    prompt = encoder.encode(
        title=example.title,
        requirements=example.requirements,
        profile=example.profile,
        answer_tokens=len(encoded.answer),
    )
    assert encoded.prompt.tolist() == prompt.ids
    assert encoded.answer.tolist() == encoder.answer_ids(example.explanation)
    assert encoded.answer[-1] == encoder.tokenizer.eos_token_id


def test_requirements_that_do_not_fit_name_their_row_and_no_text() -> None:
    examples = answer_examples(3)
    long = AnswerExample("clerk", examples[0].requirements * 150, "knows sql", "You are")
    with pytest.raises(TrainingError, match="row 2 of the train split") as caught:
        list(encode_examples([*examples[:2], long], _encoder(), split="train"))
    assert "sql" not in str(caught.value)
    assert "requirements are never cut" in str(caught.value)


def test_only_profiles_are_cut_and_cuts_are_counted() -> None:
    (example,) = answer_examples(1)
    wordy = AnswerExample("clerk", example.requirements, "knows sql , " * 200, example.explanation)
    cuts = Cuts()
    first, second = encode_examples([example, wordy], _encoder(), split="train", cuts=cuts)
    assert len(first.ids) < len(second.ids) == 400
    assert cuts.rows == 1
    assert cuts.tokens > 0
    assert second.answer.tolist() == first.answer.tolist()


def test_a_cache_of_another_length_than_its_answer_is_refused() -> None:
    (example,) = answer_examples(1)
    none = np.zeros(0, dtype=np.int16)
    signal = TopKColumns(2, none.astype(np.int32), none, none)
    broken = AnswerExample("clerk", example.requirements, "", "", (4, 2), signal)
    with pytest.raises(TrainingError, match="0 positions, the answer 2 tokens"):
        list(encode_examples([broken], _encoder(), split="train"))


def test_a_file_of_ids_is_read_back_and_appears_only_when_whole(tmp_path: Path) -> None:
    rows = list(short_examples(1300, 100))  # several record batches
    signal = TopKColumns(
        1, np.arange(2, dtype=np.int32), np.ones(2, dtype=np.int16), np.ones(2, dtype=np.int16)
    )
    rows.append(EncodedAnswer(99, np.array([3, 4, 2], dtype=np.int32), 1, signal))
    path = tmp_path / "x" / "train.arrow"

    def dying() -> Any:
        yield rows[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_encoded(dying(), path)
    assert not path.exists()
    assert write_encoded(rows, path) == len(rows)
    opened = EncodedAnswers.open(path)
    assert len(opened) == len(rows)
    for index in (0, 511, 512, 1023, 1299, -1):
        found, wanted = opened[index], rows[index]
        assert found.ids.tolist() == wanted.ids.tolist()
        assert (found.row, found.prompt_tokens) == (wanted.row, wanted.prompt_tokens)
    last = opened[-1].signal
    assert last is not None
    assert last.ids.tolist() == [0, 1]
    assert not opened.has_signal
    assert opened.lengths.tolist() == [len(row.ids) for row in rows]
    assert opened.answer_lengths.tolist() == [len(row.answer) for row in rows]


def test_examples_are_chosen_at_even_distances(tmp_path: Path) -> None:
    path = tmp_path / "validation.arrow"
    rows = list(short_examples(1300, 100))
    write_encoded(rows, path)
    opened = EncodedAnswers.open(path)
    chosen = opened.spread(5)
    assert [example.ids.tolist() for example in chosen] == [
        rows[number].ids.tolist() for number in (0, 260, 520, 780, 1040)
    ]
    assert chosen.lengths.tolist() == [len(example.ids) for example in chosen]
    assert opened.spread(1300) is opened
    assert len(EncodedAnswers.of([]).spread(3)) == 0
