import { handleJobs } from '../../utils/printing.ts';

export default defineEventHandler((event) => handleJobs(toWebRequest(event)));
