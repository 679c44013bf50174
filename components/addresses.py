"""URLs, and the credentials in them, which nobody may see."""

import re

__all__ = ["without_credentials"]

WITH_CREDENTIALS = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#]*)@(.*)", re.IGNORECASE | re.DOTALL)


def without_credentials(url: str) -> str:
    """A URL as it may be shown: without a password, and over HTTP without a name, which may be a token.

    Example:
        >>> without_credentials("ssh://git:secret@host/menagerie.git"), without_credentials("https://token@host/")
        ('ssh://git@host/menagerie.git', 'https://host/')
    """
    if not (found := WITH_CREDENTIALS.fullmatch(url)):
        return url
    scheme, who, where = found.groups()
    name = "" if scheme.lower().startswith("http") else who.partition(":")[0]
    return f"{scheme}{name}@{where}" if name else f"{scheme}{where}"
