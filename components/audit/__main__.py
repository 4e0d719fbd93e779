"""What the locks of an application bring with them.

`vulnerabilities` asks OSV (https://osv.dev) for known ones of each locked package. `sbom` writes
the software bill of materials of a lock, in CycloneDX 1.6, or of the release that was made of it,
if its manifest is named.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import commands
from ..errors import ConfigurationError
from ..lock import ALL, LockError
from .locks import AuditError, Lock, locks
from .vulnerabilities import OSV, audit

_EXIT_CODES = """exit status:
  0  done; no vulnerability is known
  1  vulnerabilities are known
  2  not done"""
_FAILURES = (AuditError, ConfigurationError, LockError, OSError)


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description=__doc__,
        epilog=_EXIT_CODES,
        formatter_class=form,
    )
    kinds = parser.add_subparsers(dest="what", required=True)
    known = kinds.add_parser("vulnerabilities", help="known ones of what is locked")
    known.add_argument("--osv-url", default=OSV, metavar="URL", help="default: %(default)s")
    bill = kinds.add_parser("sbom", help="a CycloneDX document")
    text = "manifest.json of the release that was made of the lock"
    bill.add_argument("--manifest", type=Path, metavar="FILE", help=text)
    bill.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    for each in (known, bill):
        text = "the application; default: the one here, or one folder below"
        each.add_argument("--directory", type=Path, metavar="DIR", help=text)
        text = f"of this lock alone, such as {ALL[0].name}; default: those that the stacks use"
        each.add_argument("--target", action="append", default=[], metavar="NAME", help=text)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        found = locks(options.directory, options.target)
        if options.what == "sbom":
            return _sbom(found, options.manifest, options.output)
        return _vulnerabilities(found, options.osv_url)
    except _FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _sbom(found: list[Lock], manifest: Path | None, output: Path | None) -> int:
    if len(found) > 1:
        names = ", ".join(lock.target.name for lock in found)
        raise AuditError(f"there are several locks: {names}. Remedy: choose one with --target")
    try:
        from .bill import bill_of
    except ModuleNotFoundError as error:
        raise AuditError(
            f"{error.name} is not installed here. Remedy: `pip install 'efs-inference[audit]'`"
        ) from error
    text = bill_of(found[0], manifest.read_bytes() if manifest else None)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def _vulnerabilities(found: list[Lock], osv: str) -> int:
    findings = audit(found, osv)
    names = ", ".join(lock.target.name for lock in found)
    count = len({(pin.name, pin.version) for lock in found for pin in lock.pins})
    for finding in findings:
        print(finding)
    if not findings:
        print(f"no vulnerability is known of {count} packages ({names})")
        return 0
    print(
        f"{len(findings)} known in {count} packages ({names}). Remedy: ask for a version that "
        f"corrects it in requirements.in, then {commands.LOCK}"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
