import { CodedError } from './coded-error.ts';

/** A refusal that is passed on from one process to another: its codes are those of whoever refused. */
export class Refusal extends CodedError {}
