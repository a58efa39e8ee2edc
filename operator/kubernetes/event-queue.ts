// Events that wait to be written. Namespaces take turns, each with the one that has waited longest, and where too many wait the namespace with
// the most of them loses its newest: so nobody's flood hides the news of others.

export interface EventQueue<T> {
  /** Takes up `item`; false if one was left out for it, or it was left out itself. */
  push(namespace: string, item: T): boolean;
  /** The item whose turn it is, which waits no longer; undefined if none does. */
  next(): T | undefined;
  /** The items of a namespace, the one that has waited longest first. */
  of(namespace: string): readonly T[];
}

export function createEventQueue<T>(mostWaiting: number): EventQueue<T> {
  // In the order of their turns; none is empty.
  const queues = new Map<string, T[]>();
  let waiting = 0;

  function longest(): string {
    let found = "";
    for (const [namespace, items] of queues) {
      if (items.length > (queues.get(found)?.length ?? 0)) found = namespace;
    }
    return found;
  }

  function leaveOneOut(namespace: string): void {
    const items = queues.get(namespace) ?? [];
    items.pop();
    if (items.length === 0) queues.delete(namespace);
    waiting -= 1;
  }

  return {
    push(namespace, item) {
      const items = queues.get(namespace) ?? [];
      items.push(item);
      queues.set(namespace, items);
      waiting += 1;
      if (waiting <= mostWaiting) return true;
      leaveOneOut(longest());
      return false;
    },
    next() {
      for (const [namespace, items] of queues) {
        const item = items.shift();
        queues.delete(namespace);
        if (items.length > 0) queues.set(namespace, items);
        waiting -= 1;
        return item;
      }
      return undefined;
    },
    of: (namespace) => queues.get(namespace) ?? [],
  };
}
