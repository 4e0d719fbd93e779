"""The components install as a package of their own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_the_components_as_efs_inference_and_they_import_from_there(
    tmp_path: Path,
) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("efs_inference-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        archive.extractall(tmp_path / "installed")
    assert {top for top in tops if not top.endswith(".dist-info")} == {"efs_inference"}
    code = "import efs_inference as efs; print(efs.__file__, efs.Mount('/mnt/x').release_path('1'))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path / "installed")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    file, path = result.stdout.rsplit(maxsplit=1)
    assert path == "/mnt/x/releases/1"
    assert Path(file).is_relative_to(tmp_path)
