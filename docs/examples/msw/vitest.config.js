import devkit from '@devkit/test/vitest/plugin';
import {defineConfig} from 'vitest/config';

export default defineConfig({plugins: [devkit()]});
