it('shows what was added', () => {
  cy.visit('/');
  cy.get('[name=title]').type('Buy milk{enter}');
  cy.get('li').first().should('have.text', 'Buy milk');
  cy.devkit('journal.list', {operation: 'tasks.create'}).its('data').should('have.length', 1);
});

it('says that the backend is down', () => {
  cy.visit('/');
  cy.get('[role=status]').should('have.text', 'Ready');
  cy.devkit('scenario.use', {name: 'maintenance'});
  cy.get('#reload').click();
  cy.get('[role=status]').should('have.text', 'The backend is down. Again in 5 s');
});

it('asks again for a list that breaks off', () => {
  cy.devkitDrill('truncated-json', () => {
    cy.visit('/');
    cy.get('li').should('have.length', 5);
  });
});
