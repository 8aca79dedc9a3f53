from __future__ import annotations

import torch

from lantern.documents.lexicon import lexicon
from lantern.inference.unit_names import MOST_NAMES, NO_NAME, RELATED, SAME, names_of, nearness


def test_aliases_have_one_number_and_other_skills_another() -> None:
    assert names_of("Kubernetes") == names_of("ran k8s")
    assert names_of("Python") != names_of("Kubernetes")
    assert names_of("a text about nothing") == ()
    assert NO_NAME not in names_of("Python, Kubernetes and a registered nurse")


def test_no_more_than_the_head_reads() -> None:
    text = ", ".join(sorted(lexicon().skills)[:40])
    assert len(names_of(text)) == MOST_NAMES


def test_nearness_says_what_the_lexicon_says() -> None:
    table, words = nearness(), lexicon()
    assert torch.equal(table, table.T)
    assert float(table[NO_NAME].abs().max()) == 0.0
    assert set(table.unique().tolist()) == {0.0, RELATED, SAME}
    assert torch.equal(table == SAME, torch.eye(len(table)) * (table != 0) == 1)
    for name in ("Python", "Kubernetes"):
        (one,) = names_of(name)
        related = {number for other in words.skills[name].related for number in names_of(other)}
        for other in related:
            assert float(table[one, other]) == RELATED
    (nurse,) = names_of("Registered Nurse")[-1:]
    usual = words.occupations["registered nurse"].skills[0]
    assert float(table[nurse, names_of(usual)[0]]) == RELATED
    (cook,) = names_of("Python")
    assert float(table[nurse, cook]) == 0.0
