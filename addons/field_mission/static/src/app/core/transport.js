/** Talk to the server, and tell what kind of trouble it is when that fails. */

const TIMEOUT = 30000;

/** kind: "offline", "expired", "other-user" or "refused" (the server's own words). */
export class TransportError extends Error {
    constructor(kind, message = kind) {
        super(message);
        this.kind = kind;
    }
}

/**
 * Read an answer of the JSON-RPC routes.
 *
 * A captive portal answers 200 with a page of its own; a dead session redirects or answers code
 * 100; a proxy answers 502. None of these may pass for an answer of ours.
 *
 * @param {Response} response
 */
export async function readRpc(response) {
    if (response.type === "opaqueredirect" || response.redirected) {
        throw new TransportError("expired");
    }
    if (!response.ok) {
        throw new TransportError("offline", `HTTP ${response.status}`);
    }
    let body;
    try {
        body = await response.json();
    } catch {
        throw new TransportError("offline", "no JSON");
    }
    if (body === null || typeof body !== "object" || body.jsonrpc !== "2.0") {
        throw new TransportError("offline", "not our server");
    }
    if (body.error) {
        const name = body.error.data?.name || "";
        if (body.error.code === 100 || name.endsWith("SessionExpiredException")) {
            throw new TransportError("expired");
        }
        const message = body.error.data?.message || body.error.message;
        if (/^odoo\.exceptions\.(UserError|AccessError|ValidationError)$/.test(name)) {
            throw new TransportError("refused", message);
        }
        throw new TransportError("offline", message);
    }
    return body.result;
}

/**
 * Read an answer of the file route.
 *
 * @param {Response} response
 */
export async function readUpload(response) {
    if (response.type === "opaqueredirect" || response.redirected) {
        throw new TransportError("expired");
    }
    let body = null;
    try {
        body = await response.json();
    } catch {
        // A stale token answers 400 with a page, a proxy whatever it likes.
        throw new TransportError(
            response.status === 400 ? "expired" : "offline",
            response.ok ? "no JSON" : `HTTP ${response.status}`
        );
    }
    if (body && typeof body === "object" && (response.status === 400 || response.status === 403)) {
        throw new TransportError("refused", body.error);
    }
    if (!response.ok || !body || typeof body.state !== "string") {
        throw new TransportError("offline", `HTTP ${response.status}`);
    }
    return body;
}

async function send(url, options) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT);
    try {
        return await fetch(url, {
            method: "POST",
            redirect: "manual",
            credentials: "same-origin",
            signal: controller.signal,
            ...options,
        });
    } catch {
        throw new TransportError("offline");
    } finally {
        clearTimeout(timer);
    }
}

export async function call(route, params) {
    const response = await send(route, {
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({jsonrpc: "2.0", method: "call", id: Date.now(), params}),
    });
    return readRpc(response);
}

export async function upload(uuid, bytes, mimetype, csrf) {
    const form = new FormData();
    form.append("csrf_token", csrf);
    form.append("uuid", uuid);
    form.append("file", new Blob([bytes], {type: mimetype}), uuid);
    return readUpload(await send("/field/api/blob", {body: form}));
}

export async function fetchTerms(modules, lang) {
    const query = new URLSearchParams({mods: modules.join(","), lang});
    const response = await fetch(`/web/webclient/translations?${query}`, {cache: "reload"});
    return response.ok ? (await response.json()).modules : null;
}

/**
 * Fetch a document's bytes, and check that they are its own: a captive portal answers, too.
 *
 * @param {object} file { version, checksum } as the snapshot names it
 * @returns {Promise<ArrayBuffer>}
 */
export async function fetchDocument(file) {
    const {version, checksum} = file;
    const response = await send(`/field/api/document/${version}`, {method: "GET"});
    if (response.type === "opaqueredirect" || response.redirected) {
        throw new TransportError("expired");
    }
    if (!response.ok) {
        throw new TransportError("offline", `HTTP ${response.status}`);
    }
    const bytes = await response.arrayBuffer();
    const hash = await crypto.subtle.digest("SHA-1", bytes);
    const found = [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, "0")).join("");
    if (found !== checksum) {
        throw new TransportError("offline", "not the document");
    }
    return bytes;
}
