/// <reference types="cypress" />
import type {Wire} from './control.js';
import {transportTo} from './http.js';
import type {StartOptions} from './server.js';
import {share} from './shared.js';

/** For `setupNodeEvents`: `return devkit(on, config)`. One server for the run; `cy.devkit` reaches it by tasks. */
export async function devkit(
  on: Cypress.PluginEvents,
  config: Cypress.PluginConfigOptions,
  options: StartOptions = {},
): Promise<Cypress.PluginConfigOptions> {
  const {url, token, named} = await share(options);
  const transport = transportTo(url, token);
  on('task', {
    'devkit:call': (wire: Wire) => transport(wire),
    'devkit:tell': (text: string) => {
      console.log(text);
      return null;
    },
  });
  return {...config, env: {...config.env, devkitUrl: url, devkitNamed: named}};
}
