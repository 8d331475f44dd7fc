"""An unmodified OpenAI client, pointed at Covenant."""

import json

import openai
import pytest

from notes import KEPT, NOTE, SECRETS, absent


def ask(client, text, model="gpt", **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)


def streamed(client, text, model="gpt", **more):
    parts = [event.choices[0].delta.content or "" for event in ask(client, text, model, stream=True, **more) if event.choices]
    return "".join(parts)


def test_chat_gives_the_caller_its_own_words_back(openai_client, upstream):
    answer = ask(openai_client, NOTE).choices[0].message.content
    assert answer == NOTE
    assert absent(upstream.received) == []
    for kept in KEPT:
        assert kept in upstream.requests[0]["body"]["messages"][0]["content"]


def test_chat_streams_the_callers_own_words(openai_client, upstream):
    assert streamed(openai_client, NOTE) == NOTE
    assert absent(upstream.received) == []


def test_one_byte_at_a_time(openai_client, upstream):
    assert streamed(openai_client, NOTE, "dribble") == NOTE


def test_neither_the_key_nor_the_clients_headers_reach_the_vendor(openai_client, house, upstream):
    ask(openai_client.with_options(default_headers={"X-Covenant-Patient": "patient-77-secret", "Cookie": "a=b", "X-Custom": "Okonkwo"}), NOTE)
    headers = upstream.requests[0]["headers"]
    assert house.key not in upstream.received.decode("latin-1")
    assert b"patient-77-secret" not in upstream.received
    assert not [name for name in headers if name.startswith(("x-covenant", "x-stainless", "cookie", "x-custom"))]


def test_an_appended_history_keeps_its_numbers(openai_client, upstream):
    first = [{"role": "user", "content": NOTE}]
    openai_client.chat.completions.create(model="gpt", messages=first)
    longer = first + [{"role": "assistant", "content": "Noted for Margaret Okonkwo."}, {"role": "user", "content": "Also call her son Chidi Okonkwo at (503) 555-0198."}]
    openai_client.chat.completions.create(model="gpt", messages=longer)
    sent = [request["body"]["messages"] for request in upstream.requests]
    assert sent[0][0] == sent[1][0]
    assert absent(upstream.received, SECRETS + ["Chidi", "555-0198"]) == []


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices(openai_client, stream):
    if not stream:
        assert [choice.message.content for choice in ask(openai_client, NOTE, n=3).choices] == [NOTE] * 3
        return
    texts = {}
    for event in ask(openai_client, NOTE, n=2, stream=True):
        for choice in event.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    assert texts == {0: NOTE, 1: NOTE}


TOOL = {"type": "function", "function": {"name": "save_note", "description": "Saves a note", "parameters": {"type": "object", "properties": {"note": {"type": "string"}, "count": {"type": "integer"}}}}}


@pytest.mark.parametrize("stream", [False, True])
def test_tool_arguments_are_valid_json_with_the_callers_words(openai_client, upstream, stream):
    note = NOTE.replace("Margaret", 'Margaret "Peggy"')
    if stream:
        events = ask(openai_client, note, tools=[TOOL], tool_choice="required", stream=True)
        arguments = "".join(call.function.arguments or "" for e in events if e.choices for call in e.choices[0].delta.tool_calls or [])
    else:
        call = ask(openai_client, note, tools=[TOOL], tool_choice="required").choices[0].message.tool_calls[0]
        assert call.id == "call_abc123DEF456" and call.function.name == "save_note"
        arguments = call.function.arguments
    assert json.loads(arguments) == {"note": note, "count": 2}
    assert absent(upstream.received) == []


def test_tool_results_are_screened(openai_client, upstream):
    call = {"id": "call_1", "type": "function", "function": {"name": "save_note", "arguments": json.dumps({"name": "Margaret Okonkwo", "mrn": 48211907, "ok": True})}}
    messages = [{"role": "user", "content": "Look her up"}, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"patient": {"name": "Margaret Okonkwo", "phone": "(503) 555-0172"}})}]
    status = None
    try:
        openai_client.chat.completions.create(model="gpt", messages=messages, tools=[TOOL])
    except openai.UnprocessableEntityError as refused:
        status = refused
    assert absent(upstream.received) == []
    if status is None:
        sent = upstream.requests[0]["body"]["messages"]
        assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"])["ok"] is True
        json.loads(sent[2]["content"])
    else:
        assert "mrn" in str(status)


