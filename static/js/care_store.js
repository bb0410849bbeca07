// What the phone keeps: acts not sent yet (in order), answers of the last hours, and acts the server refused for good.
const NAME = "care";
const VERSION = 1;
const OUTBOX = "outbox";
const SENT = "sent";
const STUCK = "stuck";
const VALUES = "values";

let opening = null;

function openDatabase() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(OUTBOX, { keyPath: "order", autoIncrement: true });
      request.result.createObjectStore(SENT, { keyPath: "key" });
      request.result.createObjectStore(STUCK, { keyPath: "key" });
      request.result.createObjectStore(VALUES);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opening = null;
      reject(request.error);
    };
  });
  return opening;
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Resolves when the disk has it: a phone that dies a moment later still holds what it said was saved.
async function change(stores, work) {
  const database = await openDatabase();
  const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
  return new Promise((resolve, reject) => {
    let value;
    transaction.oncomplete = () => resolve(value);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
    work(transaction, (answer) => (value = answer));
  });
}

async function readAll(store) {
  const database = await openDatabase();
  return result(database.transaction(store).objectStore(store).getAll());
}

export const waiting = async (user) => (await readAll(OUTBOX)).filter((item) => item.user === user);
export const everybodysWaiting = () => readAll(OUTBOX);
export const sent = async (user) => (await readAll(SENT)).filter((item) => item.user === user);
export const stuck = async (user) => (await readAll(STUCK)).filter((item) => item.user === user);

export const add = (item) =>
  change([OUTBOX], (transaction, answer) => {
    const request = transaction.objectStore(OUTBOX).add(item);
    request.onsuccess = () => answer(request.result);
  });

/** Changes an act that still waits; nothing happens when it was sent meanwhile. */
export const amend = (order, edit) =>
  change([OUTBOX], (transaction) => {
    const store = transaction.objectStore(OUTBOX);
    const request = store.get(order);
    request.onsuccess = () => {
      if (request.result) store.put({ ...request.result, ...edit(request.result) });
    };
  });

/** Out of the outbox and into `sent` or `stuck`, in one transaction. */
export const settle = (item, answer, isStuck) =>
  change([OUTBOX, SENT, STUCK], (transaction) => {
    transaction.objectStore(OUTBOX).delete(item.order);
    transaction.objectStore(isStuck ? STUCK : SENT).put({ ...item, answer, settled: Date.now() });
  });

export const forgetStuck = (key) => change([STUCK], (transaction) => transaction.objectStore(STUCK).delete(key));

export const forgetOld = (before) =>
  change([SENT], (transaction) => {
    const request = transaction.objectStore(SENT).openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      if (cursor.value.settled < before) cursor.delete();
      cursor.continue();
    };
  });

export async function value(name) {
  const database = await openDatabase();
  return result(database.transaction(VALUES).objectStore(VALUES).get(name));
}

export const keepValue = (name, what) => change([VALUES], (transaction) => transaction.objectStore(VALUES).put(what, name));

/** Before signing out: what was sent is not this phone's to keep. */
export const forgetSent = () =>
  change([SENT, VALUES], (transaction) => {
    transaction.objectStore(SENT).clear();
    transaction.objectStore(VALUES).clear();
  });
