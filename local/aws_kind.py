"""The errors of the AWS provider, for programs outside that import them from here."""

from .provider import ProviderError

__all__ = ["ProviderError"]