def test_structured_output_comes_back_parsed_and_restored(openai_client, upstream):
    upstream.say = lambda body: json.dumps({"summary": body["messages"][-1]["content"], "days": 14})
    schema = {"type": "object", "properties": {"summary": {"type": "string"}, "days": {"type": "integer"}}, "required": ["summary", "days"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "visit", "strict": True, "schema": schema}}
    answer = ask(openai_client, NOTE, response_format=form).choices[0].message.content
    assert json.loads(answer) == {"summary": NOTE, "days": 14}


def test_a_name_in_an_enum_is_refused_with_its_path(openai_client, upstream):
    schema = {"type": "object", "properties": {"who": {"type": "string", "enum": ["Margaret Okonkwo", "none"]}}}
    form = {"type": "json_schema", "json_schema": {"name": "visit", "schema": schema}}
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        ask(openai_client, "Patient: Margaret Okonkwo. Who is it?", response_format=form)
    assert "enum" in str(refused.value) and "Okonkwo" not in str(refused.value)
    assert upstream.requests == []


def test_responses(openai_client, upstream):
    response = openai_client.responses.create(model="gpt", input=NOTE, instructions="Summarise for Dr. Henrik Solberg.")
    assert response.output_text == NOTE
    assert absent(upstream.received) == []
    assert upstream.requests[0]["body"]["store"] is False


def test_responses_stream(openai_client, upstream):
    with openai_client.responses.stream(model="gpt", input=[{"role": "user", "content": NOTE}]) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == NOTE and final.output_text == NOTE
    assert absent(upstream.received) == []


def test_responses_tool_call(openai_client):
    tool = {"type": "function", "name": "save_note", "parameters": {"type": "object", "properties": {"note": {"type": "string"}}}, "strict": False}
    response = openai_client.responses.create(model="gpt", input=NOTE, tools=[tool], tool_choice="required")
    assert json.loads(response.output[0].arguments) == {"note": NOTE, "count": 2}


def test_previous_response_is_refused_when_state_is_not_covered(openai_client, upstream):
    with pytest.raises(openai.UnprocessableEntityError):
        openai_client.responses.create(model="gpt", input="go on", previous_response_id="resp_1")
    assert upstream.requests == []


