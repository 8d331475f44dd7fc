"""An unmodified Anthropic client, pointed at Covenant."""

import anthropic
import pytest

from notes import NOTE, absent

TOOL = {"name": "save_note", "description": "Saves a note", "input_schema": {"type": "object", "properties": {"note": {"type": "string"}, "count": {"type": "integer"}}}}


def ask(client, text, model="claude", **more):
    return client.messages.create(model=model, max_tokens=500, messages=[{"role": "user", "content": text}], **more)


def test_messages_give_the_caller_its_own_words_back(anthropic_client, upstream):
    answer = ask(anthropic_client, NOTE, system="You write for Dr. Henrik Solberg.")
    assert answer.content[0].text == NOTE
    assert absent(upstream.received) == []


@pytest.mark.parametrize("model", ["claude", "dribble-anthropic", "slow-anthropic"])
def test_messages_stream(anthropic_client, upstream, model):
    with anthropic_client.messages.stream(model=model, max_tokens=500, messages=[{"role": "user", "content": [{"type": "text", "text": NOTE}]}]) as stream:
        assert "".join(stream.text_stream) == NOTE
        assert stream.get_final_message().stop_reason == "end_turn"
    assert absent(upstream.received) == []


def test_tool_use(anthropic_client, upstream):
    answer = ask(anthropic_client, NOTE, tools=[TOOL], tool_choice={"type": "any"})
    assert answer.content[0].input == {"note": NOTE, "count": 2}
    with anthropic_client.messages.stream(model="claude", max_tokens=500, messages=[{"role": "user", "content": NOTE}], tools=[TOOL], tool_choice={"type": "any"}) as stream:
        assert stream.get_final_message().content[0].input == {"note": NOTE, "count": 2}
    assert absent(upstream.received) == []


def test_tool_results_and_histories(anthropic_client, upstream):
    messages = [{"role": "user", "content": "Look her up"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "save_note", "input": {"note": "Margaret Okonkwo"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01A09q90qw90lq917835lq9", "content": [{"type": "text", "text": NOTE}]}]}]
    anthropic_client.messages.create(model="claude", max_tokens=100, messages=messages, tools=[TOOL])
    assert absent(upstream.received) == []
    assert upstream.requests[0]["body"]["messages"][1]["content"][0]["id"] == "toolu_01A09q90qw90lq917835lq9"


def test_count_tokens(anthropic_client, upstream):
    assert anthropic_client.messages.count_tokens(model="claude", messages=[{"role": "user", "content": NOTE}]).input_tokens == 42
    assert absent(upstream.received) == []


def test_an_image_is_refused(anthropic_client, upstream):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    with pytest.raises(anthropic.UnprocessableEntityError) as refused:
        anthropic_client.messages.create(model="claude", max_tokens=10, messages=[{"role": "user", "content": [image]}])
    assert "messages[0].content[0]" in str(refused.value)
    assert upstream.requests == []


def test_a_server_tool_is_refused(anthropic_client, upstream):
    with pytest.raises(anthropic.APIStatusError):
        ask(anthropic_client, "hello", tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert upstream.requests == []


@pytest.mark.parametrize("behaviour, error", [("rate", anthropic.RateLimitError), ("broken", anthropic.InternalServerError), ("redirect", anthropic.InternalServerError)])
def test_vendor_errors(anthropic_client, behaviour, error):
    with pytest.raises(error) as failed:
        ask(anthropic_client, NOTE, f"{behaviour}-anthropic")
    assert absent(str(failed.value).encode()) == []


@pytest.mark.parametrize("behaviour", ["cut", "malformed", "hang"])
def test_a_stream_that_breaks_never_looks_complete(anthropic_client, behaviour):
    with pytest.raises(Exception) as failed:
        with anthropic_client.messages.stream(model=f"{behaviour}-anthropic", max_tokens=500, messages=[{"role": "user", "content": NOTE}]) as stream:
            for _ in stream.text_stream:
                pass
            message = stream.get_final_message()
        assert message.stop_reason is None, "the stream ended as if it were whole"
        raise RuntimeError("cut short, as it should be")
    assert not isinstance(failed.value, AssertionError), failed.value


def test_a_wrong_key(house):
    with pytest.raises(anthropic.AuthenticationError):
        ask(anthropic.Anthropic(api_key="cov_aaaaaaaa_wrong", base_url=house.url, max_retries=0), "hello")
