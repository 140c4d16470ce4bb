// Express with passport-local and sessions in cookies, as their documentations have it, with notes, files and a socket.
import { randomUUID } from 'node:crypto'
import cors from 'cors'
import express from 'express'
import session from 'express-session'
import multer from 'multer'
import passport from 'passport'
import { Strategy } from 'passport-local'

const users = new Map([['verify@example.com', { id: '1', email: 'verify@example.com', password: 'Verify-me-1!' }]])
passport.use(
  new Strategy({ usernameField: 'email' }, (email, password, done) => {
    const user = users.get(email)
    done(null, user?.password === password ? user : false)
  }),
)
passport.serializeUser((user, done) => done(null, user.email))
passport.deserializeUser((email, done) => done(null, users.get(email) ?? false))

const app = express()
app.use(cors({ origin: 'http://localhost:3000', credentials: true }))
app.use(express.json())
app.use(session({ secret: 'of-a-test', resave: false, saveUninitialized: false }))
app.use(passport.session())

const needsUser = (request, response, next) => (request.user ? next() : response.status(401).json({ error: 'unauthorized' }))
const shown = ({ id, email }) => ({ user: { id, email } })

app.post('/auth/login', passport.authenticate('local'), (request, response) => response.json(shown(request.user)))
app.get('/auth/me', needsUser, (request, response) => response.json(shown(request.user)))
app.post('/auth/logout', (request, response, next) => request.logout((error) => (error ? next(error) : response.sendStatus(204))))

const notes = new Map()
app.get('/notes', needsUser, (request, response) => {
  const page = Math.max(1, Number.parseInt(request.query.page ?? '1', 10) || 1)
  const limit = Math.min(100, Math.max(1, Number.parseInt(request.query.limit ?? '20', 10) || 20))
  const all = [...notes.values()]
  response.json({ data: all.slice((page - 1) * limit, page * limit), total: all.length })
})
app.post('/notes', needsUser, (request, response) => {
  if (typeof request.body?.title !== 'string') return response.status(400).json({ error: 'title is missing' })
  const note = { id: randomUUID(), title: request.body.title, text: request.body.text ?? null }
  notes.set(note.id, note)
  response.status(201).location(`/notes/${note.id}`).json(note)
})
app.get('/notes/:id', needsUser, (request, response) => {
  const note = notes.get(request.params.id)
  return note ? response.json(note) : response.status(404).json({ error: 'not found' })
})
app.patch('/notes/:id', needsUser, (request, response) => {
  const note = notes.get(request.params.id)
  if (!note) return response.status(404).json({ error: 'not found' })
  Object.assign(note, request.body, { id: note.id })
  response.json(note)
})
app.delete('/notes/:id', needsUser, (request, response) => response.sendStatus(notes.delete(request.params.id) ? 204 : 404))

const files = new Map()
app.post('/files', needsUser, multer({ storage: multer.memoryStorage() }).single('file'), (request, response) => {
  if (!request.file) return response.status(400).json({ error: 'no file' })
  const id = randomUUID()
  files.set(id, request.file)
  response.status(201).json({ id, filename: request.file.originalname, size: request.file.size, url: `/files/${id}` })
})
app.get('/files/:id', needsUser, (request, response) => {
  const file = files.get(request.params.id)
  if (!file) return response.status(404).json({ error: 'not found' })
  response.attachment(file.originalname).type(file.mimetype).send(file.buffer)
})

app.listen(Number(process.env.PORT), '127.0.0.1')
