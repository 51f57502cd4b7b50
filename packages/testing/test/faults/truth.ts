/** What a call is answered with, if all goes well. */
export interface Truth {
  readonly id: number;
  readonly name: string;
}

export function truth(call: number): Truth {
  return { id: call, name: `number ${call}` };
}
