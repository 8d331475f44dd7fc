"""One gateway and one vendor for the tests that only ask; tests that break things make their own."""

import pathlib
import sys

import anthropic
import openai
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Covenant  # noqa: E402
from upstream import Upstream  # noqa: E402

BEHAVIOURS = ["dribble", "cut", "hang", "stall", "redirect", "malformed", "hugeline", "wrongtype", "html", "nonsense", "rate", "broken", "slow"]


@pytest.fixture(scope="session")
def vendor_server():
    return Upstream()


@pytest.fixture(scope="session")
def house(tmp_path_factory, vendor_server):
    """A running gateway with a covered vendor, an uncovered one, and a model for every way a vendor misbehaves."""
    covenant = Covenant(tmp_path_factory.mktemp("house"), "[limits]", "first_byte_timeout_ms = 1500", "idle_timeout_ms = 1500")
    covenant.start()
    covenant.vendor("covered")
    covenant.vendor("uncovered", signed=False)
    covenant.model("gpt", "covered", vendor_server.base())
    covenant.model("claude", "covered", vendor_server.base()[:-3], "anthropic")
    covenant.model("open", "uncovered", vendor_server.base())
    for behaviour in BEHAVIOURS:
        covenant.model(behaviour, "covered", vendor_server.base(behaviour))
        covenant.model(f"{behaviour}-anthropic", "covered", vendor_server.base(behaviour)[:-3], "anthropic")
    covenant.key = covenant.app("clinic", purposes=("treatment", "operations"))
    yield covenant
    covenant.stop()


@pytest.fixture(autouse=True)
def fresh_vendor(vendor_server):
    vendor_server.forget()


@pytest.fixture
def upstream(vendor_server):
    return vendor_server


@pytest.fixture
def openai_client(house):
    return openai.OpenAI(api_key=house.key, base_url=house.url + "/v1", max_retries=0, timeout=60)


@pytest.fixture
def anthropic_client(house):
    return anthropic.Anthropic(api_key=house.key, base_url=house.url, max_retries=0, timeout=60)
