"""What is refused, with which reason, and that the reason never holds the text."""

from __future__ import annotations

import pytest

from lantern.documents.unusable import (
    UnusableDocument,
    UnusableReason,
    refuse_binary,
    refuse_few_letters,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", UnusableReason.EMPTY),
        ("🙂🎉 👍", UnusableReason.NO_LETTERS),
        ("1234 5678", UnusableReason.NO_LETTERS),
        ("Bob 123", UnusableReason.TOO_FEW_LETTERS),
    ],
)
def test_too_few_letters(text: str, reason: UnusableReason) -> None:
    with pytest.raises(UnusableDocument) as caught:
        refuse_few_letters(text, 20)
    assert caught.value.reason is reason
    assert "Bob" not in str(caught.value)


@pytest.mark.parametrize("text", ["a" * 20, "مهندس برمجيات خبير جدا", "工程师" * 7])
def test_letters_of_any_script_count(text: str) -> None:
    refuse_few_letters(text, 15)


@pytest.mark.parametrize(
    "raw",
    [
        "%PDF-1.7 some text",
        "PK\x03\x04 word/document.xml",
        "\x00\x01\x02\x03abc\x04\x05\x06" * 9,
        bytes(range(256)).decode("utf-8", "replace") * 3,
    ],
)
def test_binary_content(raw: str) -> None:
    with pytest.raises(UnusableDocument, match="binary content"):
        refuse_binary(raw)


def test_a_few_faults_are_not_binary() -> None:
    refuse_binary("Engineer \ufffd with \x07 some faults " + "and plain text " * 20)
