// The huddle's board: always as the server has it, and changed without leaving it. Every act works without this file.

import { clock, follow, patch } from './live.js'

const MARKED = 10000
const ANNOUNCE = 30000
const TRY_AGAIN = 5000
const WATCHED = '.app-card, .app-pressure__team, .app-now__item'

const indicator = document.querySelector('[data-live]')
const words = document.querySelector('[data-live-words]')
const stale = document.querySelector('[data-stale]')
const status = document.querySelector('#live-status')
const pauseLink = document.querySelector('[data-pause]')
const opened = document.querySelector('[data-opened]')
const openedContent = document.querySelector('[data-opened-content]')

const seen = new Map()
const marked = new Map()
const kept = new Map()
let unsaid = []
let saidAt = 0
let openedFrom = null
let openedAddress = ''

const plain = (html) => new DOMParser().parseFromString(html, 'text/html')

function say(text) {
  status.textContent = ''
  setTimeout(() => {
    status.textContent = text
  }, 50)
}

// What changed is said at most every half minute: how many things, and the first of them.
function announce() {
  if (!unsaid.length || Date.now() - saidAt < ANNOUNCE) {
    return
  }
  saidAt = Date.now()
  say(`${unsaid.length} ${unsaid.length === 1 ? 'change' : 'changes'}. ${unsaid[0]}`)
  unsaid = []
}

function mark() {
  for (const [id, until] of marked) {
    const element = document.getElementById(id)
    if (Date.now() > until || !element) {
      marked.delete(id)
    }
    element?.classList.toggle('app-is-changed', Date.now() <= until)
  }
}

function tick() {
  for (const timer of document.querySelectorAll('[data-timer]')) {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(timer.dataset.timer)) / 60000))
    const most = Number(timer.dataset.minutes)
    const text = ` ${minutes} of ${most} minutes${minutes > most ? ', over time' : ''}`
    if (timer.dataset.shown !== text) {
      const bar = Object.assign(document.createElement('progress'), { max: most, value: Math.min(minutes, most) })
      bar.setAttribute('aria-hidden', 'true')
      timer.replaceChildren(bar, text)
      timer.dataset.shown = text
    }
  }
}

function learn(scope, first) {
  for (const element of scope.querySelectorAll(WATCHED)) {
    if (!element.id) {
      continue
    }
    const html = element.outerHTML
    if (!first && seen.get(element.id) !== html) {
      marked.set(element.id, Date.now() + MARKED)
      unsaid.push(element.innerText?.split('\n')[0] ?? element.textContent.trim().split('\n')[0])
    }
    seen.set(element.id, html)
  }
}

function onPart(html) {
  const page = plain(html)
  const focused = document.activeElement?.id
  learn(page, false)
  for (const part of [...page.body.children]) {
    const shown = document.getElementById(part.id)
    if (shown) {
      patch(shown, part)
    }
  }
  if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true })
  }
  mark()
  tick()
  announce()
}

function onState(state) {
  const text = {
    live: () => `Live, updated ${clock(state.since)}`,
    polling: () => `Live, checked every 30 seconds, last ${clock(state.since)}`,
    paused: () => `Paused${state.waiting ? `, ${state.waiting} ${state.waiting === 1 ? 'change' : 'changes'} waiting` : ''}`,
    reconnecting: () => 'Reconnecting',
    stale: () => `Not live since ${clock(state.since)}`
  }[state.name]()
  if (words.textContent !== text) {
    words.textContent = text
  }
  indicator.dataset.state = state.name
  document.body.classList.toggle('app-is-stale', state.name === 'stale')
  stale.hidden = state.name !== 'stale'
  if (state.name === 'stale') {
    document.querySelector('[data-stale-words]').textContent = `Not live since ${clock(state.since)}, showing old information.`
  }
}

function onGone() {
  words.textContent = 'Not live. Load the page again'
  indicator.dataset.state = 'stale'
  document.body.classList.add('app-is-stale')
}

// Pausing is this tab's own.
function pauseUpdates(held) {
  try {
    sessionStorage.setItem('nhc-paused', held ? '1' : '')
  } catch {
    // A browser that keeps nothing pauses until the page is left.
  }
  pauseLink.textContent = held ? 'Resume updates' : 'Pause updates'
  following.hold(held)
}

function storedPause() {
  try {
    return sessionStorage.getItem('nhc-paused') === '1'
  } catch {
    return false
  }
}

// A key of its own for every form, so that what is sent twice counts once.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

