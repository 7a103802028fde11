/** Photos: turned upright, reduced and re-encoded on the phone, which also drops their EXIF. */

const LONGEST_SIDE = 1600;
const QUALITY = 0.8;

/**
 * @param {Blob} file
 * @returns {Promise<{ bytes: ArrayBuffer, mimetype: string }>}
 */
export async function compress(file) {
    const bitmap = await createImageBitmap(file, {imageOrientation: "from-image"});
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob) {
        throw new Error("The picture could not be encoded");
    }
    // An ArrayBuffer, not a Blob: Safari has a long history of losing Blobs in its database.
    return {bytes: await blob.arrayBuffer(), mimetype: "image/jpeg"};
}
