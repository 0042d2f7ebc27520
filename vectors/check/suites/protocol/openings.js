// invalid/messages.json: messages, queries and signed requests in another context.
import { utf8 } from '../../lib/bytes.js';
import { decode, KIND } from '../../lib/codec.js';
import * as dem from '../../lib/dem.js';
import * as hpke from '../../lib/hpke.js';
import { openMessage, types as messages } from '../../lib/messages.js';
import { types as payloads } from '../../lib/protocol/payloads.js';
import { checkSignature } from '../../lib/sign.js';
import { searchStatementOf } from './grants.js';
import { contentsAad, contentsInfo, forwardStatementOf, queryStatementOf } from './messages.js';
import { fetchStatementOf, responseContextOf, uploadStatementOf } from './objects.js';

const chainOf = (context) => utf8(context.text('chain'));

const payloadOf = (kind) => {
  const found = Object.values(payloads).find((type) => type.kind === kind);
  if (!found) throw new Error(`unknown purpose ${kind}`);
  return found;
};

function checkFetch(chain, keeper, fetch) {
  const statement = fetchStatementOf(chain, keeper, fetch);
  checkSignature(fetch.signer, 'SIGN_FETCH', [statement], fetch.signed);
}

const readers = {
  'message: open': (context) => {
    const type = payloadOf(context.text('purpose'));
    const receiver = {
      chain: chainOf(context),
      purpose: KIND[type.kind],
      receiver: context.bytes('receiver'),
      seed: context.bytes('receiver_hpke_seed'),
    };
    return (bytes) => {
      decode(type, openMessage(receiver, decode(messages.sealedMessage, bytes)).payload);
    };
  },
  'query: open contents': (context) => {
    const [info, seed] = [contentsInfo(chainOf(context)), context.bytes('patient_hpke_seed')];
    const aad = contentsAad(
      context.bytes('reader'), context.bytes('pseudonym_name'), context.number('time'));
    return (bytes) => {
      decode(payloads.queryContents, hpke.open(seed, info, aad, bytes));
    };
  },
  'query: verify': (context) => {
    const chain = chainOf(context);
    return (bytes) => {
      const { query, manager, signed } = decode(payloads.forwardedQuery, bytes);
      checkSignature(manager, 'SIGN_FORWARD', [forwardStatementOf(chain, query)], signed);
      checkSignature(query.reader, 'SIGN_QUERY', [queryStatementOf(chain, query)], query.signed);
    };
  },
  'search: verify': (context) => {
    const [chain, proxy] = [chainOf(context), context.bytes('proxy')];
    const reader = context.bytes('reader');
    return (bytes) => {
      const request = decode(payloads.searchRequest, bytes);
      const statement = searchStatementOf(chain, proxy, request);
      checkSignature(reader, 'SIGN_SEARCH', [statement], request.signed);
    };
  },
  'upload: verify': (context) => {
    const [chain, keeper] = [chainOf(context), context.bytes('keeper')];
    return (bytes) => {
      const upload = decode(messages.upload, bytes);
      const statement = uploadStatementOf(chain, keeper, upload);
      checkSignature(upload.author, 'SIGN_UPLOAD', [statement], upload.signed);
    };
  },
  'fetch: verify': (context) => {
    const [chain, keeper] = [chainOf(context), context.bytes('keeper')];
    return (bytes) => checkFetch(chain, keeper, decode(messages.fetch, bytes));
  },
  'fetch: open response': (context) => {
    const [chain, keeper] = [chainOf(context), context.bytes('keeper')];
    const fetch = decode(messages.fetch, context.bytes('fetch'));
    checkFetch(chain, keeper, fetch);
    const responseContext = responseContextOf(chain, keeper, fetch);
    const seed = context.bytes('response_seed');
    return (bytes) => {
      const { key, stream } = hpke.openStream(seed, responseContext, bytes);
      dem.open(key, responseContext, stream);
    };
  },
};

export default {
  suite: 'EPIONE-V1-MESSAGES',
  checks: 'messages, contents of queries, signatures, responses',
  readers,
};
