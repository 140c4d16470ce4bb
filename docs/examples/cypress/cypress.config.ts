import {devkit} from '@devkit/test/cypress/node';
import {defineConfig} from 'cypress';

export default defineConfig({
  e2e: {
    baseUrl: 'http://localhost:5173',
    setupNodeEvents: (on, config) => devkit(on, config),
  },
});
