/**
 * The people of this phone. Each has a database of their own; what one of them has not sent waits
 * there until they log in again.
 */

import {DeviceDatabase} from "./db";
import {isLive} from "./reducer";

const LAST_USER = "field-last-user";
const PEOPLE = "field-people";
const STRANGER = "field-stranger";

export function databaseName(identity) {
    return `field-${identity.db}-${identity.uid}`;
}

function read(key) {
    try {
        return JSON.parse(localStorage.getItem(key));
    } catch {
        return null;
    }
}

function isSame(a, b) {
    return a.uid === b.uid && a.db === b.db;
}

export function getLastUser() {
    return read(LAST_USER);
}

/**
 * A browser that is killed may forget what localStorage was told a moment before; the database has
 * it. Only where nothing at all is known: who logged out is not to be found again.
 *
 * @returns {Promise<object|null>} { uid, db, name }
 */
export async function findLastUser() {
    if (read(PEOPLE)) {
        return null;
    }
    const found = [];
    for (const {name} of (await indexedDB.databases?.()) || []) {
        if (name.startsWith("field-")) {
            const database = await DeviceDatabase.open(name);
            const kept = await database.getMeta("snapshot");
            database.close();
            if (kept) {
                found.push({uid: kept.uid, db: kept.db, name: kept.user.name});
            }
        }
    }
    return found.length === 1 ? found[0] : null;
}

/** @param {object} identity { uid, db, name } */
export function setLastUser(identity) {
    const {uid, db, name} = identity;
    const others = (read(PEOPLE) || []).filter((one) => !isSame(one, identity));
    localStorage.setItem(PEOPLE, JSON.stringify([...others, {uid, db, name}]));
    localStorage.setItem(LAST_USER, JSON.stringify({uid, db, name}));
}

export function forgetLastUser() {
    localStorage.removeItem(LAST_USER);
}

/** Whether the server last said that somebody else is logged in. */
export function isStrangerHere() {
    return localStorage.getItem(STRANGER) === "1";
}

export function setStrangerHere(value) {
    if (value) {
        localStorage.setItem(STRANGER, "1");
    } else {
        localStorage.removeItem(STRANGER);
    }
}

/**
 * What others left on this phone.
 *
 * @param {object} me { uid, db }
 * @returns {Promise<{name: string, count: number}[]>} those with something unsent
 */
export async function findParked(me) {
    const found = [];
    for (const identity of (read(PEOPLE) || []).filter((one) => !isSame(one, me))) {
        const database = await DeviceDatabase.open(databaseName(identity));
        const operations = await database.all("ops");
        const blobs = await database.keys("blobs");
        database.close();
        const count = operations.filter((one) => isLive(one) && !one.sent).length + blobs.length;
        if (count) {
            found.push({name: identity.name, count});
        }
    }
    return found;
}
