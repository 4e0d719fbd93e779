"""Packages other than TensorFlow, each with a first small use of it."""

from __future__ import annotations

from dataclasses import dataclass


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
MORE = {
    "statsmodels": Package(
        ("statsmodels",),
        "import statsmodels.api as sm",
        "float(sm.OLS([1.0, 2, 3], [[1.0], [2], [3]]).fit().params[0])",
    ),
    "spacy": Package(("spacy",), "import spacy", "[t.text for t in spacy.blank('en')('One two.')]"),
    "xarray": Package(
        ("xarray",), "import xarray", "float(xarray.DataArray([1.0, 2], dims='x').mean())"
    ),
    "sympy": Package(
        ("sympy",), "import sympy", "str(sympy.integrate(sympy.Symbol('x'), sympy.Symbol('x')))"
    ),
    "langchain-core": Package(
        ("langchain-core",),
        "from langchain_core.prompts import ChatPromptTemplate",
        "str(ChatPromptTemplate.from_template('{a}').invoke({'a': 1}).to_string())",
    ),
    "google-cloud-storage": Package(
        ("google-cloud-storage",),
        "from google.cloud import storage\nfrom google.auth.credentials import "
        "AnonymousCredentials",
        "storage.Client('p', AnonymousCredentials()).bucket('b').blob('c').public_url",
    ),
    "keras": Package(
        ("keras", "jax"),
        "import os\nos.environ['KERAS_BACKEND'] = 'jax'\n"
        "os.environ['KERAS_HOME'] = '/tmp/keras'\nimport keras",
        "keras.ops.convert_to_numpy(keras.layers.Dense(2, kernel_initializer='ones')"
        "(keras.ops.ones((1, 3)))).tolist()",
    ),
}
