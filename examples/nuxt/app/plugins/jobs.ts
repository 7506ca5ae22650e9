import { HttpJobClient } from '@offstage/http/client';
import { jobsPlugin } from '@offstage/vue';

/** A client for each page: on the server it asks nothing. */
export default defineNuxtPlugin(({ vueApp }) => {
  vueApp.use(jobsPlugin, { client: new HttpJobClient({ baseUrl: '/jobs' }) });
});
