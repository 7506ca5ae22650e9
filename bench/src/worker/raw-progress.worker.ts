import { parentPort } from 'node:worker_threads';

// The peer of the progress bench: one message for every report.
parentPort?.on('message', (reports: number) => {
  const startedAt = performance.now();
  for (let i = 1; i <= reports; i++) {
    parentPort?.postMessage({
      phase: 'work',
      percent: (100 * i) / reports,
      message: 'Page 7 of 9',
    });
  }
  parentPort?.postMessage({ perSecond: (reports / (performance.now() - startedAt)) * 1000 });
});
