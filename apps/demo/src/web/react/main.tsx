import '../styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { DocumentsApp } from '../shared/documents-app.ts';
import { App } from './app.tsx';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the application.');
const app = new DocumentsApp('/react');
app.start();
createRoot(target).render(
  <StrictMode>
    <App app={app} />
  </StrictMode>,
);
