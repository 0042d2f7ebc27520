// The check that a proof fails, as `error` in the negative file.
class Refusal extends Error {
  constructor(error, reason) {
    super(reason);
    this.fields = { error };
  }
}

export function refuse(error, reason) {
  throw new Refusal(error, reason);
}
