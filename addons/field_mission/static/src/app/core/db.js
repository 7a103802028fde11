/**
 * The device's own database. One per database and user of the server, so that nobody reads or
 * sends another person's work.
 *
 * Only additive upgrades, never a deletion: an outbox may be weeks old.
 */

const VERSION = 2;

function promised(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

export function upgrade(db, oldVersion) {
    if (oldVersion < 1) {
        db.createObjectStore("meta");
        db.createObjectStore("ops", {keyPath: "seq", autoIncrement: true});
        db.createObjectStore("blobs", {keyPath: "uuid"});
    }
    if (oldVersion < 2) {
        db.createObjectStore("files", {keyPath: "version"});
    }
}

export class DeviceDatabase {
    constructor(db) {
        this.db = db;
    }

    static async open(name, {version = VERSION, onUpgrade = upgrade} = {}) {
        const request = indexedDB.open(name, version);
        request.onupgradeneeded = (event) => onUpgrade(request.result, event.oldVersion);
        const db = await promised(request);
        // A newer version of the app in another tab: let it upgrade.
        db.onversionchange = () => db.close();
        return new DeviceDatabase(db);
    }

    /**
     * Run a change in one transaction; done only when it is on the disk.
     *
     * @param {string[]} stores
     * @param {(stores: object) => any} change gets the object stores by name
     */
    write(stores, change) {
        return new Promise((resolve, reject) => {
            const transaction = this.db.transaction(stores, "readwrite", {durability: "strict"});
            let result;
            transaction.oncomplete = () => resolve(result);
            transaction.onerror = () => reject(transaction.error);
            transaction.onabort = () => reject(transaction.error || new Error("aborted"));
            try {
                result = change(
                    Object.fromEntries(stores.map((name) => [name, transaction.objectStore(name)]))
                );
            } catch (error) {
                transaction.abort();
                reject(error);
            }
        });
    }

    get(store, key) {
        return promised(this.db.transaction(store).objectStore(store).get(key));
    }

    all(store) {
        return promised(this.db.transaction(store).objectStore(store).getAll());
    }

    keys(store) {
        return promised(this.db.transaction(store).objectStore(store).getAllKeys());
    }

    setMeta(key, value) {
        return this.write(["meta"], ({meta}) => meta.put(value, key));
    }

    getMeta(key) {
        return this.get("meta", key);
    }

    close() {
        this.db.close();
    }
}
