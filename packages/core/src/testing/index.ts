export { type SimulatedClock, settle, simulatedClock } from './simulated-clock.ts';