async function send(address, fields) {
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

// What cannot be sent now stays where it was typed, says so, and goes once there is a way.
function sending(form, address, { done, page }) {
  if (form.dataset.sending) {
    return
  }
  form.dataset.sending = '1'
  const note = noteOf(form)
  const fields = new FormData(form)
  const attempt = async () => {
    try {
      const answer = await send(address, fields)
      delete form.dataset.sending
      note.textContent = ''
      if (answer.moved) {
        // The session has ended, or the thing is elsewhere now: what was sent is kept for after signing in.
        location.assign(answer.address)
      } else if (answer.page) {
        page(answer)
      } else {
        done(answer.done)
        following.refresh()
      }
    } catch {
      if (!form.isConnected) {
        return
      }
      note.textContent = 'Not sent yet. What you typed is kept, and sent as soon as the connection is back.'
      setTimeout(attempt, TRY_AGAIN)
    }
  }
  attempt()
}

function noteOf(form) {
  let note = form.querySelector('[data-quick-said]')
  if (!note) {
    note = Object.assign(document.createElement('p'), { className: 'app-quick__said' })
    note.dataset.quickSaid = ''
    note.setAttribute('aria-live', 'polite')
    form.append(note)
  }
  return note
}

function addQuickly(form) {
  sending(form, form.action, {
    done(sentence) {
      noteOf(form).textContent = `${sentence}.`
      form.elements.form_key.value = newKey()
      form.elements.what.value = ''
      form.elements.due.value = ''
      if (form.elements.about) {
        form.elements.about.value = ''
      }
      form.elements.what.focus()
    },
    page({ page }) {
      const again = page.querySelector('[data-quick]')
      if (again) {
        form.replaceWith(again)
        again.querySelector('[aria-invalid], .nhsuk-input--error, .nhsuk-select--error')?.focus()
        again.dispatchEvent(new Event('htmx:after:swap', { bubbles: true }))
      } else {
        location.reload()
      }
    }
  })
}

function press(button) {
  const form = button.form
  const fields = new FormData(form)
  if (button.name) {
    fields.set(button.name, button.value)
  }
  button.setAttribute('aria-busy', 'true')
  send(button.formAction, fields)
    .then((answer) => {
      if (answer.moved) {
        location.assign(answer.address)
      } else if (answer.page) {
        show(answer.page, button.formAction)
      } else {
        say(answer.done)
        return following.refresh()
      }
    })
    .catch(() => say('Not done: the connection is away. Press again once it is back.'))
    .finally(() => button.removeAttribute('aria-busy'))
}

function show(page, address) {
  const content = page.querySelector('.app-form') ?? page.querySelector('main')
  const heading = content.querySelector('h1')
  heading.id = 'opened-heading'
  openedContent.replaceChildren(content)
  openedAddress = address
  openedContent.dispatchEvent(new Event('htmx:after:swap', { bubbles: true }))
  if (!opened.open) {
    opened.showModal()
  }
  const typed = kept.get(address)
  if (typed) {
    putBack(typed)
  }
  const first = content.querySelector('.nhsuk-error-summary, input:not([type=hidden]), select, textarea, button')
  first?.focus()
}

function putBack(typed) {
  for (const [name, value] of typed) {
    const field = openedContent.querySelector('form')?.elements[name]
    if (field && 'value' in field && field.type !== 'hidden') {
      field.value = value
    }
  }
}

async function open(link) {
  openedFrom = link
  try {
    const answer = await fetch(link.href, { headers: { 'NHC-Part': '1' }, signal: AbortSignal.timeout(8000) })
    if (answer.redirected || !answer.ok) {
      location.assign(link.href)
      return
    }
    show(plain(await answer.text()), link.href)
  } catch {
    say('The connection is away, so this cannot be opened now.')
  }
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-opens]')
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault()
    open(link)
  }
  if (event.target.closest('[data-pause]')) {
    event.preventDefault()
    pauseUpdates(indicator.dataset.state !== 'paused')
  }
  if (event.target.closest('[data-opened-close]')) {
    opened.close()
  }
})

document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.id === 'act') {
    event.preventDefault()
    press(event.submitter)
  } else if (form.matches('[data-quick]')) {
    event.preventDefault()
    addQuickly(form)
  } else if (opened.contains(form)) {
    event.preventDefault()
    sending(form, form.getAttribute('action') ? form.action : openedAddress, {
      done(sentence) {
        kept.delete(openedAddress)
        form.reset()
        opened.close()
        say(sentence)
      },
      page(answer) {
        kept.delete(openedAddress)
        show(answer.page, openedAddress)
      }
    })
  }
})

// Closing the dialog throws nothing away: what was typed is there when the same thing is opened again.
opened.addEventListener('close', () => {
  const form = openedContent.querySelector('form')
  if (form && !form.dataset.sending) {
    const changed = [...form.elements].some((field) => field.type !== 'hidden' && field.defaultValue !== undefined && field.value !== field.defaultValue)
    if (changed) {
      kept.set(openedAddress, [...new FormData(form)].filter(([name]) => name !== 'csrfmiddlewaretoken'))
    }
  }
  const back = openedFrom?.isConnected ? openedFrom : document.querySelector(`a[href="${new URL(openedAddress || location.href, location.href).pathname}"]`)
  back?.focus()
})

learn(document, true)
const following = follow(
  {
    live: indicator.dataset.live,
    part: indicator.dataset.part,
    etag: indicator.dataset.etag,
    version: indicator.dataset.version,
    until: indicator.dataset.until
  },
  { onPart, onState, onGone }
)
if (storedPause() || 'paused' in indicator.dataset) {
  pauseUpdates(true)
}
setInterval(() => {
  tick()
  mark()
  announce()
}, 1000)
tick()
