"""What a check sees of the environment that it is run in."""

from __future__ import annotations

import re
from collections.abc import Mapping

# By name our own, and what tools and clouds call their secrets; by value an address with a password.
_SECRET = re.compile(
    r"^(FAQ_|AWS_|AZURE_|GOOGLE_|OPENAI_)|KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|SESSION", re.IGNORECASE
)
_SECRET_IN_URL = re.compile(r"://[^/\s@]{0,500}:[^/\s@]{0,500}@")


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that neither by their name nor by a password in an address hold a secret."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRET.search(name) and not _SECRET_IN_URL.search(value)
    }
