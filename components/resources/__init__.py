"""Resources that several components are made of, and what they are called in AWS."""

from .bucket import Bucket, BucketArgs, Upload
from .endpoints import ENDPOINT_SERVICES, make_endpoints, s3_policy
from .file_systems import (
    PROVISIONED,
    THROUGHPUTS,
    client_statement,
    file_system_policy,
    throughput_problems,
)
from .logs import Log, LogArgs
from .names import family, tag_name, with_name
from .roles import FunctionRole, RoleArgs, rights, role
from .vpc import ANYWHERE, Vpc

__all__ = [
    "ANYWHERE",
    "ENDPOINT_SERVICES",
    "PROVISIONED",
    "THROUGHPUTS",
    "Bucket",
    "BucketArgs",
    "FunctionRole",
    "Log",
    "LogArgs",
    "RoleArgs",
    "Upload",
    "Vpc",
    "client_statement",
    "family",
    "file_system_policy",
    "make_endpoints",
    "rights",
    "role",
    "s3_policy",
    "tag_name",
    "throughput_problems",
    "with_name",
]
