// Better Auth with addresses and passwords, its memory adapter and its own Node handler, in Express, as its
// documentation has it.
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import cors from 'cors'
import express from 'express'

const port = Number(process.env.PORT)
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'of-a-server-for-a-test-that-nobody-else-reaches',
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  trustedOrigins: ['http://localhost:3000'],
  telemetry: { enabled: false },
})
const handle = toNodeHandler(auth)
const app = express()
app.use(cors({ origin: 'http://localhost:3000', credentials: true }))
// Express 4 hands on no error of a promise.
app.all('/api/auth/*', (request, response, next) => handle(request, response).catch(next))
app.listen(port, '127.0.0.1')
