"""Packages other than TensorFlow: `python -m benchmarks.packages [NAME...]`.

For each a lock is made on the spot and the real installer makes a release; then the import with a
first small use is measured from the local disk, from the simulated EFS the plain way, and by
this project's handler. It takes about a quarter of an hour; a package that cannot be installed is
named and left out. transformers is used without a hub and without torch. torch is measured only by
name: PyPI's builds bring several gigabytes of CUDA, those for CPUs are on an index of their own.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from components.lock import LockError

from . import command, releases, report
from .efs import PRESETS, Efs, build
from .imports import into_memory
from .measure import FailedRunError, Run, Variant, begin, document, measure

ROUNDS = 3


@dataclass(frozen=True)
class Package:
    """What is asked for, and a first use of it: the body of `demonstrate`, with its imports."""

    requirements: tuple[str, ...]
    imports: str
    use: str

    @property
    def model(self) -> str:
        """model.py of a function that serves it."""
        return (
            f"{self.imports}\n\ndef predict(instances):\n    return instances\n\n"
            f"def demonstrate():\n    return {{'result': {self.use}}}\n"
        )


PACKAGES = {
    "numpy": Package(
        ("numpy",), "import numpy", "float(numpy.linalg.det(numpy.array([[1.0, 2], [3, 4]])))"
    ),
    "scipy": Package(
        ("scipy",),
        "import scipy.optimize, scipy.sparse, scipy.stats",
        "float(scipy.stats.norm.cdf(0.0))",
    ),
    "pandas": Package(
        ("pandas",), "import pandas", "int(pandas.DataFrame({'a': [1, 2]}).groupby('a').sum().size)"
    ),
    "scikit-learn": Package(
        ("scikit-learn",),
        "from sklearn.ensemble import RandomForestClassifier",
        "int(RandomForestClassifier(2).fit([[0], [1]], [0, 1]).predict([[1]])[0])",
    ),
    "pyarrow": Package(
        ("pyarrow",),
        "import pyarrow, pyarrow.compute, pyarrow.parquet",
        "pyarrow.compute.sum(pyarrow.array([1, 2])).as_py()",
    ),
    "onnxruntime": Package(
        ("onnxruntime",), "import onnxruntime", "onnxruntime.get_available_providers()"
    ),
    "pillow": Package(
        ("pillow",), "from PIL import Image", "len(Image.new('L', (8, 8)).resize((4, 4)).tobytes())"
    ),
    "lxml": Package(
        ("lxml",), "from lxml import etree, html", "etree.fromstring('<a><b/></a>')[0].tag"
    ),
    "pydantic": Package(
        ("pydantic",),
        "import pydantic",
        "pydantic.TypeAdapter(list[int]).validate_python(['1', '2'])",
    ),
    "torch": Package(("torch",), "import torch", "float(torch.det(torch.eye(2)))"),
    "transformers": Package(
        ("transformers",),
        "import os\nos.environ['HF_HUB_OFFLINE'] = '1'\n"
        "from tokenizers import Tokenizer, models\n"
        "from transformers import BertConfig, PreTrainedTokenizerFast",
        "PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({'a': 0}, "
        "unk_token='a'))).encode('a')",
    ),
}
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""Where the builds of torch for CPUs are; PyPI's bring CUDA along."""


def variants(name: str, index: str) -> list[Variant]:
    """The ways to measure one package. Makes its release."""
    package = PACKAGES[name]
    code = releases.program(name, package.model)
    locks = releases.locked("\n".join(package.requirements) + "\n", name, index=index)
    made = releases.release(locks, code, name, index=index)
    plain = releases.plain(locks, name, index=index)
    size = releases.size(made)
    version = releases.versions(made).get(name.replace("-", "_"), "")
    labels = {
        "package": f"{name} {version}".strip(),
        "files": f"{size['files']:,}",
        "mb": f"{size['bytes'] / 1e6:,.0f}",
    }
    central = Efs(preset=PRESETS["central"], read_only=True)
    return [
        Variant(
            name=f"{name}, {way}",
            labels={**labels, "way": way},
            way="handler" if way == "handler" else "append",
            program=code,
            release=made if way == "handler" else plain,
            backing=made.parents[1] if way == "handler" else plain,
            reference=f"{name}, local",
            efs=None if way == "local" else central,
        )
        for way in ("local", "sys.path", "handler")
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("packages", __doc__, ROUNDS)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(PACKAGES)}; all but torch"
    )
    parser.add_argument(
        "--torch-index-url", default=TORCH_INDEX, metavar="URL", help="for torch alone"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(PACKAGES):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(PACKAGES)}")
    indexes = defaultdict(lambda: options.index_url, torch=options.torch_index_url)
    return command.run(lambda: _main(options.rounds, indexes, options.names))


def _main(rounds: int, indexes: Mapping[str, str], names: list[str]) -> int:
    console = report.console()
    found: dict[str, list[Variant]] = {}
    failed: list[str] = []
    runs: dict[str, list[Run]] = {}
    build()
    for name in names or filter("torch".__ne__, PACKAGES):
        try:
            found[name] = variants(name, indexes[name])
            for tree in {way.release for way in found[name]}:
                into_memory(tree)
        except (releases.InstallationError, LockError) as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr)
        except subprocess.CalledProcessError as error:
            failed.append(name)
            print(f"{name}: {error}\n{error.stderr or ''}", file=sys.stderr)
    begun = begin()
    for name, ways in list(found.items()):
        try:
            runs |= measure(ways, rounds, lambda *run: console.print(command.described(*run)))
        except FailedRunError as error:
            failed.append(name)
            del found[name]
            print(f"{name}: {error}", file=sys.stderr)
    ways = [way for some in found.values() for way in some]
    results = document("packages", ways, runs, begun, rounds=rounds, failed=failed)
    report.show(report.packages_table(results), console)
    command.keep(results, console, whole=not names)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
