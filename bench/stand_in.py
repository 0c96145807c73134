"""A stand-in for Stripe's API that knows every answer beforehand: it costs next to nothing and answers at once.

An answer is kept by its path, or, for a list, by path and the one thing it is filtered by: `/v1/refunds?ch_1`. As a
process of its own: `python -m bench.stand_in PORT FILE`, FILE holding the answers as JSON.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

FILTERS = ("subscription", "charge", "source", "payment_intent", "payment[payment_intent]")
MISSING = b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such thing"}}'

Answers = dict[str, bytes]


def put(answers: Answers, path: str, thing: Any) -> None:
    """From now on this is what is answered."""
    answers[path] = json.dumps(thing).encode()


def _key(target: str) -> str:
    path, _, query = target.partition("?")
    params = dict(parse_qsl(query))
    return next((f"{path}?{params[name]}" for name in FILTERS if name in params), path)


async def _listen(answers: Answers, port: int) -> asyncio.Server:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = answers.get(_key(head.split(b" ", 2)[1].decode()))
                status = "404 Not Found" if body is None else "200 OK"
                body = MISSING if body is None else body
                lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(lines.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return await asyncio.start_server(converse, "127.0.0.1", port)


@contextmanager
def listening(answers: Answers) -> Iterator[str]:
    """Answers in a thread of this process, as long as the block lasts; what is put meanwhile is answered next."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_listen(answers, 0), loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve(port: int, answers: Answers) -> None:
    server = await _listen(answers, port)
    await server.serve_forever()


if __name__ == "__main__":
    known = {path: json.dumps(thing).encode() for path, thing in json.loads(Path(sys.argv[2]).read_text()).items()}
    asyncio.run(_serve(int(sys.argv[1]), known))
