export function lineTotal(item) {
  if (item.price === undefined) throw new RangeError(`no price for ${item.name}`);
  return item.price * item.count;
}

export class Checkout {
  constructor(items) {
    this.items = items;
  }

  pay() {
    return this.items.map((item) => lineTotal(item)).reduce((sum, next) => sum + next, 0);
  }
}
