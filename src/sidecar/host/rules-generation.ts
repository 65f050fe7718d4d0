import { NetlinkQuestions } from './netlink.ts';
import { readAttributes } from './netlink-attributes.ts';
import type { Namespace } from './netns.ts';

// linux/netfilter/nfnetlink.h and nf_tables.h: NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, NFTA_GEN_ID, struct nfgenmsg
const GET_GENERATION = (10 << 8) | 16;
const GENERATION_ID = 1;
const NFGENMSG_BYTES = 4;

/**
 * Which generation of its rules (nf_tables) a namespace has: the kernel counts every transaction, so with the same number
 * nobody has changed a rule. Undefined where the kernel does not tell. iptables-legacy's changes are not counted.
 * @throws EgressError NAMESPACE_GONE
 */
export function rulesGeneration(namespace: Namespace): number | undefined {
  const questions = new NetlinkQuestions('netfilter', namespace);
  try {
    const [answer] = questions.ask(GET_GENERATION, Buffer.alloc(NFGENMSG_BYTES)) ?? [];
    return answer && readAttributes(answer.body.subarray(NFGENMSG_BYTES)).get(GENERATION_ID)?.readUInt32BE(0);
  } finally {
    questions.close();
  }
}
