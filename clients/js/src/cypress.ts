/// <reference types="cypress" />
// For the support file: `import '@devkit/test/cypress'`. Each test has a backend of its own.
import {answered, wired, type Answer, type Input, type OperationId, type Schemas, type WireAnswer} from './control.js';
import {lines} from './journal.js';
import {DrillFailed, type Report, type SandboxOptions} from './sandbox.js';

declare global {
  namespace Cypress {
    interface Chainable {
      /** The test's sandbox. */
      devkit(): Chainable<Schemas['Sandbox']>;
      /** An operation of the control API on it: `cy.devkit('scenario.use', {name: 'maintenance'})`. */
      devkit<Id extends OperationId>(id: Id, input?: Input<Id>): Chainable<Answer<Id>>;
      /** Play a scenario while the commands of `use` run, and judge what the frontend did. */
      devkitDrill(scenario: string, use: () => void): Chainable<Report>;
    }
    interface TestConfigOverrides {
      /** How the test's sandbox is made. */
      devkit?: SandboxOptions;
    }
  }
}

/** Calls that belong to the backend: Cypress's proxy adds the sandbox to them, behind the browser's own checks. */
const BACKEND = ['**/api/**', '**/ws'];

let sandbox: Schemas['Sandbox'] | undefined;

function call<Id extends OperationId>(id: Id, input?: Input<Id>, of = sandbox?.id): Cypress.Chainable<Answer<Id>> {
  return cy
    .task<WireAnswer>('devkit:call', wired(id, input, of), {log: false})
    .then((answer) => cy.wrap(answered<Id>(answer, of), {log: false}));
}

Cypress.Commands.add('devkit', ((id?: OperationId, input?: Input<OperationId>) =>
  id === undefined ? cy.wrap(sandbox, {log: false}) : call(id, input)) as never);

Cypress.Commands.add('devkitDrill', (scenario: string, use: () => void) => {
  call('drill.start', {scenario, early: false, timeout: '10m'}).then(({id}) => {
    cy.then(use);
    call('drill.finish', {id}).then((report) => {
      call('drill.delete', {id}).then(() => {
        if (report.verdict !== 'passed') throw new DrillFailed(report);
        return cy.wrap(report, {log: false});
      });
    });
  });
});

beforeEach(() => {
  const named = Cypress.env('devkitNamed') as string | undefined;
  const wish = (Cypress.config() as Cypress.TestConfigOverrides).devkit;
  const found = named === undefined ? call('sandbox.create', {ttl: '1h', ...wish}, 'main') : call('sandbox.show', {id: named}, 'main');
  found.then((made) => {
    sandbox = made;
    for (const url of BACKEND) {
      cy.intercept({url, middleware: true}, (request) => {
        Object.assign(request.headers, made.header);
      });
    }
  });
});

afterEach(function () {
  const mine = sandbox;
  if (mine === undefined) return;
  if (this.currentTest?.state === 'failed') {
    call('journal.list', {limit: 1000}).then(({data}) => {
      const text = `devkit's journal of ${mine.id}, ${this.currentTest?.fullTitle()}:\n${lines(data.reverse())}`;
      cy.task('devkit:tell', text, {log: false});
    });
  }
  if (Cypress.env('devkitNamed') === undefined) call('sandbox.delete', {id: mine.id}, 'main');
  cy.then(() => {
    sandbox = undefined;
  });
});
