"""``python -m benchmarks.redaction [--real FILE.csv]``: what redaction finds, loses and costs.

Personal data of many shapes (``lantern/sample/personal_data.py``) is planted into profiles of the
sample, and into those of a CSV file that is named. An item is found only if every letter and digit
of it is covered; of an address, its street with the house number and every digit. The other figure
is what went without being planted: words of profiles, and phrases that only look personal.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lantern.documents.lexicon import lexicon
from lantern.documents.profile import RawProfile, build_profile
from lantern.documents.redaction import RedactionError, Redactor
from lantern.documents.redaction_kinds import Found
from lantern.sample.marketplace import member
from lantern.sample.personal_data import SHAPES, Named, lookalikes, plant
from lantern.sample.seeding import stream

RESULT = Path(__file__).with_name("results") / "redaction.json"
_WORD = re.compile(r"\w+")


class Profile(NamedTuple):
    """A text without planted data, and whose it is."""

    text: str
    who: Named


class Item(NamedTuple):
    """A planted item within a text."""

    shape: str
    start: int
    end: int


def sample_profiles(seed: int, count: int) -> Iterator[Profile]:
    """Profiles of the sample as the table ``members`` has them."""
    for index in range(count):
        row = member(seed, index)
        given, family = row["name"].split(" ", 1)
        about = "\n".join([row["about"], *(place["description"] for place in row["positions"])])
        raw = RawProfile(None, about, row["headline"], row["name"], tuple(row["skills"]))
        yield Profile(
            build_profile(raw, max_chars=20_000, min_letters=1).text, Named(given, family)
        )


def real_profiles(path: Path, column: str, seed: int) -> Iterator[Profile]:
    """Profiles of a CSV file, each under a name of the sample."""
    with path.open(encoding="utf-8", newline="") as lines:
        for index, row in enumerate(csv.DictReader(lines)):
            given, family = member(seed, index)["name"].split(" ", 1)
            raw = RawProfile(None, row[column])
            text = build_profile(raw, max_chars=20_000, min_letters=1).text
            yield Profile(text, Named(given, family))


def planted(
    profile: Profile, seed: int, index: int, shapes: Sequence[str]
) -> tuple[str, list[Item]]:
    """The profile with an item of each shape: on lines of their own, or behind a sentence."""
    rng = stream(seed, "places", index)
    pieces = re.split(r"(?<=[.\n])(?=\s|\w)", profile.text)
    text, items = "", []
    places = sorted(int(rng.random() * (len(pieces) + 1)) for _ in shapes)
    for number in range(len(pieces) + 1):
        for place, shape in zip(places, shapes, strict=True):
            if place == number:
                item = plant(seed, index, shape, profile.who)
                text += "\n" if rng.random() < 0.5 or not text else " "
                items.append(Item(shape, len(text) + item.start, len(text) + item.end))
                text += item.text + ("\n" if rng.random() < 0.5 else " ")
        text += pieces[number] if number < len(pieces) else ""
    return text, items


def is_found(text: str, item: Item, found: Sequence[Found]) -> bool:
    """Whether nothing of the item is left that tells it."""
    left = set(range(item.start, item.end))
    for start, end, _ in found:
        left -= set(range(start, end))
    if item.shape.startswith("address"):
        street = min(
            (at for at in range(item.start, item.end) if text[at] in ",\n"), default=item.end
        )
        return not any(text[at].isdigit() or (at < street and text[at].isalnum()) for at in left)
    return not any(text[at].isalnum() for at in left)


def measured(profiles: Sequence[Profile], seed: int, per_profile: int) -> dict[str, Any]:
    """Recall by shape, what else went, and the time a profile."""
    redactor = Redactor()
    redactor.redact("warm up")
    order = list(SHAPES)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    missed: list[tuple[str, str]] = []
    lost: Counter[str] = Counter()
    words = lost_words = skills = lost_skills = 0
    refused: Counter[str] = Counter()
    milliseconds, clean = [], []
    for index, profile in enumerate(profiles):
        shapes = [order[(index * per_profile + n) % len(order)] for n in range(per_profile)]
        text, items = planted(profile, seed, index, shapes)
        names = [profile.who.full]
        found = redactor.find(text, names=names)
        for item in items:
            hit = is_found(text, item, found)
            counts[item.shape]["found" if hit else "missed"] += 1
            if not hit:
                missed.append((item.shape, text[max(0, item.start - 20) : item.end + 10]))
        started = time.process_time()
        try:
            redactor.redact(text, names=names)
        except RedactionError as error:
            refused[str(error)] += 1
        milliseconds.append(1e3 * (time.process_time() - started))
        started = time.process_time()
        bare = redactor.redact(profile.text, names=names)
        clean.append(1e3 * (time.process_time() - started))
        for original in bare.originals.values():
            lost[original] += 1
            lost_words += len(_WORD.findall(original))
        words += len(_WORD.findall(profile.text))
        before = set(lexicon().skill_names(profile.text))
        skills += len(before)
        lost_skills += len(before - set(lexicon().skill_names(bare.text)))
    total = sum(count["found"] + count["missed"] for count in counts.values())
    hits = sum(count["found"] for count in counts.values())
    return {
        "profiles": len(profiles),
        "items": total,
        "shapes": len(counts),
        "recall": round(hits / total, 5),
        "refused": sum(refused.values()),
        "words": words,
        "words_lost_share": round(lost_words / words, 6),
        "skills": skills,
        "skills_lost": lost_skills,
        "ms_a_profile_planted": _spread(milliseconds),
        "ms_a_profile": _spread(clean),
        "chars_a_profile": round(statistics.mean(len(profile.text) for profile in profiles)),
        "by_shape": {
            shape: {"items": sum(count.values()), "found": count["found"]}
            for shape, count in sorted(counts.items())
        },
        "_missed": missed,
        "_lost": [*refused.most_common(), *lost.most_common()],
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "mean": round(statistics.mean(values), 2),
        "p50": round(statistics.median(values), 2),
        "p99": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
    }


def legitimate() -> dict[str, Any]:
    """How many phrases that only look personal come through whole."""
    redactor = Redactor()
    lost = [phrase for phrase in lookalikes() if redactor.find(f"Worked on {phrase} there.")]
    return {"phrases": len(lookalikes()), "lost": lost}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="CSV of real profiles")
    parser.add_argument("--column", default="Resume", help="its column with the text")
    parser.add_argument("--profiles", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1815)
    parser.add_argument("--show", action="store_true", help="print what was missed and lost")
    parser.add_argument("--dry-run", action="store_true", help="do not write the result")
    args = parser.parse_args()
    result: dict[str, Any] = {
        "command": f"python -m benchmarks.redaction --profiles {args.profiles} --seed {args.seed}",
        "sample": measured(list(sample_profiles(args.seed, args.profiles)), args.seed, 5),
        "legitimate": legitimate(),
    }
    if args.real:
        result["command"] += " --real RESUMES.csv"
        real = list(real_profiles(args.real, args.column, args.seed))
        result["real"] = measured(real, args.seed + 1, 5)
    for part in ("sample", "real"):
        if part in result:
            missed, lost = result[part].pop("_missed"), result[part].pop("_lost")
            if args.show:
                print(f"{part}: missed", *map(repr, missed), sep="\n  ")
                print(f"{part}: lost", *map(repr, lost[:150]), sep="\n  ")
    if not args.dry_run:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
