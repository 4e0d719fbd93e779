"""Resources that several components are made of, and what they are called in AWS."""

from .bucket import Bucket, BucketArgs, Upload
from .endpoints import ENDPOINT_SERVICES, make_endpoints, s3_policy
from .logs import Log, LogArgs
from .names import family, tag_name, with_name
from .roles import FunctionRole, RoleArgs, document, rights, role
from .vpc import ANYWHERE, Vpc

__all__ = [
    "ANYWHERE",
    "ENDPOINT_SERVICES",
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
    "make_endpoints",
    "rights",
    "role",
    "s3_policy",
    "tag_name",
    "with_name",
]
