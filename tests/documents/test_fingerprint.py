"""Fingerprints are stable across processes and tell parts apart."""

from __future__ import annotations

import subprocess
import sys

from lantern.documents.fingerprint import fingerprint


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "from lantern.documents.fingerprint import fingerprint; print(fingerprint('1', 'é', 'b'))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": ":".join(sys.path)},
    )
    assert other.stdout.strip() == fingerprint("1", "é", "b")


def test_version_and_every_part_count() -> None:
    prints = {
        fingerprint("1", "ab", "c"),
        fingerprint("1", "a", "bc"),
        fingerprint("1", "abc"),
        fingerprint("2", "ab", "c"),
        fingerprint("1", "ab", "c", ""),
    }
    assert len(prints) == 5


def test_lone_surrogates_do_not_raise() -> None:
    assert len(fingerprint("1", "\ud800")) == 64
