// Passkeys: asks the server for a challenge, the browser for an answer, and sends the form with it. Forms marked
// `data-passkey` are shown only where the browser knows passkeys; every page has a way without them.

function bytes(text) {
  const padded = text.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0))
}

function text(buffer) {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('')
  return btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function readable(options) {
  const listed = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }))
  const result = { ...options, challenge: bytes(options.challenge) }
  if (options.user) {
    result.user = { ...options.user, id: bytes(options.user.id) }
    result.excludeCredentials = listed(options.excludeCredentials)
  } else {
    result.allowCredentials = listed(options.allowCredentials)
  }
  return result
}

function sendable(credential) {
  const response = {}
  for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[part]) {
      response[part] = text(credential.response[part])
    }
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults()
  }
}

async function ask(place, form) {
  const body = new FormData()
  body.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value)
  if ('passkeyAnyone' in place.dataset) {
    body.set('anyone', '1')
  }
  const answer = await fetch(place.dataset.passkeyOptions, { method: 'POST', body, redirect: 'error' })
  if (!answer.ok) {
    throw new Error(`The challenge did not come: ${answer.status}`)
  }
  const publicKey = readable((await answer.json()).publicKey)
  return place.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey })
}

function start(place) {
  const form = place.closest('form')
  const problem = place.querySelector('[role=alert]')
  place.hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.hidden = true
    try {
      const credential = await ask(place, form)
      const field = Object.assign(document.createElement('input'), { type: 'hidden', name: 'credential' })
      field.value = JSON.stringify(sendable(credential))
      form.append(field)
      form.submit()
    } catch {
      problem.textContent = 'Your browser did not use a passkey. Try again, or choose another way.'
      problem.hidden = false
    }
  })
}

if (window.PublicKeyCredential) {
  for (const place of document.querySelectorAll('[data-passkey]')) {
    start(place)
  }
}
