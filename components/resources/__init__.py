"""Resources that several components are made of, and what they are called in AWS."""

from .bucket import Bucket, BucketArgs, Upload
from .logs import Log, LogArgs
from .names import family, with_name
from .roles import FunctionRole, RoleArgs, document, rights, role
from .vpc import ANYWHERE, Vpc

__all__ = [
    "ANYWHERE",
    "Bucket",
    "BucketArgs",
    "FunctionRole",
    "Log",
    "LogArgs",
    "RoleArgs",
    "Upload",
    "Vpc",
    "document",
    "family",
    "rights",
    "role",
    "with_name",
]
