// One small client for each library, with what its own documentation recommends. Each has get, post and upload, which
// give the parsed answer or throw an error with a `status` (none where there was no answer).
import {QueryClient} from '@tanstack/query-core';
import axios from 'axios';
import axiosRetry, {exponentialDelay} from 'axios-retry';
import ky from 'ky';
import createClient from 'openapi-fetch';

const failure = status => Object.assign(new Error(`status ${status}`), {status});
const read = async answer => {
  if (!answer.ok) throw failure(answer.status);
  return answer.status === 204 ? null : answer.json();
};

/** Refresh once for all calls that failed together; `refresh` says whether it went well. */
const singleFlight = refresh => {
  let underWay = null;
  return () => (underWay ??= refresh().finally(() => { underWay = null; }));
};
const plainRefresh = api => () =>
  fetch(`${api}/auth/refresh`, {method: 'POST', credentials: 'include', body: '{}', headers: {'Content-Type': 'application/json'}})
    .then(answer => answer.ok, () => false);
const json = body => ({method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});

/** fetch and nothing else: no time-out, no repeat, no refresh. */
const fetchAlone = api => {
  const call = (path, init = {}) => fetch(api + path, {credentials: 'include', ...init}).then(read);
  return {get: path => call(path), post: (path, body) => call(path, json(body)), upload: form => call('/uploads', {method: 'POST', body: form})};
};

/** axios with axios-retry (3 repeats, exponential), a time-out, and an interceptor that refreshes. */
const axiosRetries = api => {
  const http = axios.create({baseURL: api, withCredentials: true, timeout: 4000});
  axiosRetry(http, {retries: 3, retryDelay: exponentialDelay});
  const refresh = singleFlight(() => http.post('/auth/refresh', {}, {'axios-retry': {retries: 0}}).then(() => true, () => false));
  http.interceptors.response.use(answer => answer, async error => {
    const {config, response} = error;
    if (response?.status === 401 && !config.refreshed && !config.url.startsWith('/auth/') | config.url === '/auth/me') {
      if (await refresh()) return http.request({...config, refreshed: true});
    }
    throw error;
  });
  const call = promise => promise.then(answer => answer.data, error => { throw failure(error.response?.status); });
  return {get: path => call(http.get(path)), post: (path, body) => call(http.post(path, body)), upload: form => call(http.post('/uploads', form, {timeout: 8000}))};
};

/** ky as it comes (2 repeats of what is idempotent, Retry-After, a time-out), with a hook that refreshes. */
const withKy = api => {
  const refresh = singleFlight(plainRefresh(api));
  const http = ky.create({
    credentials: 'include', timeout: 4000,
    hooks: {afterResponse: [async (...given) => {
      const [request, , response] = given.length > 1 ? given : [given[0].request, null, given[0].response];
      if (response.status !== 401 || request.headers.has('x-again') || /auth\/(login|refresh)/.test(request.url)) return undefined;
      if (!await refresh()) return undefined;
      const again = new Request(request); again.headers.set('x-again', '1');
      return fetch(again);
    }]},
  });
  const call = promise => promise.then(answer => answer.json()).catch(error => { throw failure(error.response?.status); });
  return {get: path => call(http.get(api + path)), post: (path, body) => call(http.post(api + path, {json: body})), upload: form => call(http.post(`${api}/uploads`, {body: form, timeout: 8000}))};
};

/** TanStack Query as it comes (3 repeats of queries, exponential; none of mutations) over a fetch that refreshes. */
const tanstack = api => {
  const refresh = singleFlight(plainRefresh(api));
  const call = async (path, init = {}) => {
    const send = () => fetch(api + path, {credentials: 'include', signal: AbortSignal.timeout(init.body instanceof FormData ? 8000 : 4000), ...init});
    let answer = await send();
    if (answer.status === 401 && path !== '/auth/login' && await refresh()) answer = await send();
    return read(answer);
  };
  const client = new QueryClient({defaultOptions: {queries: {retry: (count, error) => error.status !== 401 && count < 3}}});
  client.mount();
  const mutate = options => client.getMutationCache().build(client, options).execute();
  return {
    get: path => client.fetchQuery({queryKey: [path], queryFn: () => call(path), staleTime: 0}),
    post: (path, body) => mutate({mutationFn: () => call(path, json(body))}),
    upload: form => mutate({mutationFn: () => call('/uploads', {method: 'POST', body: form})}),
  };
};

/** openapi-fetch with a middleware that refreshes: no repeat, no time-out of its own. */
const openapiFetch = api => {
  const refresh = singleFlight(plainRefresh(api));
  const kept = new Map();
  const http = createClient({baseUrl: api, credentials: 'include'});
  http.use({
    onRequest: ({request, id}) => { kept.set(id, request.clone()); },
    onResponse: async ({response, id, schemaPath}) => {
      const again = kept.get(id); kept.delete(id);
      if (response.status === 401 && schemaPath !== '/auth/login' && await refresh()) return fetch(again);
      return undefined;
    },
  });
  const call = promise => promise.then(({data, response}) => { if (!response.ok) throw failure(response.status); return data; });
  return {
    get: path => call(http.GET(path)), post: (path, body) => call(http.POST(path, {body})),
    upload: form => call(http.POST('/uploads', {body: form, bodySerializer: body => body})),
  };
};

export const clients = {
  'fetch alone': fetchAlone, 'axios + axios-retry': axiosRetries, ky: withKy, 'TanStack Query': tanstack, 'openapi-fetch': openapiFetch,
};
