import type { FaultReport } from './fault.ts';

/** Progress and events for people; the core never prints. */
export type Event =
  | {
      readonly kind: 'progress';
      readonly task: string;
      readonly done: number;
      readonly total: number;
      readonly unit: 'bytes' | 'packages' | 'files' | 'builds';
    }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string; readonly fault?: FaultReport };
