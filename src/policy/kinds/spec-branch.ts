import { z } from 'zod';
import { checkRefName } from '../addresses.ts';
import { address, sshKey, yesOrNo } from '../words.ts';

/** `.`, or plain names separated by `/`: they go into paths and messages. */
export const specDirectory = z
  .string()
  .regex(
    /^(?:\.|[A-Za-z0-9_][A-Za-z0-9._+~-]{0,100}(?:\/[A-Za-z0-9_][A-Za-z0-9._+~-]{0,100}){0,7})$/,
    'expected . or a folder of the repository: plain names separated by /',
  );

/** The `git` of an upstream of specs. */
export const SpecBranch = z
  .strictObject({
    branch: z
      .string()
      .refine(checkRefName, 'expected the plain name of a branch')
      .optional()
      .meta({ description: 'The branch that is read; main by default.' }),
    tag: z
      .string()
      .refine(checkRefName, 'expected the plain name of a tag')
      .optional()
      .meta({ description: 'A tag that is read in place of a branch.' }),
    directories: z.array(specDirectory).default([]).meta({
      description: 'Folders that hold a spec, . is the top; without it every folder that does.',
    }),
    sshKeys: z.array(sshKey).default([]).meta({
      description: 'SSH public keys that commits may be signed with, besides keys.',
    }),
    lookaside: address.optional().meta({
      description:
        'Where files are that sources names without an address: below it as <spec>/<name>/<sha256|sha512>/<digest>/<name>.',
    }),
    rewrites: yesOrNo.prefault('false').meta({
      description:
        'May the branch or tag be pushed to another history? Otherwise an operator is asked.',
    }),
  })
  .refine((git) => git.branch === undefined || git.tag === undefined, {
    path: ['tag'],
    error: 'expected a branch or a tag, not both',
  });
