import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the application.');
createRoot(target).render(
  <StrictMode>
    <h1>Documents</h1>
  </StrictMode>,
);
