// @odoo-module ignore
/* Service worker of the technician's app. The server writes SETTINGS in: version, shell, bundle. */
/* eslint-env serviceworker */
"use strict";

const SETTINGS = /*SETTINGS*/ null;
const PREFIX = "field-app-";
const CACHE = PREFIX + SETTINGS.version;

/**
 * A login page after a redirect, an error page or another site's answer must never be kept as
 * the app.
 */
function isWhole(response) {
    return response.ok && !response.redirected && response.type === "basic";
}

async function fetchWhole(url) {
    const response = await fetch(new Request(url, {cache: "reload", credentials: "same-origin"}));
    if (!isWhole(response)) {
        throw new Error(`${url} can't be kept: ${response.status}`);
    }
    return response;
}

async function install() {
    const shell = await fetchWhole(SETTINGS.shell);
    const text = await shell.clone().text();
    // Fetched across an update of the server, page and bundle would not fit together.
    for (const url of SETTINGS.bundle) {
        if (!text.includes(url)) {
            throw new Error(`The page does not name ${url}`);
        }
    }
    const bundle = await Promise.all(SETTINGS.bundle.map(fetchWhole));
    const cache = await caches.open(CACHE);
    await cache.put(SETTINGS.shell, shell);
    await Promise.all(bundle.map((response, i) => cache.put(SETTINGS.bundle[i], response)));
    // The scanner's library is large: only where the browser can't read codes by itself.
    const wanted = SETTINGS.optional.filter(
        (url) => url !== SETTINGS.scanner || !("BarcodeDetector" in self)
    );
    for (const url of wanted) {
        try {
            await cache.put(url, await fetchWhole(url));
        } catch {
            // An icon is not worth failing for.
        }
    }
}

async function activate() {
    const names = await caches.keys();
    await Promise.all(
        names
            .filter((name) => name.startsWith(PREFIX) && name !== CACHE)
            .map((n) => caches.delete(n))
    );
    await self.clients.claim();
}

function isShell(url) {
    return url.pathname === "/field" || /^\/field\/(m\/\d+|day|out|dia)$/.test(url.pathname);
}

async function answer(key, request) {
    const cache = await caches.open(CACHE);
    return (await cache.match(key)) || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
    if (event.data === "take-over") {
        self.skipWaiting();
    }
});

self.addEventListener("fetch", (event) => {
    const {request} = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) {
        return;
    }
    const path = url.pathname + url.search;
    if (request.mode === "navigate" && isShell(url)) {
        event.respondWith(answer(SETTINGS.shell, request));
    } else if (SETTINGS.bundle.includes(path) || SETTINGS.optional.includes(path)) {
        event.respondWith(answer(path, request));
    }
    // Everything else, the API above all, goes to the network untouched.
});
