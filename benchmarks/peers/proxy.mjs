// http-proxy-3 in front of a server: node proxy.mjs <port> <target port> [kept]
import http from "node:http";
import { createProxyServer } from "http-proxy-3";

const [port, target, kept] = process.argv.slice(2);
const agent = kept ? new http.Agent({ keepAlive: true }) : undefined;
createProxyServer({ target: `http://127.0.0.1:${target}`, agent }).listen(Number(port), "127.0.0.1");
