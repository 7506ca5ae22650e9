import { createContext, useContext } from 'react';
import type { DocumentsApp } from '../shared/documents-app.ts';

export const AppContext = createContext<DocumentsApp | undefined>(undefined);

export function useApp(): DocumentsApp {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('This component belongs below <App>.');
  return app;
}
