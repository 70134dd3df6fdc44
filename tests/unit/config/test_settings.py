import pytest
from pydantic import ValidationError

from clustrace.config.settings import Settings


def test_defaults():
    settings = Settings()
    assert (settings.protocol, settings.papers, settings.seeds) == ("quick", "all", None)
    assert settings.device == "cpu"


def test_names_with_commas():
    assert Settings(methods="dec,idec", datasets=["usps"]).methods == ["dec", "idec"]


@pytest.mark.parametrize(
    "given",
    [
        {"seeds": 0},
        {"seeds": "3"},
        {"seeds": True},
        {"threads": 0},
        {"device": "gpu"},
        {"checkpoint_seconds": 0},
        {"download_timeout": 601},
        {"datset": "usps"},
        {"protocol": None},
    ],
)
def test_unusable(given):
    with pytest.raises(ValidationError):
        Settings(**given)
