"""The registry of all tables: columns, keys, constraints, clustering, comments.

One place says what every table looks like; :mod:`lantern.tables.store` creates them from it and
``lantern tables`` prints it. Types are Spark SQL's. ``SCHEMA_VERSION`` is written into every
table's properties; a table of a newer version is refused.

Clustering follows the queries that exist, and each table says which (``clustered_for``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lantern.errors import TableError
from lantern.fit import LEVEL_LABELS, Importance, RequirementKind

SCHEMA_VERSION = 1

REQUIREMENT = (
    "struct<kind: string, importance: string, text: string, skills: array<string>,"
    " any_of: boolean, years: double, degree: int>"
)
VERDICT = "struct<requirement: string, kind: string, quote: string>"
POSITION = "struct<title: string, company: string, years: double, description: string>"

_LEVELS = ", ".join(f"'{label}'" for label in LEVEL_LABELS)
_KINDS = ", ".join(f"'{kind}'" for kind in RequirementKind)
_IMPORTANCES = ", ".join(f"'{importance}'" for importance in Importance)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``type`` is Spark SQL's, ``nullable`` becomes NOT NULL when false."""

    name: str
    type: str
    comment: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table looks like.

    Attributes:
        name: the paper's or design's name.
        row: "one row is ...".
        written_by: the step that writes it.
        key: the business key; no two rows share it.
        columns: in their order.
        checks: constraint name -> SQL condition.
        cluster_by: columns of Delta's liquid clustering; empty for none.
        clustered_for: the query that the clustering serves.
        change_feed: whether Delta's change data feed is on.
    """

    name: str
    row: str
    written_by: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: dict[str, str] = field(default_factory=dict)
    cluster_by: tuple[str, ...] = ()
    clustered_for: str = "small; read whole"
    change_feed: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def ddl(self) -> str:
        """The columns as a Spark schema string, NOT NULL included."""
        return ", ".join(
            f"`{c.name}` {c.type}" + ("" if c.nullable else " NOT NULL") for c in self.columns
        )


def _c(name: str, type_: str, comment: str, nullable: bool = False) -> Column:
    return Column(name, type_, comment, nullable)


_PAIR = (
    _c("member_id", "string", "the member"),
    _c("posting_id", "string", "the posting"),
)
_PAIR_KEY = ("member_id", "posting_id")
_INPUTS = (
    _c("member_fingerprint", "string", "members.fingerprint that was read"),
    _c("posting_fingerprint", "string", "postings.fingerprint that was read"),
    _c("requirements_version", "string", "requirements.version that was read"),
)
_LEVEL = _c("level", "string", "Low, Medium or High")

_MEMBERS = TableSpec(
    name="members",
    row="a member's profile, current version",
    written_by="ingest",
    key=("member_id",),
    columns=(
        _c("member_id", "string", "given by the source, or derived from the content"),
        _c("fingerprint", "string", "hash of what a model or a teacher sees"),
        _c("source_hash", "string", "hash of the source's row, to skip what has not changed"),
        _c("name", "string", "given name and surname; never in a model's input", nullable=True),
        _c("headline", "string", "title or category of the profile", nullable=True),
        _c("text", "string", "the whole cleaned profile; quotes are exact spans of it"),
        _c("model_text", "string", "the profile as models see it, what matters first"),
        _c("skills", "array<string>", "canonical skills found anywhere in the profile"),
        _c("positions", f"array<{POSITION}>", "positions, latest first"),
        _c("degree", "int", "highest degree shown, rank of documents.degrees", nullable=True),
        _c("years", "double", "years of experience shown", nullable=True),
        _c("fields", "array<string>", "one or two occupational fields, the likelier first"),
        _c("seniority", "int", "0 intern .. 5 executive", nullable=True),
        _c("location", "string", "as given", nullable=True),
        _c("region", "string", "region code, or REMOTE", nullable=True),
        _c("was_cut", "boolean", "the text was longer than documents.max_chars"),
        _c("first_seen", "date", "logical date of the first night with it"),
        _c("changed_on", "date", "logical date of this version"),
    ),
    cluster_by=("member_id",),
    clustered_for="MERGE by member_id at ingest, join by member_id at score, erasure of a member",
    change_feed=True,
)

_POSTINGS = TableSpec(
    name="postings",
    row="a job posting, current version",
    written_by="ingest",
    key=("posting_id",),
    columns=(
        _c("posting_id", "string", "given by the source, or derived from the content"),
        _c("fingerprint", "string", "hash of what the extractor and the models see"),
        _c("source_hash", "string", "hash of the source's row, to skip what has not changed"),
        _c("title", "string", "cleaned title"),
        _c("organization", "string", "as given", nullable=True),
        _c("text", "string", "the whole cleaned description"),
        _c("fields", "array<string>", "one or two occupational fields, the likelier first"),
        _c("seniority", "int", "0 intern .. 5 executive", nullable=True),
        _c("location", "string", "as given", nullable=True),
        _c("region", "string", "region code, or REMOTE", nullable=True),
        _c("was_cut", "boolean", "the text was longer than documents.max_chars"),
        _c("first_seen", "date", "logical date of the first night with it"),
        _c("changed_on", "date", "logical date of this version"),
    ),
    cluster_by=("posting_id",),
    clustered_for="MERGE by posting_id at ingest, join by posting_id at extract and score",
    change_feed=True,
)

_REQUIREMENTS = TableSpec(
    name="requirements",
    row="a posting's extracted requirements",
    written_by="extract",
    key=("posting_id",),
    columns=(
        _c("posting_id", "string", "the posting"),
        _c("posting_fingerprint", "string", "postings.fingerprint that was read"),
        _c("version", "string", "hash of extractor and requirements: what a score depends on"),
        _c("extractor", "string", "name and version of the extractor"),
        _c("requirements", f"array<{REQUIREMENT}>", "in the posting's order, must-haves first"),
        _c("model_text", "string", "the requirements as models see them"),
        _c("words_before", "int", "words of the description"),
        _c("words_kept", "int", "words of the requirements"),
    ),
    checks={
        "kinds": f"forall(requirements, r -> r.kind IN ({_KINDS}))",
        "importances": f"forall(requirements, r -> r.importance IN ({_IMPORTANCES}))",
        "words": "words_kept >= 0 AND words_before >= 0",
    },
    cluster_by=("posting_id",),
    clustered_for="join by posting_id at score and explain",
    change_feed=True,
)

_EMBEDDINGS = TableSpec(
    name="embeddings",
    row="the embedding of a member or a posting, for blocking tonight's candidates",
    written_by="candidates",
    key=("kind", "id"),
    columns=(
        _c("kind", "string", "member or posting"),
        _c("id", "string", "member_id or posting_id"),
        _c("fingerprint", "string", "fingerprint of the embedded version"),
        _c("model", "string", "the embedder and its version"),
        _c("vector", "array<float>", "unit length"),
    ),
    checks={"kind": "kind IN ('member', 'posting')"},
    cluster_by=("kind", "id"),
    clustered_for="one kind read whole each night; MERGE by id of what changed",
)

_BASE_PAIRS = TableSpec(
    name="base_pairs",
    row="a (member, posting) pair of D_base; no member and no posting crosses splits",
    written_by="pairs",
    key=_PAIR_KEY,
    columns=(
        *_PAIR,
        _c("split", "string", "train, validation or test"),
        _c("stratum", "string", "interest, near, hard or random"),
        _c("field", "string", "the posting's field", nullable=True),
        _c("level", "string", "what the rubric expects: rare ones are drawn first; not a label"),
    ),
    checks={
        "level": f"level IN ({_LEVELS})",
        "split": "split IN ('train', 'validation', 'test')",
        "stratum": "stratum IN ('interest', 'near', 'hard', 'random')",
    },
    cluster_by=("split",),
    clustered_for="every reader filters by split",
)

_TEACHER_LABELS = TableSpec(
    name="teacher_labels",
    row="T1's answer to a pair",
    written_by="label",
    key=(*_PAIR_KEY, "teacher", "prompt_version", "sample"),
    columns=(
        *_PAIR,
        _c("teacher", "string", "model name of the teacher, or rubric"),
        _c("prompt_version", "string", "hash of the prompts, or version of the rubric"),
        _c("sample", "int", "0, or the number of the self-consistency sample"),
        *_INPUTS,
        _LEVEL,
        _c("score", "double", "the teacher's own score in 0..1, if it has one", nullable=True),
        _c("verdicts", f"array<{VERDICT}>", "one a requirement"),
        _c("explanation", "string", "the answer in the format of the fit domain"),
        _c("raw", "array<string>", "raw outputs of the stages; empty for the rubric"),
        _c("tokens_in", "bigint", "prompt tokens paid for"),
        _c("tokens_out", "bigint", "completion tokens paid for"),
        _c("cost", "double", "in the currency of the price list"),
        _c("flags", "array<string>", "kinds of text that addresses a model, found in what it read"),
        _c("labelled_on", "date", "logical date"),
    ),
    checks={
        "level": f"level IN ({_LEVELS})",
        "spent": "tokens_in >= 0 AND tokens_out >= 0 AND cost >= 0",
    },
    cluster_by=_PAIR_KEY,
    clustered_for="join with base_pairs by pair",
)

_TEACHER_ANSWERS = TableSpec(
    name="teacher_answers",
    row="what an API answered to one request: never asked, and never paid for, again",
    written_by="extract, label",
    key=("key", "turn"),
    columns=(
        _c("key", "string", "hash of model, sampling, prompt version, stage, sample and messages"),
        _c("turn", "int", "0: the answer; 1: the answer to the one request for a repair"),
        _c("scope", "string", "hash of the posting's content that the request was about"),
        _c("stage", "string", "extract, evaluate, explain or one_call"),
        _c("model", "string", "the teacher"),
        _c("prompt_version", "string", "hash of the stage's prompt and schema"),
        _c("sample", "int", "number of the self-consistency sample"),
        _c("member_id", "string", "whom it was asked for first; null for a posting", nullable=True),
        _c("posting_id", "string", "for which posting it was asked first"),
        _c("content", "string", "the raw answer, over redacted text"),
        _c("finish_reason", "string", "as the server gave it"),
        _c("tokens_in", "bigint", "prompt tokens paid for"),
        _c("tokens_out", "bigint", "completion tokens paid for"),
        _c("cost", "double", "in the currency of the price list of its day"),
        _c("answered_on", "date", "logical date"),
    ),
    checks={
        "turn": "turn IN (0, 1)",
        "spent": "tokens_in >= 0 AND tokens_out >= 0 AND cost >= 0",
    },
    cluster_by=("scope",),
    clustered_for="a run reads the answers about the postings it asks about",
)

_ANSWER = (
    _c("teacher", "string", "model name of the teacher, or rubric"),
    _c("prompt_version", "string", "hash of the prompts, or version of the rubric"),
)

_REVIEWS = TableSpec(
    name="reviews",
    row="one reviewer's decision on one answer",
    written_by="review",
    key=(*_PAIR_KEY, "teacher", "prompt_version", "answer_hash", "reviewer"),
    columns=(
        *_PAIR,
        *_ANSWER,
        _c("answer_hash", "string", "SHA-256 of the explanation that was shown, before redaction"),
        _c("reviewer", "string", "pseudonym of the reviewer"),
        _c("decision", "string", "accept, edit or reject"),
        _c("reason", "string", "why", nullable=True),
        _c("level", "string", "the reviewer's level"),
        _c("explanation", "string", "the edited explanation", nullable=True),
        _c("batch", "string", "the export that the answer was shown in"),
        _c("reviewed_on", "date", "day of the decision"),
    ),
    checks={
        "decision": "decision IN ('accept', 'edit', 'reject')",
        "edited": "(decision = 'edit') = (explanation IS NOT NULL)",
        "level": f"level IN ({_LEVELS})",
    },
    cluster_by=_PAIR_KEY,
    clustered_for="join with teacher_labels by pair",
)

_SEED = TableSpec(
    name="seed",
    row="an example of D_seed",
    written_by="curate",
    key=_PAIR_KEY,
    columns=(
        *_PAIR,
        _c("split", "string", "train, validation or test"),
        *_ANSWER,
        _LEVEL,
        _c("explanation", "string", "the kept answer"),
        _c("kept_by", "string", "human or filter"),
        _c("weight", "double", "how many kept answers of its level it stands for"),
    ),
    checks={
        "kept_by": "kept_by IN ('human', 'filter')",
        "level": f"level IN ({_LEVELS})",
        "weight": "weight >= 1",
    },
    cluster_by=("split",),
    clustered_for="every reader filters by split",
)

_SYNTHETIC = TableSpec(
    name="synthetic",
    row="T2's answer to a pair of D_base, with its log-probabilities: D_t",
    written_by="synthesize",
    key=(*_PAIR_KEY, "teacher"),
    columns=(
        *_PAIR,
        _c("split", "string", "train, validation or test"),
        *_ANSWER,
        *_INPUTS,
        _c("tokenizer_hash", "string", "the vocabulary that the ids belong to"),
        _LEVEL,
        _c("explanation", "string", "the answer"),
        _c("token_ids", "array<int>", "the answer's tokens"),
        _c("top_k", "int", "k of the cached log-probabilities"),
        _c("top_ids", "array<int>", "flat, tokens x k"),
        _c("top_logprobs", "array<smallint>", "flat, tokens x k, in units of -1/1024 nat"),
        _c("tail_logprobs", "array<smallint>", "of all other tokens together, one a token"),
    ),
    checks={
        "top_k": "top_k > 0",
        "flat": "size(top_ids) = size(token_ids) * top_k"
        " AND size(top_logprobs) = size(top_ids) AND size(tail_logprobs) = size(token_ids)",
    },
    cluster_by=("split",),
    clustered_for="every reader filters by split",
)

_FIT_LABELS = TableSpec(
    name="fit_labels",
    row="the explanation model's class of a pair: D_cls",
    written_by="label_fit",
    key=(*_PAIR_KEY, "labeller"),
    columns=(
        *_PAIR,
        _c("split", "string", "train, validation or test"),
        _c("labeller", "string", "the explanation model and its version"),
        _c("prompt_version", "string", "hash of the prompt"),
        *_INPUTS,
        _LEVEL,
        _c("p_low", "float", "probability of Low"),
        _c("p_medium", "float", "probability of Medium"),
        _c("p_high", "float", "probability of High"),
        _c("level_odds", "array<double>", "by which the model's own probabilities were weighed"),
        _c("tokens", "int", "tokens of the prompt"),
        _c("profile_tokens_cut", "int", "tokens of the profile that did not fit"),
        _c("labelled_on", "date", "logical date"),
    ),
    checks={
        "level": f"level IN ({_LEVELS})",
        "probabilities": "p_low BETWEEN 0 AND 1 AND p_medium BETWEEN 0 AND 1"
        " AND p_high BETWEEN 0 AND 1 AND abs(p_low + p_medium + p_high - 1) < 0.001",
    },
    cluster_by=("split",),
    clustered_for="every reader filters by split",
)

_CANDIDATES = TableSpec(
    name="candidates",
    row="a pair that tonight's run must have a score for",
    written_by="candidates",
    key=_PAIR_KEY,
    columns=(
        *_PAIR,
        _c("reason", "string", "interest or similar"),
        _c("similarity", "float", "cosine of the embeddings", nullable=True),
    ),
    checks={"reason": "reason IN ('interest', 'similar')"},
    cluster_by=("member_id",),
    clustered_for="join with fit_scores by pair, one member's jobs",
)

_SCORE_CHECKS = {
    "level": f"level IN ({_LEVELS})",
    "probabilities": "p_low BETWEEN 0 AND 1 AND p_medium BETWEEN 0 AND 1 AND p_high BETWEEN 0 AND 1"
    " AND abs(p_low + p_medium + p_high - 1) < 0.001",
    "score": "score BETWEEN 0 AND 1",
}

_FIT_SCORES = TableSpec(
    name="fit_scores",
    row="the current fit of a pair",
    written_by="score",
    key=_PAIR_KEY,
    columns=(
        *_PAIR,
        _LEVEL,
        _c("p_low", "float", "probability of Low"),
        _c("p_medium", "float", "probability of Medium"),
        _c("p_high", "float", "probability of High"),
        _c("score", "float", "expected level scaled to 0..1: p_medium / 2 + p_high"),
        _c("calibrated", "boolean", "whether the probabilities are temperature-scaled"),
        _c("model_version", "string", "registered name and version of the classifier"),
        *_INPUTS,
        _c("tokens", "int", "tokens of the pair's input, after cutting"),
        _c("tokens_cut", "int", "tokens of the profile that did not fit"),
        _c("scored_on", "date", "logical date"),
        _c("run_id", "string", "the run that wrote the row"),
    ),
    checks=_SCORE_CHECKS,
    cluster_by=("member_id",),
    clustered_for="one member's jobs on the job page; MERGE and erasure by member",
    change_feed=True,
)

_EXPLANATIONS = TableSpec(
    name="explanations",
    row="the explanation of a pair and its verdicts",
    written_by="explain",
    key=_PAIR_KEY,
    columns=(
        *_PAIR,
        _LEVEL,
        _c("explanation", "string", "in the format of the fit domain"),
        _c("verdicts", f"array<{VERDICT}>", "one a requirement, in the posting's order"),
        _c("explainer", "string", "the explanation model and its version, or rubric"),
        _c("model_version", "string", "the classifier whose class it explains"),
        *_INPUTS,
        _c("explained_on", "date", "logical date"),
        _c("run_id", "string", "the run that wrote the row"),
    ),
    checks={
        "level": f"level IN ({_LEVELS})",
        "class_line": "startswith(explanation, concat('You are a ', level, ' fit for this job.'))",
    },
    cluster_by=("member_id",),
    clustered_for="Show Reason: one pair by member and posting",
)

_EVENTS = TableSpec(
    name="events",
    row="an impression, view, show-reason, apply or qualified application",
    written_by="ingest",
    key=(*_PAIR_KEY, "kind", "day"),
    columns=(
        *_PAIR,
        _c("kind", "string", "impression, view, show_reason, apply or qualified"),
        _c("day", "date", "day of the event"),
        _c("arm", "string", "experiment arm", nullable=True),
    ),
    checks={"kind": "kind IN ('impression', 'view', 'show_reason', 'apply', 'qualified')"},
    cluster_by=("member_id",),
    clustered_for="interest of a member at pairs and candidates; erasure",
)

_QUARANTINE = TableSpec(
    name="quarantine",
    row="a row that could not be used, with its reason",
    written_by="all",
    key=("table", "key", "stage", "reason"),
    columns=(
        _c("table", "string", "the table the row was meant for"),
        _c("key", "string", "business key, or file and row number; never the text itself"),
        _c("stage", "string", "the step that refused it"),
        _c("reason", "string", "what was wrong, without the text"),
        _c("source_hash", "string", "hash of the source's row", nullable=True),
        _c("seen_on", "date", "logical date"),
    ),
    cluster_by=("table",),
    clustered_for="the report counts by table and stage",
)

_RUNS = TableSpec(
    name="runs",
    row="a step's run: its manifest",
    written_by="all",
    key=("run_id", "step"),
    columns=(
        _c("run_id", "string", "one id a night or a single step"),
        _c("step", "string", "the step"),
        _c("logical_date", "date", "the night that the run is for"),
        _c("outcome", "string", "done, quarantined, failed or interrupted"),
        _c("started_at", "timestamp", "wall clock"),
        _c("ended_at", "timestamp", "wall clock; null where the run was killed", nullable=True),
        _c("versions_in", "map<string, bigint>", "table versions read"),
        _c("counts", "map<string, bigint>", "rows by what became of them"),
        _c("seconds", "map<string, double>", "time by phase"),
        _c("figures", "map<string, double>", "ratios and shares"),
        _c("facts", "map<string, string>", "names: model version, error, resumed run"),
        _c("config", "string", "the settings, as JSON, without secrets"),
        _c("lantern_version", "string", "version of the code"),
    ),
    checks={"outcome": "outcome IN ('done', 'quarantined', 'failed', 'interrupted')"},
    cluster_by=("logical_date",),
    clustered_for="the report and the resume read the last nights",
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        _MEMBERS,
        _POSTINGS,
        _REQUIREMENTS,
        _EMBEDDINGS,
        _BASE_PAIRS,
        _TEACHER_LABELS,
        _TEACHER_ANSWERS,
        _REVIEWS,
        _SEED,
        _SYNTHETIC,
        _FIT_LABELS,
        _CANDIDATES,
        _FIT_SCORES,
        _EXPLANATIONS,
        _EVENTS,
        _QUARANTINE,
        _RUNS,
    )
}


def table_spec(name: str) -> TableSpec:
    """The spec of a table; raises TableError with the known names otherwise."""
    try:
        return TABLES[name]
    except KeyError:
        raise TableError(f"no table {name!r}; there are {', '.join(TABLES)}") from None
