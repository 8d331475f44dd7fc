"""A model vendor on loopback that records every byte it receives and misbehaves on request.

The behaviour is the first part of the path, so that one server plays many vendors: a model whose upstream is
`http://127.0.0.1:PORT/dribble/v1` is answered one byte at a time. The answer's text is what the user said last
(`echo`), or what the test has put into `Upstream.say`.
"""

import asyncio
import json
import threading


class Upstream:
    """The server; `received` holds the raw bytes of every request, `requests` the parsed ones."""

    def __init__(self):
        self.received = bytearray()
        self.requests = []
        self.say = None  # a function (request body) -> text, instead of the echo
        self.closed_early = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()
        self._ready.wait()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def base(self, behaviour="echo"):
        return f"http://127.0.0.1:{self.port}/{behaviour}/v1"

    def forget(self):
        self.received.clear()
        self.requests.clear()
        self.say = None
        self.closed_early = 0

    async def _serve(self, reader, writer):
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed_early += 1
        finally:
            writer.close()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
        if not head:
            return False
        self.received += head
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = await self._body(reader, headers)
        parsed = json.loads(body) if body else None
        self.requests.append({"method": method, "path": path, "headers": headers, "body": parsed})
        behaviour, _, rest = path.lstrip("/").partition("/")
        return await self._answer(writer, behaviour, "/" + rest, parsed)

    async def _body(self, reader, headers):
        if headers.get("transfer-encoding") == "chunked":
            body = bytearray()
            while True:
                size = int((await reader.readline()).strip() or b"0", 16)
                body += await reader.readexactly(size)
                await reader.readline()
                if size == 0:
                    break
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received += body
        return bytes(body)

    async def _answer(self, writer, behaviour, path, body):
        refusal = {"rate": (429, "Too Many Requests"), "broken": (500, "Internal Server Error"), "overloaded": (529, "Overloaded")}
        if behaviour in refusal:
            status, words = refusal[behaviour]
            said = last_user_text(body) or ""
            return await plain(writer, status, words, {"error": {"message": f"vendor says no to: {said}", "type": "x"}}, "Retry-After: 7\r\n")
        if behaviour == "redirect":
            return await plain(writer, 307, "Temporary Redirect", {}, f"Location: http://127.0.0.1:{self.port}/echo{path}\r\n")
        if behaviour == "stall":
            await asyncio.sleep(3600)
        if behaviour == "html":
            return await plain(writer, 200, "OK", "<html>maintenance</html>", kind="text/html")
        if behaviour == "nonsense":
            return await plain(writer, 200, "OK", "{not json")
        text = self.say(body) if self.say else last_user_text(body)
        if isinstance(body, dict) and body.get("stream"):
            return await self._stream(writer, behaviour, path, body, text)
        return await plain(writer, 200, "OK", whole(path, body, text))

    async def _stream(self, writer, behaviour, path, body, text):
        kind = "text/plain" if behaviour == "wrongtype" else "text/event-stream"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        wire = b"".join(frame(name, event) for name, event in events(path, body, text, piece=3))
        if behaviour == "malformed":
            wire = wire[: len(wire) // 2] + b"data: {broken\n\ngarbage without colon\n\n" + wire[len(wire) // 2 :]
        if behaviour == "hugeline":
            wire = b"data: " + b"x" * (64 << 20) + b"\n\n" + wire
        if behaviour == "dribble":
            for i in range(len(wire)):
                writer.write(wire[i : i + 1])
                if i % 7 == 0:
                    await writer.drain()
                    await asyncio.sleep(0)
        elif behaviour == "cut":
            writer.write(wire[: len(wire) * 2 // 3])
            await writer.drain()
            writer.transport.abort()
            return False
        elif behaviour == "hang":
            writer.write(wire[: len(wire) // 2])
            await writer.drain()
            await asyncio.sleep(3600)
        elif behaviour == "slow":
            for part in wire.split(b"\n\n"):
                if part:
                    writer.write(part + b"\n\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
        else:
            writer.write(wire)
        await writer.drain()
        return False


async def plain(writer, status, words, value, extra="", kind="application/json"):
    data = (value if isinstance(value, str) else json.dumps(value)).encode()
    head = f"HTTP/1.1 {status} {words}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
    writer.write(head.encode() + data)
    await writer.drain()
    return True


def frame(name, event):
    data = event if isinstance(event, str) else json.dumps(event)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def content_text(content):
    if isinstance(content, str):
        return content
    return "".join(p.get("text", "") for p in content or [] if isinstance(p, dict))


def last_user_text(body):
    if not isinstance(body, dict):
        return None
    if isinstance(body.get("messages"), list):
        users = [m for m in body["messages"] if m.get("role") == "user"]
        return content_text(users[-1]["content"]) if users else ""
    if "prompt" in body:
        return body["prompt"] if isinstance(body["prompt"], str) else "".join(body["prompt"])
    given = body.get("input")
    if isinstance(given, str):
        return given
    if isinstance(given, list) and given and isinstance(given[-1], dict):
        return content_text(given[-1].get("content"))
    return "".join(given) if isinstance(given, list) else ""


def usage_openai():
    return {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def called_tool(body, text):
    """A tool call whose arguments carry the text, when the request offers tools and says so."""
    tools = (body or {}).get("tools")
    if not tools or "tool_choice" not in body:
        return None
    tool = tools[0]
    return tool.get("function", tool)["name"], json.dumps({"note": text, "count": 2})


def whole(path, body, text):
    model = (body or {}).get("model", "m")
    if path.endswith("/embeddings"):
        given = body["input"] if isinstance(body["input"], list) else [body["input"]]
        data = [{"object": "embedding", "index": i, "embedding": [0.25, -0.5, 1.0]} for i, _ in enumerate(given)]
        return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": 7, "total_tokens": 7}}
    if path.endswith("/messages/count_tokens"):
        return {"input_tokens": 42}
    if path.endswith("/messages"):
        tool = called_tool(body, text)
        block = {"type": "text", "text": text}
        if tool:
            block = {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": tool[0], "input": json.loads(tool[1])}
        return {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": model, "content": [block],
                "stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None, "usage": {"input_tokens": 7, "output_tokens": 5}}
    if path.endswith("/responses"):
        return response_object(body, text, "completed")
    if path.endswith("/chat/completions"):
        choices = []
        for i in range(body.get("n") or 1):
            tool = called_tool(body, text)
            message = {"role": "assistant", "content": None if tool else text, "refusal": None}
            if tool:
                message["tool_calls"] = [{"id": "call_abc123DEF456", "type": "function", "function": {"name": tool[0], "arguments": tool[1]}}]
            choices.append({"index": i, "message": message, "finish_reason": "tool_calls" if tool else "stop", "logprobs": None})
        return {"id": "chatcmpl-123", "object": "chat.completion", "created": 1, "model": model, "choices": choices, "usage": usage_openai()}
    choices = [{"index": i, "text": text, "finish_reason": "stop", "logprobs": None} for i in range(body.get("n") or 1)]
    return {"id": "cmpl-123", "object": "text_completion", "created": 1, "model": model, "choices": choices, "usage": usage_openai()}


def response_object(body, text, status):
    output = []
    if status == "completed":
        tool = called_tool(body, text)
        if tool:
            output = [{"type": "function_call", "id": "fc_123", "call_id": "call_abc123DEF456", "name": tool[0], "arguments": tool[1], "status": "completed"}]
        else:
            part = {"type": "output_text", "text": text, "annotations": []}
            output = [{"type": "message", "id": "msg_123", "role": "assistant", "status": "completed", "content": [part]}]
    return {"id": "resp_123", "object": "response", "created_at": 1, "status": status, "model": body.get("model", "m"), "output": output,
            "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0,
            "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "usage": {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}}


def pieces(text, size):
    return [text[i : i + size] for i in range(0, len(text), size)]


def events(path, body, text, piece):
    if path.endswith("/messages"):
        yield from anthropic_events(body, text, piece)
    elif path.endswith("/responses"):
        yield from responses_events(body, text, piece)
    elif path.endswith("/chat/completions"):
        yield from chat_events(body, text, piece)
    else:
        for part in pieces(text, piece):
            yield None, {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [{"index": 0, "text": part, "finish_reason": None, "logprobs": None}]}
        yield None, {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [{"index": 0, "text": "", "finish_reason": "stop", "logprobs": None}]}
        yield None, "[DONE]"


def chat_events(body, text, piece):
    def chunk(index, delta, finish=None):
        choices = [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}]
        return None, {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}

    count = body.get("n") or 1
    tool = called_tool(body, text)
    for i in range(count):
        yield chunk(i, {"role": "assistant", "content": None if tool else ""})
    if tool:
        yield chunk(0, {"tool_calls": [{"index": 0, "id": "call_abc123DEF456", "type": "function", "function": {"name": tool[0], "arguments": ""}}]})
        for part in pieces(tool[1], piece):
            yield chunk(0, {"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    else:
        for part in pieces(text, piece):
            for i in range(count):
                yield chunk(i, {"content": part})
    for i in range(count):
        yield chunk(i, {}, "tool_calls" if tool else "stop")
    if (body.get("stream_options") or {}).get("include_usage"):
        yield None, {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage_openai()}
    yield None, "[DONE]"


def anthropic_events(body, text, piece):
    tool = called_tool(body, text)
    start = {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
             "stop_sequence": None, "usage": {"input_tokens": 7, "output_tokens": 1}}
    yield "message_start", {"type": "message_start", "message": start}
    block = {"type": "text", "text": ""}
    if tool:
        block = {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": tool[0], "input": {}}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
    yield "ping", {"type": "ping"}
    for part in pieces(tool[1] if tool else text, piece):
        delta = {"type": "input_json_delta", "partial_json": part} if tool else {"type": "text_delta", "text": part}
        yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    yield "message_delta", {"type": "message_delta", "delta": {"stop_reason": "tool_use" if tool else "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 5}}
    yield "message_stop", {"type": "message_stop"}


def responses_events(body, text, piece):
    number = iter(range(1 << 30))

    def event(kind, **fields):
        return kind, {"type": kind, "sequence_number": next(number), **fields}

    yield event("response.created", response=response_object(body, "", "in_progress"))
    item = {"type": "message", "id": "msg_123", "role": "assistant", "status": "in_progress", "content": []}
    where = {"item_id": "msg_123", "output_index": 0, "content_index": 0}
    tool = called_tool(body, text)
    if tool:
        item = {"type": "function_call", "id": "fc_123", "call_id": "call_abc123DEF456", "name": tool[0], "arguments": "", "status": "in_progress"}
        yield event("response.output_item.added", output_index=0, item=item)
        for part in pieces(tool[1], piece):
            yield event("response.function_call_arguments.delta", item_id="fc_123", output_index=0, delta=part)
        yield event("response.function_call_arguments.done", item_id="fc_123", output_index=0, arguments=tool[1], name=tool[0])
        yield event("response.output_item.done", output_index=0, item={**item, "arguments": tool[1], "status": "completed"})
    else:
        yield event("response.output_item.added", output_index=0, item=item)
        yield event("response.content_part.added", **where, part={"type": "output_text", "text": "", "annotations": []})
        for part in pieces(text, piece):
            yield event("response.output_text.delta", **where, delta=part, logprobs=[])
        yield event("response.output_text.done", **where, text=text, logprobs=[])
        done = {"type": "output_text", "text": text, "annotations": []}
        yield event("response.content_part.done", **where, part=done)
        yield event("response.output_item.done", output_index=0, item={**item, "status": "completed", "content": [done]})
    yield event("response.completed", response=response_object(body, text, "completed"))
