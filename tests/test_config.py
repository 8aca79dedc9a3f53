"""Settings: merging, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantern.config import conf_folder, deep_merge, load_settings
from lantern.errors import ExitCode, SettingsError


@pytest.mark.parametrize("env", ["local", "cluster", "databricks"])
def test_every_environment_loads(env: str) -> None:
    assert load_settings(env).env == env


def test_environment_overrides_base_and_set_overrides_both() -> None:
    base = load_settings("local")
    assert base.candidates.per_member != 3
    assert load_settings("local", ["candidates.per_member=3"]).candidates.per_member == 3
    assert base.candidates.probes == load_settings("cluster").candidates.probes


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("scores.wave_pairs=3", "unknown setting 'scores'"),
        ("score.wave_pair=3", "unknown setting 'score.wave_pair'"),
        ("score.wave_pairs=many", "setting 'score.wave_pairs'"),
        ("score.wave_pairs=0", "setting 'score.wave_pairs'"),
        ("score.wave_pairs", "expected KEY=VALUE"),
        ("score.wave_pairs=[1", "not valid YAML"),
        ("pairs.split.train=0.9", "must add up to 1"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(assignment: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings("local", [assignment])
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == ExitCode.USAGE


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="cluster, databricks, local"):
        load_settings("laptop")


def test_broken_yaml_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text((conf_folder() / "base.yaml").read_text())
    (tmp_path / "mine.yaml").write_text("spark:\n  conf: [\n")
    with pytest.raises(SettingsError, match=r"mine\.yaml line 3"):
        load_settings("mine", folder=tmp_path)


_keys = st.sampled_from(["a", "b", "c"])
_trees = st.recursive(
    st.integers(), lambda inner: st.dictionaries(_keys, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(_keys, _trees), st.dictionaries(_keys, _trees))
def test_merging_twice_is_merging_once(base: dict, over: dict) -> None:  # type: ignore[type-arg]
    once = deep_merge(base, over)
    assert deep_merge(once, over) == once
    assert deep_merge({}, base) == base


def test_a_mapping_of_columns_is_replaced_whole() -> None:
    mapped = load_settings("local", ["input.members.columns={text: Resume, headline: Category}"])
    assert mapped.input.members.columns == {"text": "Resume", "headline": "Category"}
    assert load_settings("local", ["input.events.path="]).input.events.path is None
