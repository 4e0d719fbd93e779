"""What a release brings with it, for those who have to answer for it: vulnerabilities, an SBOM."""

from .locks import AuditError, Lock, locks
from .vulnerabilities import Finding, audit

__all__ = ["AuditError", "Finding", "Lock", "audit", "locks"]
