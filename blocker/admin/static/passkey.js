// The desk's one script: asks the browser for a passkey and sends what it says as an ordinary form. Without it, or where
// a browser knows no passkeys, the form stays hidden and everything else works.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function answer(kind, options) {
  options.challenge = bytes(options.challenge);
  const keys = options[kind === "create" ? "excludeCredentials" : "allowCredentials"] ?? [];
  for (const key of keys) key.id = bytes(key.id);
  if (kind === "create") options.user.id = bytes(options.user.id);
  const made = await navigator.credentials[kind]({ publicKey: options });
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    status.hidden = true;
    try {
      form.elements.answer.value = await answer(form.dataset.passkey, JSON.parse(form.dataset.options));
      form.submit();
    } catch {
      status.hidden = false; // refused, cancelled, or no such key here: the person may try again
    }
  });
}
