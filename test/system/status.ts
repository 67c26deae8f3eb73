// `syncctl status --json`, as the product promises it. Written out here and not imported: tests stand outside.
export interface StatusAnswer {
  readonly daemon: {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly pid: number;
    readonly uptime_s: number;
    readonly health: 'ok' | 'degraded' | 'failing';
  };
  readonly folders: readonly {
    readonly name: string;
    readonly path: string;
    readonly mode: string;
    readonly state: 'idle' | 'scanning' | 'syncing' | 'paused' | 'held' | 'halted' | 'error';
    readonly files: number;
    readonly bytes: number;
    readonly pending_files: number;
    readonly pending_bytes: number;
    readonly conflicts: number;
    readonly last_sync: string | null;
    readonly error: null | { readonly code: string; readonly message: string; readonly hint: string };
    readonly skipped: readonly { readonly path: string; readonly code: string }[];
    readonly peers: readonly {
      readonly id: string;
      readonly name: string;
      readonly role: string;
      readonly connected: boolean;
      readonly in_sync: boolean;
    }[];
  }[];
  readonly peers: readonly {
    readonly id: string;
    readonly name: string;
    readonly address: string | null;
    readonly connected: boolean;
    readonly since: string | null;
    readonly rtt_ms: number | null;
    readonly bytes_sent: number;
    readonly bytes_received: number;
  }[];
}
