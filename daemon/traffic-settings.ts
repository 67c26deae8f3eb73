// What is set of limits and priorities: of the device, its peers and its folders.
import type { Config } from './config/config.ts';
import { UNLIMITED } from './core/bandwidth.ts';
import type { TrafficSettings } from './transfer/turns.ts';

export function trafficSettings({ bandwidth: all, peers, folders }: Config): TrafficSettings {
  return {
    all,
    peers: new Map([...peers].map(([device, { bandwidth }]) => [device, bandwidth ?? UNLIMITED])),
    folders: new Map([...folders].map(([name, { bandwidth, priority }]) => [name, { bandwidth, priority }])),
  };
}
