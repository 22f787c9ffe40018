import type { FaultReport, Hold, ProposalRecord, Suspension } from '../model/index.ts';

/** What `status`, `/api/v1/status` and the dashboard show. Times are ISO 8601 in UTC. */
export interface StatusView {
  readonly site: string;
  readonly trust: string;
  readonly acceptedHead: string | undefined;
  /** Older than the accepted head while the newest policy has findings. */
  readonly policyInForce: string | undefined;
  /** What the newest policy does not pass, `file:line:col CODE message`. */
  readonly findings: readonly string[];
  readonly upstreams: readonly UpstreamRow[];
  readonly channels: readonly ChannelRow[];
  readonly proposals: readonly OpenProposal[];
  readonly holds: readonly Hold[];
  readonly suspensions: readonly Suspension[];
  /** Steps that the next pass would do. */
  readonly pending: number;
}

/** An open proposal; its channel's resulting content is at `/proposals/<number>/<channel>.repo`. */
export type OpenProposal = Pick<ProposalRecord, 'number' | 'title' | 'branch' | 'edited'> & {
  readonly channel: string;
};

export interface UpstreamRow {
  readonly name: string;
  readonly packages: number | undefined;
  readonly snapshot: string | undefined;
  readonly taken: string | undefined;
  readonly refused: number;
  readonly fault: FaultReport | undefined;
}

export interface ChannelRow {
  readonly name: string;
  readonly generation: number | undefined;
  readonly published: string | undefined;
  readonly packages: number;
  readonly commit: string | undefined;
  /** Address of its .repo file. */
  readonly url: string;
  /** Holds of this channel. */
  readonly waiting: number;
  /** Published generations with their size, oldest first, for the plot. */
  readonly sizes: readonly { readonly generation: number; readonly packages: number }[];
}
