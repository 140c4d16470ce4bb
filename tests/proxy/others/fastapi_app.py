"""FastAPI on uvicorn, with what an app of a browser's asks of it: its address on standard output, one line."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import uvicorn
from fastapi import Cookie, FastAPI, Form, HTTPException, Request, Response, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Order(BaseModel):
    title: str
    quantity: int = 1


@app.post("/orders/", status_code=201)
async def create(order: Order) -> Order:
    return order


@app.get("/orders/")
async def orders(page: int = 1) -> dict[str, Any]:
    return {"page": page, "items": [{"id": n, "title": f"Order {n}"} for n in range(10)]}


@app.delete("/orders/{order_id}", status_code=204)
async def delete(order_id: int) -> None:
    if order_id == 404:
        raise HTTPException(404, "no such order", headers={"X-Why": "gone"})


@app.post("/login")
async def login(response: Response, name: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict[str, str]:
    if password != "right":
        raise HTTPException(401, "wrong", headers={"WWW-Authenticate": 'Basic realm="ours"'})
    response.set_cookie("session", f"of {name}", httponly=True, samesite="lax", max_age=3600)
    response.set_cookie("theme", 'da"rk; mode', samesite="strict")
    return {"hello": name}


@app.get("/me")
async def me(session: Annotated[str | None, Cookie()] = None) -> dict[str, str | None]:
    return {"session": session}


@app.get("/old")
async def old(request: Request) -> RedirectResponse:
    return RedirectResponse(request.url_for("me"), status_code=303)


@app.post("/files")
async def files(file: UploadFile, note: Annotated[str, Form()]) -> dict[str, Any]:
    content = await file.read()
    return {"name": file.filename, "size": len(content), "type": file.content_type, "sum": sum(content), "note": note}


@app.post("/raw")
async def raw(request: Request) -> dict[str, int]:
    return {"size": sum([len(chunk) async for chunk in request.stream()])}


@app.get("/events")
async def events() -> StreamingResponse:
    async def written() -> AsyncIterator[str]:
        for n in range(3):
            yield f'id: {n}\ndata: {{"n": {n}}}\n\n'
            await asyncio.sleep(0.05)

    return StreamingResponse(written(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@app.get("/steps")
async def steps() -> StreamingResponse:
    """The second piece comes when `/go` was asked for: a proxy that waits for more never shows the first."""
    go.clear()

    async def written() -> AsyncIterator[bytes]:
        yield b"first"
        await go.wait()
        yield b"second"

    return StreamingResponse(written(), media_type="application/octet-stream")


go = asyncio.Event()


@app.post("/go", status_code=204)
async def release() -> None:
    go.set()


@app.get("/broken")
async def broken() -> StreamingResponse:
    async def written() -> AsyncIterator[bytes]:
        yield b"some"
        raise RuntimeError("a bug of the app's")

    return StreamingResponse(written())


@app.get("/bug")
async def bug() -> None:
    raise RuntimeError("a bug of the app's")


@app.get("/source")
async def source() -> FileResponse:
    return FileResponse(__file__, filename="söurce.py")


@app.websocket("/live")
async def live(ws: WebSocket, token: str = "") -> None:
    if token != "right":
        await ws.close(4401)  # before it is accepted: the handshake is refused with 403
        return
    offered = ws.headers.get("sec-websocket-protocol", "")
    await ws.accept(subprotocol="chat" if "chat" in offered else None, headers=[(b"x-room", b"1")])
    try:
        while True:
            message = await ws.receive()
            if message.get("text") == "leave":
                await ws.close(4000, "as you like")
                return
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is not None:
                await ws.send_bytes(message["bytes"][::-1])
            else:
                await ws.send_json({"said": message["text"]})
    except WebSocketDisconnect:
        return


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run([listening])