@pytest.mark.parametrize("tool", [{"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "file_search", "vector_store_ids": ["vs_1"]},
                                  {"type": "mcp", "server_label": "x", "server_url": "https://x.example/mcp", "require_approval": "never"}])
def test_vendor_side_tools_are_refused_by_name(openai_client, upstream, tool):
    with pytest.raises((openai.UnprocessableEntityError, openai.PermissionDeniedError)):
        openai_client.responses.create(model="gpt", input="hello", tools=[tool])
    assert upstream.requests == []


@pytest.mark.parametrize("stream", [False, True])
def test_completions(openai_client, upstream, stream):
    answer = openai_client.completions.create(model="gpt", prompt=NOTE, stream=stream)
    text = "".join(event.choices[0].text for event in answer if event.choices) if stream else answer.choices[0].text
    assert text == NOTE
    assert absent(upstream.received) == []


def test_embeddings(openai_client, upstream):
    answer = openai_client.embeddings.create(model="gpt", input=[NOTE, "Seen by Dr. Henrik Solberg."], encoding_format="float")
    assert len(answer.data) == 2
    assert absent(upstream.received) == []


def test_token_ids_are_refused(openai_client, upstream):
    with pytest.raises(openai.UnprocessableEntityError):
        openai_client.embeddings.create(model="gpt", input=[[1, 2, 3]], encoding_format="float")
    assert upstream.requests == []


def test_models_lists_the_aliases(openai_client):
    assert "gpt" in [model.id for model in openai_client.models.list()]


def test_user_and_metadata_leave_as_keyed_values(openai_client, upstream):
    ask(openai_client, "hello", user="margaret.okonkwo@example.org", metadata={"chart": "48211907"})
    body = upstream.requests[0]["body"]
    assert body["user"] != "margaret.okonkwo@example.org" and "48211907" not in json.dumps(body)


def test_an_image_is_refused_with_its_path(openai_client, upstream):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        openai_client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": [{"type": "text", "text": "see"}, part]}])
    assert "messages[0].content[1]" in str(refused.value)
    assert upstream.requests == []


def test_no_agreement_no_request(openai_client, upstream):
    with pytest.raises(openai.PermissionDeniedError) as refused:
        ask(openai_client, NOTE, "open")
    assert "uncovered" in str(refused.value) and absent(str(refused.value).encode()) == []
    assert upstream.requests == []


def test_a_wrong_key(house):
    client = openai.OpenAI(api_key="cov_aaaaaaaa_wrong", base_url=house.url + "/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        ask(client, "hello")


@pytest.mark.parametrize("purpose, error", [("marketing", openai.BadRequestError), ("payment", openai.PermissionDeniedError), ("research", openai.PermissionDeniedError)])
def test_purposes_not_given_are_refused(openai_client, upstream, purpose, error):
    with pytest.raises(error):
        ask(openai_client, NOTE, extra_headers={"X-Covenant-Purpose": purpose})
    assert upstream.requests == []


@pytest.mark.parametrize("model, error", [("redirect", openai.InternalServerError), ("html", openai.InternalServerError), ("nonsense", openai.InternalServerError),
                                          ("broken", openai.InternalServerError), ("stall", openai.InternalServerError), ("rate", openai.RateLimitError)])
def test_a_vendor_that_fails_gives_a_clear_error_without_phi(openai_client, upstream, model, error):
    with pytest.raises(error) as failed:
        ask(openai_client, NOTE, model)
    assert absent(str(failed.value).encode()) == []
    assert len(upstream.requests) == 1
    if model == "rate":
        assert failed.value.response.headers["retry-after"]


@pytest.mark.parametrize("model", ["cut", "hang", "malformed", "hugeline", "wrongtype"])
def test_a_stream_that_breaks_never_looks_complete(openai_client, model):
    with pytest.raises((openai.APIError, Exception)) as failed:
        text = streamed(openai_client, NOTE, model)
        assert text == NOTE, "no error was raised"
        raise AssertionError("the stream ended as if it were whole")
    assert not isinstance(failed.value, AssertionError), failed.value


def test_made_up_identifiers_are_removed_and_dates_are_flagged(openai_client, upstream):
    upstream.say = lambda body: "Call Priscilla Vandermeer at 415-203-8841, MRN 77120934. Seen 11/02/2023. In crisis call 988."
    for answer in [ask(openai_client, "Who should I call?").choices[0].message.content, streamed(openai_client, "Who should I call?")]:
        assert "415-203-8841" not in answer and "77120934" not in answer and "Vandermeer" not in answer
        assert "[removed by Covenant: PHONE]" in answer
        assert "11/02/2023" in answer and "988" in answer


def test_a_token_that_was_never_issued_is_not_restored(openai_client, upstream):
    upstream.say = lambda body: "See [NAME_9_AAAA] and [NAME_1_ZZZZ]."
    assert ask(openai_client, NOTE).choices[0].message.content == "See [NAME_9_AAAA] and [NAME_1_ZZZZ]."


def test_mangled_tokens_are_restored(openai_client, upstream):
    def mangle(body):
        text = body["messages"][-1]["content"]
        token = text[text.index("[NAME_") : text.index("]", text.index("[NAME_")) + 1]
        bare = token.strip("[]")
        return " | ".join([token.lower(), bare, bare.replace("_", " "), token.replace("_", "\\_").replace("[", "\\["), f"**{token}**", f"{token}'s"])

    upstream.say = mangle
    answer = ask(openai_client, "Patient: Margaret Okonkwo was seen.").choices[0].message.content
    assert answer.count("Margaret Okonkwo") == 6 and "NAME" not in answer.upper().replace("MARGARET", "")
