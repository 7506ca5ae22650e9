import { type JobClient, OffstageError } from '@offstage/core';
import { hasInjectionContext, type InjectionKey, inject, type Plugin, provide, toRaw } from 'vue';

// Known by its name, so that two copies of the package in one page mean the same client.
const key: InjectionKey<JobClient> = Symbol.for('offstage.vue.client');

/**
 * Gives all components of an application their job client. Make it once: another client is
 * another connection.
 *
 * @example
 * createApp(App).use(jobsPlugin, { client: new HttpJobClient({ baseUrl: '/jobs' }) });
 */
export const jobsPlugin: Plugin<[{ readonly client: JobClient }]> = {
  install: (app, { client }) => void app.provide(key, client),
};

/** Gives a client to the components below this one. Call it in `setup`. */
export function provideJobs<Client extends JobClient>(client: Client): Client {
  provide(key, client);
  return client;
}

/**
 * The client that is passed, or else the nearest one provided. Call it in `setup`.
 *
 * @throws OffstageError `invalid_option` when there is neither.
 */
export function useJobClient(client?: JobClient): JobClient {
  const found = client ?? (hasInjectionContext() ? inject(key, undefined) : undefined);
  // A client that stands in reactive state has private parts, which a proxy cannot reach.
  if (found !== undefined) return toRaw(found);
  throw new OffstageError(
    'invalid_option',
    'There is no job client. Call app.use(jobsPlugin, { client }), or provideJobs(client) in a component above this one, or pass the composable the option { client }.',
  );
}
