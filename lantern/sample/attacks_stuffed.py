"""Attacks with the posting's own words: stuffed keywords, and the job description copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lantern.sample.attacks_wording import asked_lines
from lantern.sample.seeding import stream

_Apply = Callable[[str, str, int], str]
_MAX_COPIED: Final = 4_000


def _list(profile: str, posting: str, seed: int) -> str:
    return f"{profile}\nSkills: {', '.join(asked_lines(posting))}"


def _list_first(profile: str, posting: str, seed: int) -> str:
    return f"Skills: {', '.join(asked_lines(posting))}\n{profile}"


def _repeated(profile: str, posting: str, seed: int) -> str:
    words = asked_lines(posting)
    return f"{profile}\n" + " ".join(" ".join(words) for _ in range(8))


def _shuffled(profile: str, posting: str, seed: int) -> str:
    words = " ".join(asked_lines(posting)).split() * 3
    stream(seed, "stuffed-shuffled", 0).shuffle(words)
    return f"{profile}\nKeywords: {' '.join(words)}"


def _between(profile: str, posting: str, seed: int) -> str:
    words = asked_lines(posting) or [""]
    lines = profile.split("\n")
    return "\n".join(f"{line} {words[at % len(words)]}" for at, line in enumerate(lines))


def _negated(profile: str, posting: str, seed: int) -> str:
    """Words that are there, said of somebody else or denied: no evidence for anybody."""
    words = ", ".join(asked_lines(posting))
    return f"{profile}\nI have no experience with {words}. My brother knows all of these."


def _wished(profile: str, posting: str, seed: int) -> str:
    words = ", ".join(asked_lines(posting))
    return f"{profile}\nI would like to learn about the following: {words}."


def _copied(profile: str, posting: str, seed: int) -> str:
    return f"{profile}\n{posting[:_MAX_COPIED]}"


def _copied_first(profile: str, posting: str, seed: int) -> str:
    return f"{posting[:_MAX_COPIED]}\n{profile}"


def _job_sought(profile: str, posting: str, seed: int) -> str:
    return f"{profile}\nPosition applied for:\n{posting[:_MAX_COPIED]}\nEnd of the posting."


def _bullets(profile: str, posting: str, seed: int) -> str:
    lines = "\n".join(f"• {line}" for line in asked_lines(posting))
    return f"{profile}\nWhat you look for:\n{lines}"


STUFFED_ATTACKS: Final[Mapping[str, Mapping[str, tuple[str | None, _Apply]]]] = {
    "keyword stuffing": {
        "a list of what is asked": ("a list of own skills", _list),
        "a list before everything": ("a list of own skills", _list_first),
        "eight times in a row": (None, _repeated),
        "words in disorder": (None, _shuffled),
        "a phrase behind each line": (None, _between),
        "what the member denies": ("wishes to learn other things", _negated),
        "what the member wishes to learn": ("wishes to learn other things", _wished),
    },
    "copied posting": {
        "behind the profile": ("about other postings", _copied),
        "before the profile": ("about other postings", _copied_first),
        "as the job that is sought": ("about other postings", _job_sought),
        "as bullets": (None, _bullets),
    },
}
