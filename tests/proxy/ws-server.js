// A server of `ws`: it echoes, refuses `/refused`, and writes what its sockets came to, a line of JSON each.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const say = (...told) => process.stdout.write(JSON.stringify(told) + '\n')
const http = createServer((request, response) => response.end('no socket'))
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true, handleProtocols: offered => [...offered].at(-1) })

http.on('upgrade', (request, socket, head) => {
  if (request.url === '/refused') {
    socket.end('HTTP/1.1 403 Forbidden\r\nX-Why: not today\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot today')
    return
  }
  sockets.handleUpgrade(request, socket, head, ws => {
    say('open', request.headers.origin ?? null, ws.extensions, ws.protocol)
    ws.on('message', (data, binary) => ws.send(data, { binary }))
    ws.on('pong', () => say('pong'))
    ws.on('close', (code, reason) => say('close', code, String(reason)))
    ws.ping()
  })
})
http.listen(0, '127.0.0.1', () => say('port', http.address().port))
