// Node's `ws`: it refuses some, chooses subprotocols, fragments, pings, compresses and closes. Its address comes first.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const http = createServer((_, response) => response.writeHead(426, { Upgrade: "websocket" }).end("sockets only"));
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 300_000,
  perMessageDeflate: { threshold: 0 },
  handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
});
const REFUSED = {
  "/401": ["401 Unauthorized", "WWW-Authenticate: Bearer\r\nSet-Cookie: tried=1; Domain=localhost; Path=/"],
  "/302": ["302 Found", "Location: /elsewhere"],
  "/503": ["503 Service Unavailable", "Retry-After: 7"],
};

http.on("upgrade", (request, socket, head) => {
  const refusal = REFUSED[request.url];
  if (request.url === "/slam") return socket.destroy();
  if (refusal) {
    const [status, fields] = refusal;
    return socket.end(`HTTP/1.1 ${status}\r\n${fields}\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`);
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on("message", (data, binary) => {
      const said = String(data);
      if (said === "fragments") {
        for (const part of ["a", "ü".repeat(50_000), ""]) ws.send(part, { fin: false });
        return ws.send("z", { fin: true });
      }
      if (said === "burst") return void Array.from({ length: 200 }, (_, n) => ws.send(`${n}`));
      if (said === "ping") return ws.ping("are you there");
      if (said.startsWith("close ")) return ws.close(Number(said.slice(6)), "as you like");
      if (said === "no status") return ws.close();
      if (said === "terminate") return ws.terminate();
      if (said === "broken") return void socket.write(Buffer.from([0xc1, 0x00, 0xff]));
      ws.send(data, { binary });
    });
    ws.on("pong", (data) => ws.send(`pong ${data}`));
    ws.on("error", () => {});
  });
});
http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));
