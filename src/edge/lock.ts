import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../model/index.ts';
import { diskFault } from './disk-fault.ts';

export interface Lock {
  release(): void;
}

/**
 * Takes the writer's lock of a state directory, or throws `Locked` naming the holder. SQLite holds an fcntl lock on
 * the file for as long as the transaction is open: the kernel frees it however the process ends, and it is valid
 * across containers that share the file. `<path>.holder` only tells who it is and decides nothing.
 */
export function lockState(path: string): Lock {
  const database = openLocked(path);
  const holder = `${path}.holder`;
  try {
    writeFileSync(holder, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`);
  } catch (error) {
    database.close();
    throw diskFault(error, { path: holder, doing: 'writing' });
  }
  let held = true;
  return {
    release: () => {
      if (!held) return;
      held = false;
      rmSync(holder, { force: true });
      database.close();
    },
  };
}

function openLocked(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    throw lockFault(error, path);
  }
}

const sqliteBusy = 5;
const sqliteFull = 13;
const sqliteNotADatabase = 26;

function lockFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'errcode' in error ? error.errcode : undefined;
  if (code === sqliteBusy) {
    return new Fault('Locked', {
      object: dirname(path),
      check: 'taking the lock of the state directory',
      expected: 'no other controller',
      found: holderText(`${path}.holder`),
      fix: 'Use the running controller (its control socket answers every verb), or stop it first.',
      cause: error,
    });
  }
  if (code === sqliteFull) {
    return new Fault('DiskFull', {
      object: dirname(path),
      check: 'room for the lock of the state directory',
      fix: 'Free some space there; what is published stays as it is.',
      cause: error,
    });
  }
  if (code === undefined) return diskFault(error, { path, doing: 'locking' });
  return new Fault('DiskError', {
    object: path,
    check: 'taking the lock of the state directory',
    found: error.message,
    fix:
      code === sqliteNotADatabase
        ? 'The lock file holds nothing of worth: remove it and run the command again.'
        : 'Give this user the right to write there, and put the state on a file system with locks.',
    cause: error,
  });
}

function holderText(path: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8'));
    return `process ${Number(pid)} on ${String(host)}`;
  } catch {
    return 'another process that has not said who it is yet';
  }
}
