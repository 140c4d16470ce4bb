// One way to read a streamed answer for each library; each throws where that did not end as it should.
import {fetchEventSource} from '@microsoft/fetch-event-source';
import OpenAI from 'openai';

const asked = {model_id: 'llama2', stream: true, max_tokens: 16, prompt: 'How do I begin?'};
const init = token => ({method: 'POST', headers: {'Content-Type': 'application/json', Authorization: `Bearer ${token}`}, body: JSON.stringify(asked)});

export const streams = {
  async fetch(api, token) {
    const answer = await fetch(`${api}/chat/completions`, init(token));
    let text = '';
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    if (!text.includes('[DONE]')) throw new Error('half an answer');
  },
  async 'fetch-event-source'(api, token) {
    let done = false;
    await fetchEventSource(`${api}/chat/completions`, {...init(token), openWhenHidden: true, onmessage: event => { done ||= event.data === '[DONE]'; }});
    if (!done) throw new Error('half an answer');
  },
  async openai(api, token) {
    const client = new OpenAI({baseURL: api, apiKey: token, dangerouslyAllowBrowser: true, timeout: 8000});
    let finished = false;
    for await (const part of await client.chat.completions.create(asked)) finished ||= part.choices?.[0]?.finish_reason != null;
    if (!finished) throw new Error('half an answer');
  },
};
