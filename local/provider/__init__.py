"""The AWS provider: a table from AWS's resource types to calls of boto3."""

from ..engine import integers as _integers
from .kind import ProviderError
from .provider import AwsProvider, refusal
from .resources import KINDS

__all__ = ["KINDS", "AwsProvider", "ProviderError", "_integers", "refusal"]
