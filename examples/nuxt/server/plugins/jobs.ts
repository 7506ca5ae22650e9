import { manager } from '../utils/printing.ts';

/** Nitro ends the process once its hooks have: running jobs let their drafts go before. */
export default defineNitroPlugin(({ hooks }) => {
  hooks.hook('close', async () => {
    await manager.shutdown({ graceMs: 5000 });
  });
});
