"""The releases of weights that the benchmarks put beside that of the libraries."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.cold_starts.artifacts import IDS, beside
from lambda_src.release.layout import FORMAT, Manifest


def test_a_folder_of_weights_is_a_release_of_all_its_files(tmp_path: Path) -> None:
    made = tmp_path / "releases" / "0123456789abcdef"
    made.mkdir(parents=True)
    head = {"format": FORMAT, "python": "3.11.7", "architecture": "x86_64", "created": ""}
    head |= {"release": made.name, "files": {"a.py": [1, ""]}, "links": {}}
    (made / "manifest.json").write_text(json.dumps(head))
    weights = tmp_path / "w.savedmodel"
    (weights / "variables").mkdir(parents=True)
    (weights / "saved_model.pb").write_bytes(b"graph")
    (weights / "variables" / "shard").write_bytes(b"12345678")
    release = beside(made, weights)
    assert release == made.parent / IDS["w.savedmodel"]
    assert [(each.path, each.size) for each in Manifest.read(release).files] == [
        ("artifacts/w.savedmodel/saved_model.pb", 5),
        ("artifacts/w.savedmodel/variables/shard", 8),
    ]
    assert (release / "artifacts/w.savedmodel/variables/shard").read_bytes() == b"12345678"
