"""A network of 500 MB in TensorFlow's own formats: `python -m benchmarks networks`.

How long a cold start takes whose `load` reads a Keras model or a SavedModel and predicts once: the
plain way (`sys.path`) and by this project's handler, which reads ahead while TensorFlow is
imported. The release is recorded with a model that loads a small network of both formats, as the
populate task records the model that is deployed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.files import APPLICATION

from .. import report
from ..harness import command
from ..material import QUIET, releases
from ..simulator import build
from .artifacts import beside, variants

SIZE = "500 MB"
WIDTH = 5_580
"""Numbers that each of four layers takes and gives: 31 million weights of float32 each."""
NETWORK = """
def saved(folder, width):
    network = keras.Sequential([keras.layers.Input((width,))])
    for _ in range(4):
        network.add(keras.layers.Dense(width))
    network.save(f"{folder}/w.keras")
    network.export(f"{folder}/w.savedmodel", verbose=False)
"""
IMPORTS = QUIET + "import keras, tensorflow as tf\n"


def loads(width: int) -> dict[str, str]:
    """How `load` reads them, with a prediction, by the name of the way."""
    ones = f"tf.ones((1, {width}))"
    return {
        "Keras": "    weights = keras.models.load_model(artifacts / 'w.keras', compile=False)\n"
        f"    total = float(tf.reduce_sum(weights({ones})))\n",
        "SavedModel": "    weights = tf.saved_model.load(str(artifacts / 'w.savedmodel'))\n"
        f"    total = float(tf.reduce_sum(weights.serve({ones})))\n",
    }


RECORDED = f"""{IMPORTS}import pathlib, tempfile
{NETWORK}
def load():
    folder = tempfile.mkdtemp()
    saved(folder, 8)
    artifacts = pathlib.Path(folder)
{"".join(loads(8).values())}"""
MAKE = f"import sys\nsys.path.insert(0, sys.argv[1])\n{IMPORTS}{NETWORK}saved(sys.argv[2], {WIDTH})"


def network(folder: Path, packages: Path) -> Path:
    """The folder with the network in both formats, made unless it is there."""
    made = folder / f"network-{WIDTH}"
    if not made.exists():
        making = made.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        arguments = [str(packages / "site-packages"), str(making)]
        subprocess.run([sys.executable, "-c", MAKE, *arguments], check=True)
        making.rename(made)
    return made


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    options = command.parser("networks", __doc__, rounds=3).parse_args(arguments)
    console = report.console()
    build()
    locks = APPLICATION / "locks" / f"{releases.target().name}.txt"
    recorded = releases.program("networks-release", RECORDED + releases.IMPORT_ONLY)
    made = releases.release(locks, recorded, "tensorflow-networks", index=options.index_url)
    source = network(releases.HOME / "weights", made)
    if not options.rounds:
        return 0
    there = [beside(made, path) for path in source.glob("w.*")]
    ways = list(variants(SIZE, made, IMPORTS, loads(WIDTH)))
    versions = releases.versions(made)
    results = command.measured("networks", ways, options.rounds, console, versions=versions)
    for artifacts in there:
        shutil.rmtree(artifacts)
    report.show(report.loads_table(results), console)
    command.keep(results, console)
    return 0
