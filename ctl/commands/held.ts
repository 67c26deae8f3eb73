// What `approve` and `reject` share: what is held is shown before it is settled.
import type { Context } from '../command.ts';

/** Shows the held deletion of a folder and asks; a folder that holds nothing is left to the daemon to refuse. */
export async function confirmHeld({ client, out, terminal }: Context, folder: string, question: string): Promise<void> {
  const { folders } = await client.ask('status', { folder });
  const held = folders.find((one) => one.state === 'held')?.error;
  if (held === undefined || held === null) return;
  out.note(`${folder}: ${held.message}`);
  await terminal.confirm(question, 'no');
}

export const deletions = (count: number): string => (count === 1 ? '1 deletion' : `${count} deletions`);
