"""supertest's agent, which drops Secure cookies over http (its jar is cookiejar's)."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import EMAIL, PASSWORD, StartServer
from tests.node import node_modules, run_node


async def test_a_session_in_a_cookie_comes_back_in_supertest(start: StartServer, cache: pytest.Cache) -> None:
    folder = node_modules(cache, "supertest", "supertest@7.2.2")
    script = """
        import supertest from "supertest";
        const agent = supertest.agent(process.argv[1]);
        await agent.post("/api/auth/login").send({email: process.argv[2], password: process.argv[3]}).expect(200);
        console.log((await agent.get("/api/tasks")).status);
    """
    async with start(cookies_secure="auto") as client:
        assert (await asyncio.to_thread(run_node, folder, script, client.url, EMAIL, PASSWORD)).strip() == "200"
