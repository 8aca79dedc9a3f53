"""Models in the registry: evaluation, gates, promotion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lantern.config.section import Count, Section


class RegistrySettings(Section):
    tracking_uri: str | None = Field(description="null: sqlite in the warehouse's folder")
    artifact_location: str | None = Field(description="null: a folder beside the sqlite file")
    experiment: str
    classifier: str = Field(description="name of the registered classifier")
    explainer: str = Field(description="name of the registered explanation model")
    pair: str = Field(description="name of the registered pair, which a night resolves")
    alias: str


class EvaluateSettings(Section):
    test_pairs: Count = Field(description="most pairs of the test split")
    explained_pairs: Count = Field(description="test pairs whose explanations are written and read")
    audited_pairs: Count = Field(description="most pairs of the bias audit")
    swapped_pairs: Count = Field(description="audited pairs that are swapped, one a member")
    attacked_pairs: Count = Field(description="audited pairs that are attacked, one a member")
    attacks_a_pair: Count | None = Field(description="of the suite, drawn alike; null: all of them")
    attacked_explanations: Annotated[int, Field(ge=0)] = Field(
        description="explained pairs, one a member, that are explained under attack, too"
    )
    attacks_an_explanation: Count | None = Field(description="as attacks_a_pair")
    groups: str | None = Field(description="JSON lines of member_id and group attributes")
    attributes: list[str] = Field(description="of groups; every intersection is audited, too")
    truth: str | None = Field(description="the sample's truth.jsonl; null: none is known")
    draws: Annotated[int, Field(ge=100)] = Field(description="of the bootstrap over members")
    seed: int


class GatesSettings(Section):
    profile: str = Field(description="of conf/gates.yaml; strict, or one that says what it relaxes")
