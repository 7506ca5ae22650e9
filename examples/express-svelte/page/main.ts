import { mount } from 'svelte';
import App from './app.svelte';

const target = document.getElementById('root');
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
if (target !== null) mount(App, { target, props: { version } });
