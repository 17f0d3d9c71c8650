// What people type on the board: sent without leaving it, kept while it cannot be sent, and never lost to what comes back.

const TRY_AGAIN = 5000
const NOT_TYPED = new Set(['csrfmiddlewaretoken', 'version', 'form_key'])
const NOT_SENT = new Set(['button', 'submit', 'fieldset'])

export const plain = (html) => new DOMParser().parseFromString(html, 'text/html')

/** Whether somebody is at work in an element, or nowhere in particular: only then may it take the focus. */
export const isInUse = (element) => element.contains(document.activeElement) || document.activeElement === document.body

/** Return what stands in the fields of a form, as a map of names to lists of values. */
export function read(form) {
  const found = new Map()
  for (const field of form.elements) {
    if (field.name && !NOT_TYPED.has(field.name) && !NOT_SENT.has(field.type)) {
      const held = !['checkbox', 'radio'].includes(field.type) || field.checked ? [field.value] : []
      found.set(field.name, [...(found.get(field.name) ?? []), ...held])
    }
  }
  return found
}

/** Return the part of `now` that reads otherwise than in `before`. */
export const since = (now, before) => new Map([...now].filter(([name, values]) => String(values) !== String(before.get(name))))

/** Put what was typed, as `read` returned it, into a form; its other fields stay. */
export function putBack(form, typed) {
  for (const field of form.elements) {
    const values = typed.get(field.name)
    if (values && ['checkbox', 'radio'].includes(field.type)) {
      field.checked = values.includes(field.value)
    } else if (values) {
      field.value = values[0]
    }
  }
}

/** Return a key of its own for a form, so that what is sent twice counts once. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

/** Send fields and return { done } with a sentence, or { page, address, moved } where a page came instead. */
export async function send(address, fields) {
  const answer = await fetch(address, {
    method: 'POST',
    body: fields,
    headers: { 'NHC-Part': '1' },
    redirect: 'follow',
    signal: AbortSignal.timeout(20000)
  })
  if (answer.headers.get('Content-Type')?.startsWith('application/json')) {
    return { done: (await answer.json()).done }
  }
  if (answer.status >= 500) {
    throw new Error(String(answer.status))
  }
  return { page: plain(await answer.text()), address: answer.url, moved: answer.redirected }
}

/**
 * Send a form, again and again until there is a way, and say meanwhile that it is not sent. The same is sent each time:
 * an answer may have been lost, and the server knows it by its key or version. `done(sentence, typed)` and
 * `page(page, typed)` are told what came of it and what was typed into the form since.
 */
export function sending(form, address, { done, page }) {
  if (form.dataset.sending) {
    return
  }
  form.dataset.sending = '1'
  const note = noteOf(form)
  const fields = new FormData(form)
  const sent = read(form)
  const attempt = async () => {
    let answer
    try {
      answer = await send(address, fields)
    } catch {
      note.textContent = 'Not sent yet. What you typed is kept, and sent as soon as the connection is back.'
      setTimeout(attempt, TRY_AGAIN)
      return
    }
    delete form.dataset.sending
    note.textContent = ''
    if (answer.moved) {
      // The session has ended, or the thing is elsewhere now: what was sent is kept for after signing in.
      location.assign(answer.address)
    } else if (answer.page) {
      page(answer.page, since(read(form), sent))
    } else {
      done(answer.done, since(read(form), sent))
    }
  }
  attempt()
}

/** Return where a form says what becomes of it. */
export function noteOf(form) {
  let note = form.querySelector('[data-quick-said]')
  if (!note) {
    note = Object.assign(document.createElement('p'), { className: 'app-quick__said' })
    note.dataset.quickSaid = ''
    note.setAttribute('aria-live', 'polite')
    form.append(note)
  }
  return note
}
