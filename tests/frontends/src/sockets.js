// One WebSocket for each library, as its documentation has it: each subscribes whenever it is open.
import PartySocket, {WebSocket as Reconnecting} from 'partysocket';
import ReconnectingWebSocket from 'reconnecting-websocket';

const subscribes = socket => socket.addEventListener('open', () => socket.send('{"type": "subscribe", "topics": ["tasks"]}'));

export const sockets = {
  WebSocket: url => subscribes(new WebSocket(url)),
  'reconnecting-websocket': url => subscribes(new ReconnectingWebSocket(url)),
  partysocket: url => subscribes(new (Reconnecting ?? PartySocket)(url)),
};
