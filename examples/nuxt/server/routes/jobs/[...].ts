import { toNodeListener } from '@offstage/http/node';
import { handleJobs } from '../../utils/printing.ts';

const answer = toNodeListener(handleJobs);

// Not by `toWebRequest`: of that, a stream would never hear that its reader has gone. The third parameter
// says that the answer takes its time.
export default fromNodeMiddleware((request, response, _next) => answer(request, response));
