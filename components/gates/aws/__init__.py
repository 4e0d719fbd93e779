"""How AWS is called: as whom, and what is repeated until it passes."""

from .calls import AwsCalls, AwsError, Login, refuse_other_account
from .session import CREDENTIALS, Credentials, as_input, problems_of, roles_of, unknown_settings
from .settling import until_settled

__all__ = [
    "CREDENTIALS",
    "AwsCalls",
    "AwsError",
    "Credentials",
    "Login",
    "as_input",
    "problems_of",
    "refuse_other_account",
    "roles_of",
    "unknown_settings",
    "until_settled",
]
