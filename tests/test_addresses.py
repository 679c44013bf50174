"""URLs as they may be shown."""

import pytest

from components.addresses import without_credentials


@pytest.mark.parametrize(
    "url",
    [
        "git@host:team/menagerie.git",
        "ssh://git@host:22/x",
        "http://host:5000/a:b@c",
        "/a/b:c@d",
        "webdav://me@host/remote",
        "sqlite:///mlflow.db",
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(url: str):
    assert without_credentials(url) == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pass@word@host/code.git", "https://host/code.git"),
        ("https://token@host/code.git", "https://host/code.git"),
        ("postgresql://me:secret@host:5432/mlflow", "postgresql://me@host:5432/mlflow"),
        ("webdavs://:secret@host/remote", "webdavs://host/remote"),
    ],
)
def test_a_password_and_a_token_are_not_shown(url: str, shown: str):
    assert without_credentials(url) == shown
