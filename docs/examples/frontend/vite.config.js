// Calls of `/api` go to the backend, and say which page they come from: by that devkit knows the sandbox.
const backend = process.env.DEVKIT_TEST_URL ?? 'http://localhost:8000';

export default {
  server: {proxy: {'/api': backend}},
};
