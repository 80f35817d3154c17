"""What the outermost layer adds to an answer."""

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.responses import Response

from chassis.edge import Observed

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(("said", "kept"), [({}, "no-store"), ({"Cache-Control": "max-age=60"}, "max-age=60")])
async def test_each_answer_has_its_trace_and_is_not_kept_unless_it_says_so(said: dict[str, str], kept: str) -> None:
    response = Response("here", headers=said)
    async with AsyncClient(transport=ASGITransport(Observed(response, {})), base_url="http://surety") as client:
        for _ in range(2):  # an answer that goes out again has nothing of the first time
            answer = await client.get("/", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
            assert answer.text == "here"
            assert answer.headers.get_list("Trace-Id") == [TRACE]
            assert answer.headers.get_list("Cache-Control") == [kept]
