export { default } from './[...].ts';
