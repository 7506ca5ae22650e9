/** Milliseconds since the Unix epoch, new each second while `isTicking()`. */
export function currentTime(isTicking: () => boolean): () => number {
  let now = $state(Date.now());
  $effect(() => {
    if (!isTicking()) return;
    now = Date.now();
    const timer = setInterval(() => {
      now = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  });
  return () => now;
}
