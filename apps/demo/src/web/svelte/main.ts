import '../styles/index.css';
import { mount } from 'svelte';
import { DocumentsApp } from '../shared/documents-app.ts';
import App from './app.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the application.');
const app = new DocumentsApp('/svelte');
app.start();
mount(App, { target, props: { app } });
