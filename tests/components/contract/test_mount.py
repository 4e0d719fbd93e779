"""Mount: from one path everything that a consumer needs."""

from __future__ import annotations

import pytest

from components.contract.mount import Mount, breaks_rule
from components.errors import ConfigurationError


@pytest.mark.parametrize("path", ["/mnt/efs", "/mnt/a-b_c.d", "/mnt/" + "a" * 155, "/mnt/..a"])
def test_a_path_that_lambda_accepts_is_accepted(path: str) -> None:
    assert not breaks_rule(path)


@pytest.mark.parametrize(
    "path", ["/mnt/efs/", "/mnt/a/b", "/mnt/.", "/mnt/..", "/mnt/a b", "mnt/a", "/mnt/" + "a" * 156]
)
def test_a_path_that_lambda_refuses_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="as Lambda demands"):
        Mount(path)


def test_a_container_gets_the_path_that_the_function_gets() -> None:
    mount = Mount("/mnt/models")
    assert mount.mount_point("efs")["containerPath"] == mount.path == "/mnt/models"
