"use strict";

function priceOf(item) {
  const prices = { table: 120 };
  if (!(item.name in prices)) throw new RangeError(`there is no price for ${item.name}`);
  return prices[item.name];
}

function takeFromStock(item) {
  const shelf = "A7";
  throw new TypeError(`shelf ${shelf} has no ${item.name} left`);
}

// Adds up a cart, each item by its price.
exports.total = (what, items) => {
  const take = what === "stock" ? takeFromStock : priceOf;
  return items.reduce((sum, item) => sum + take(item), 0);
};
