import { HttpJobClient } from '@offstage/http/client';
import { jobsPlugin } from '@offstage/vue';
import { createApp } from 'vue';
import { printBook } from '../src/jobs.ts';
import App from './app.vue';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
// Whoever loads the page again goes on where they were.
const [latest] = await client.list({ name: printBook.name, limit: 1 });
createApp(App, { version, latestId: latest?.id }).use(jobsPlugin, { client }).mount('#root');
