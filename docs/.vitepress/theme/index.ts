/// <reference types="vite/client" />
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import './style.css';
import { MermaidPicture } from './mermaid-picture.ts';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('MermaidPicture', MermaidPicture);
  },
} satisfies Theme;
