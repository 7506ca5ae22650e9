import { HttpJobClient } from '@offstage/http/client';
import { mount } from 'svelte';
import { printBook } from '../src/jobs.ts';
import App from './app.svelte';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
// Whoever loads the page again goes on where they were.
const [latest] = await client.list({ name: printBook.name, limit: 1 });
const target = document.getElementById('root');
if (target !== null) mount(App, { target, props: { client, version, latestId: latest?.id } });
