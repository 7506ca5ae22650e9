// What a transport sends and reads.

export {
  decodeActivity,
  decodeJobPoll,
  decodeJobView,
  decodeListResponse,
  decodePollManyRequest,
  decodePollManyResponse,
  decodeProblem,
  decodeStartRequest,
  type WirePoll,
  type WireStartRequest,
} from './decode.ts';
export {
  type Encoded,
  encodeActivity,
  encodeJobPoll,
  encodeJobView,
  encodeListResponse,
  encodePollManyRequest,
  encodePollManyResponse,
  encodeProblem,
  encodeStartRequest,
  type WireProblem,
} from './encode.ts';
