import { handleJobs } from '../jobs.server.ts';
import type { Route } from './+types/jobs.ts';

// A route without a page: `loader` answers GET, `action` everything else.
export const loader = ({ request }: Route.LoaderArgs) => handleJobs(request);
export const action = ({ request }: Route.ActionArgs) => handleJobs(request);
