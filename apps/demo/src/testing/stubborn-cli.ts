// A command whose work never notices that it is asked to stop.
import { stopOnSignal } from '../cli/stop-on-signal.ts';

setInterval(() => {}, 1000);
stopOnSignal({
  cancel: () => {
    console.log('canceling');
    // Long enough after the first signal for another one not to be its copy.
    setTimeout(() => console.log('still at it'), 350);
  },
  endAtOnce: () => console.log('ended at once'),
});
console.log('ready');
