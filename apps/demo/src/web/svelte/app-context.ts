import { getContext, setContext } from 'svelte';
import type { DocumentsApp } from '../shared/documents-app.ts';

const key = Symbol('documents-app');

/** Gives the application to all components below. Call it while the outermost one initialises. */
export const setApp = (app: DocumentsApp): DocumentsApp => setContext(key, app);

/** The application that an outer component has given. Call it while a component initialises. */
export const getApp = (): DocumentsApp => getContext<DocumentsApp>(key);
