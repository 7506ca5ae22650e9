import { randomUUID } from 'node:crypto';
import { toNodeListener } from '@offstage/http/node';
import express from 'express';
import { currentBook, handleJobs, sessionCookie, sessionOf } from './manager.ts';

const app = express();
app.all('/jobs{/*path}', toNodeListener(handleJobs));
app.get('/current', async (_request, response) => {
  response.json(await currentBook());
});
app.get('/', (request, response, next) => {
  if (sessionOf(request.headers.cookie) === undefined) {
    response.setHeader('Set-Cookie', sessionCookie(randomUUID()));
  }
  next();
});
app.use(express.static('./dist'));
app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
