// The huddle's board: always as the server has it, and changed without leaving it. Every act works without this file.

import { holds, open, show, submit } from './board-dialog.js'
import { isInUse, newKey, noteOf, plain, putBack, send, sending } from './board-forms.js'
import { clock, follow, patch, present } from './live.js'

const MARKED = 10000
const ANNOUNCE = 30000
const LAST_MINUTES = 5
const WATCHED = '.app-card, .app-pressure__team, .app-now__item'

const indicator = document.querySelector('[data-live]')
const words = document.querySelector('[data-live-words]')
const stale = document.querySelector('[data-stale]')
const status = document.querySelector('#live-status')
const pauseLink = document.querySelector('[data-pause]')
const timerSwitch = document.querySelector('[data-timer-switch]')

const seen = new Map()
const marked = new Map()
let unsaid = []
let saidAt = 0
// Minutes that the timer had left when it was last looked at, and of which huddle.
let left = { of: '', minutes: -Infinity }

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

// No sound, nothing that opens by itself: elapsed minutes, and two sentences for those who do not see them.
function tick() {
  const timer = document.querySelector('[data-timer]')
  const stopped = stored('nhc-timer') === 'stopped'
  timerSwitch.hidden = !timer
  timerSwitch.textContent = stopped ? 'Show the timer' : 'Stop the timer'
  if (!timer) {
    return
  }
  const elapsed = Math.max(0, (present() - Date.parse(timer.dataset.timer)) / 60000)
  const most = Number(timer.dataset.minutes)
  const minutes = Math.floor(elapsed)
  const text = stopped
    ? `Since ${clock(Date.parse(timer.dataset.timer))}, ${most} minutes`
    : ` ${minutes} of ${most} minutes${minutes > most ? ', over time' : ''}`
  if (timer.dataset.shown !== text) {
    timer.replaceChildren(...(stopped ? [] : [barOf(minutes, most)]), text)
    timer.dataset.shown = text
  }
  if (!stopped && left.of === timer.dataset.timer) {
    const passed = (minutesLeft) => left.minutes > minutesLeft && most - elapsed <= minutesLeft
    if (passed(0)) {
      say('Time is up')
    } else if (passed(LAST_MINUTES)) {
      say(`${LAST_MINUTES} minutes left`)
    }
  }
  left = { of: timer.dataset.timer, minutes: most - elapsed }
}

function barOf(minutes, most) {
  const bar = Object.assign(document.createElement('progress'), { max: most, value: Math.min(minutes, most) })
  bar.setAttribute('aria-hidden', 'true')
  return bar
}

function learn(scope, first) {
  for (const element of scope.querySelectorAll(WATCHED)) {
    if (!element.id) {
      continue
    }
    const html = element.outerHTML
    if (!first && seen.get(element.id) !== html) {
      marked.set(element.id, Date.now() + MARKED)
      unsaid.push(element.textContent.trim().split('\n')[0])
    }
    seen.set(element.id, html)
  }
}

function onPart(html) {
  const page = plain(html)
  const focused = document.activeElement
  learn(page, false)
  for (const part of [...page.body.children]) {
    const shown = document.getElementById(part.id)
    if (shown) {
      patch(shown, part)
    }
  }
  mark()
  tick()
  // What moved lost the focus on the way; what was put anew is known by its name.
  if (document.activeElement === document.body) {
    const again = focused?.isConnected ? focused : document.getElementById(focused?.id)
    again?.focus({ preventScroll: true })
  }
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

// Pausing, and stopping the timer, are this tab's own.
function store(name, value) {
  try {
    sessionStorage.setItem(name, value)
  } catch {
    // A browser that keeps nothing forgets it when the page is left.
  }
}

function stored(name) {
  try {
    return sessionStorage.getItem(name)
  } catch {
    return null
  }
}

function pauseUpdates(held) {
  store('nhc-paused', held ? '1' : '')
  pauseLink.textContent = held ? 'Resume updates' : 'Pause updates'
  following.hold(held)
}

function addQuickly(form) {
  sending(form, form.action, {
    done(sentence, typed) {
      noteOf(form).textContent = typed.size ? `${sentence}. What you have typed since is not added yet.` : `${sentence}.`
      form.elements.form_key.value = newKey()
      if (!typed.size) {
        putBack(form, new Map(['what', 'due', 'about'].map((name) => [name, ['']])))
      }
      if (isInUse(form)) {
        form.elements.what.focus()
      }
      following.refresh()
    },
    page(page, typed) {
      const again = page.querySelector('[data-quick]')
      if (!again) {
        noteOf(form).textContent = 'Not added: this page is too old, or you may not add here any more. Copy what you typed, then load the page again.'
        return
      }
      const inUse = isInUse(form)
      form.replaceWith(again)
      putBack(again, typed)
      again.dispatchEvent(new Event('htmx:after:swap', { bubbles: true }))
      if (inUse) {
        again.querySelector('[aria-invalid], .nhsuk-input--error, .nhsuk-select--error')?.focus()
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
        show(answer.page, button.formAction, button)
      } else {
        say(answer.done)
        return following.refresh().then(() => {
          // The first lane opens further down, and the button that opened it is gone.
          if (button.id === 'begin-lane') {
            document.getElementById(`lane-${button.value}`)?.focus()
          }
        })
      }
    })
    .catch(() => say('Not done: the connection is away. Press again once it is back.'))
    .finally(() => button.removeAttribute('aria-busy'))
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-opens]')
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault()
    open(link, say)
  }
  if (event.target.closest('[data-pause]')) {
    event.preventDefault()
    pauseUpdates(indicator.dataset.state !== 'paused')
  }
  if (event.target.closest('[data-timer-switch]')) {
    store('nhc-timer', stored('nhc-timer') === 'stopped' ? '' : 'stopped')
    tick()
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
  } else if (holds(form)) {
    event.preventDefault()
    submit(form, say, () => following.refresh())
  }
})

learn(document, true)
const following = follow(
  {
    live: indicator.dataset.live,
    part: indicator.dataset.part,
    etag: indicator.dataset.etag,
    version: indicator.dataset.version,
    at: indicator.dataset.at,
    until: indicator.dataset.until
  },
  { onPart, onState, onGone }
)
if (stored('nhc-paused') === '1' || 'paused' in indicator.dataset) {
  pauseUpdates(true)
}
setInterval(() => {
  tick()
  mark()
  announce()
}, 1000)
tick()
