"""A byte-pair tokenizer cut to the tokens of some texts: equal on these, whole on any other.

Cut is what ``tokenizer.json`` holds. Kept are the tokens that the texts use, all that those are
merged from, every byte, and every added token; ids are numbered anew in their old order.

*Equal on the texts.* A merge that was applied to a text made a part of a token that was kept, so it
is kept, in its old order; every other merge that is kept was there before and not applied, because
another one came first - and still does. So the same merges are applied.

*Whole on other texts.* Each character is a byte's sign or falls back to bytes, and all of those
are kept. Such a text may take more tokens than before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tokenizers import Tokenizer, pre_tokenizers

from lantern.errors import ModelError

_AT_ONCE: Final = 512
_BYTES: Final = tuple(f"<0x{value:02X}>" for value in range(256))


@dataclass(frozen=True, slots=True)
class TokenizerSubset:
    """A cut tokenizer.

    Attributes:
        content: of its ``tokenizer.json``.
        kept: old id of each new id, ascending.
    """

    content: str
    kept: tuple[int, ...]

    @property
    def new_ids(self) -> dict[int, int]:
        """Old id -> new id."""
        return {old: new for new, old in enumerate(self.kept)}


def subset(content: str, used: Iterable[int], name: str) -> TokenizerSubset:
    """Cut a tokenizer to some of its tokens.

    Args:
        content: of ``tokenizer.json``.
        used: ids that must stay.
        name: of the model, for messages.

    Raises:
        ModelError: it is no byte-pair tokenizer that can write every text; says why.
    """
    spec: dict[str, Any] = json.loads(content)
    model = spec["model"]
    alphabet = _alphabet(spec, name)
    vocabulary: dict[str, int] = model["vocab"]
    merges = [_pair(merge) for merge in model["merges"]]
    added = {token["content"]: int(token["id"]) for token in spec.get("added_tokens") or ()}
    tokens = {number: token for token, number in (vocabulary | added).items()}
    wanted = {number for number in used if number in tokens}
    wanted |= set(added.values()) | _named_ids(spec.get("post_processor"), name)
    unknown = model.get("unk_token")
    plain = {tokens[number] for number in wanted if tokens[number] in vocabulary}
    plain |= alphabet | ({unknown} if unknown is not None else set())
    closed = _with_parts(plain, merges, vocabulary)
    ids = sorted({vocabulary[token] for token in closed} | set(added.values()))
    new = {old: number for number, old in enumerate(ids)}
    model["vocab"] = {
        token: new[number]
        for token, number in sorted(vocabulary.items(), key=lambda item: item[1])
        if number in new
    }
    model["merges"] = [list(pair) for pair in merges if {pair[0], pair[1], "".join(pair)} <= closed]
    for token in spec.get("added_tokens") or ():
        token["id"] = new[int(token["id"])]
    _renumber(spec.get("post_processor"), new)
    return TokenizerSubset(json.dumps(spec, ensure_ascii=False), tuple(ids))


def _alphabet(spec: dict[str, Any], name: str) -> set[str]:
    """The tokens that write any byte; raises ModelError where there are none."""
    model = spec["model"]
    refusal = f"the tokenizer of {name!r} cannot be trimmed: "
    if model.get("type") != "BPE":
        raise ModelError(f"{refusal}it is of kind {model.get('type')}, only BPE is supported")
    for key in ("continuing_subword_prefix", "end_of_word_suffix", "dropout"):
        if model.get(key):
            raise ModelError(f"{refusal}its BPE has {key}, which is not supported")
    vocabulary = model["vocab"]
    by_sign = "ByteLevel" in _kinds(spec.get("pre_tokenizer")) | _kinds(spec.get("normalizer"))
    if by_sign:
        alphabet = set(pre_tokenizers.ByteLevel.alphabet())
    elif model.get("byte_fallback"):
        alphabet = set(_BYTES)
    else:
        raise ModelError(f"{refusal}it knows no bytes, so a text it has not seen would be lost")
    missing = alphabet - vocabulary.keys()
    if missing:
        raise ModelError(f"{refusal}its vocabulary lacks {len(missing)} of 256 bytes")
    return alphabet


def _kinds(part: dict[str, Any] | None) -> set[str]:
    """Types of a part of a tokenizer and of what it consists of."""
    if not part:
        return set()
    inner = [*part.get("pretokenizers", ()), *part.get("normalizers", ())]
    inner += part.get("processors", ())
    return {str(part["type"])}.union(*(_kinds(one) for one in inner))


def _pair(merge: str | list[str]) -> tuple[str, str]:
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first, second


def _with_parts(
    tokens: set[str], merges: list[tuple[str, str]], vocabulary: dict[str, int]
) -> set[str]:
    """The tokens and all that they are merged from; a token that no merges make stays alone."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    closed = set(tokens)
    for token in tokens:
        symbols = list(token)
        while len(symbols) > 1:
            best = min(pairwise(symbols), key=lambda pair: ranks.get(pair, len(ranks)))
            if best not in ranks:
                break
            symbols = _merged(symbols, best)
            closed |= {*best, "".join(best)}
    return {token for token in closed if token in vocabulary}


def _merged(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    place = 0
    while place < len(symbols):
        if tuple(symbols[place : place + 2]) == pair:
            merged.append("".join(pair))
            place += 2
        else:
            merged.append(symbols[place])
            place += 1
    return merged


def _named_ids(processor: dict[str, Any] | None, name: str) -> set[int]:
    """Ids that the post-processor puts in."""
    if not processor:
        return set()
    if processor["type"] == "Sequence":
        return set().union(*(_named_ids(part, name) for part in processor["processors"]))
    if processor["type"] == "ByteLevel":
        return set()
    if processor["type"] == "TemplateProcessing":
        return {
            int(number) for token in processor["special_tokens"].values() for number in token["ids"]
        }
    raise ModelError(
        f"the tokenizer of {name!r} cannot be trimmed: its post-processor "
        f"{processor['type']} is not supported"
    )


def _renumber(processor: dict[str, Any] | None, new: dict[int, int]) -> None:
    if not processor:
        return
    for part in processor.get("processors", ()):
        _renumber(part, new)
    for token in processor.get("special_tokens", {}).values():
        token["ids"] = [new[int(number)] for number in token["ids"]]


def check_subset(original: Tokenizer, cut: TokenizerSubset, texts: Sequence[str]) -> None:
    """Make sure that texts become the same tokens.

    Raises:
        ModelError: if one does not; the message names its place, not the text.
    """
    trimmed, new = Tokenizer.from_str(cut.content), cut.new_ids
    for start in range(0, len(texts), _AT_ONCE):
        some = list(texts[start : start + _AT_ONCE])
        before = original.encode_batch(some, add_special_tokens=False)
        after = trimmed.encode_batch(some, add_special_tokens=False)
        for place, (old, cut_text) in enumerate(zip(before, after, strict=True), start=start):
            if [new.get(number) for number in old.ids] != cut_text.ids:
                raise ModelError(f"the trimmed tokenizer cuts text {place} in another way")
