import '@devkit/test/cypress';
