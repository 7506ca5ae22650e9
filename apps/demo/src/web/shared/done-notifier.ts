import { Store } from './store.ts';

/**
 * Tells by a notification of the system that a change has ended while its tab is hidden. Only whoever asks
 * for it is asked for the permission.
 */
export class DoneNotifier extends Store<'off' | 'on' | 'denied'> {
  constructor() {
    super('Notification' in globalThis && Notification.permission !== 'denied' ? 'off' : 'denied');
  }

  readonly ask = async (): Promise<void> => {
    const permission = await Notification.requestPermission();
    this.set(permission === 'granted' ? 'on' : permission === 'denied' ? 'denied' : 'off');
  };

  readonly tell = (title: string, body: string): void => {
    if (this.get() !== 'on' || document.visibilityState === 'visible') return;
    try {
      const notification = new Notification(title, { body, tag: 'offstage.change' });
      notification.onclick = () => window.focus();
    } catch {
      // Some systems let service workers alone notify; the page tells it all the same.
    }
  };
}

export const notifyLabel = 'Tell me when it is done';
export const notifyingText = 'You are told when it is done.';
