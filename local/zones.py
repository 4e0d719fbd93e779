"""The availability zones of the embedded account: the same in a preview and on the cloud.

AWS maps letters to zone ids for each account; here the letters follow the ids.
"""

from __future__ import annotations

# Of regions with other zones than az1 to az3.
_IDS = {"us-east-1": "123456", "us-west-1": "13", "us-west-2": "1234"}


def zones_of(region: str) -> list[tuple[str, str]]:
    """Name and id of each zone of a region."""
    area, direction, number = region.rsplit("-", 2)
    short = f"{area.replace('-', '')}{_abbreviated(direction)}{number}"
    ids = _IDS.get(region, "123")
    return [
        (f"{region}{letter}", f"{short}-az{id_}")
        for letter, id_ in zip("abcdef", ids, strict=False)
    ]


def _abbreviated(direction: str) -> str:
    """`n` for north, `ne` for northeast."""
    parts = ("north", "south", "east", "west", "central")
    return "".join(part[0] for part in parts if part in direction)
