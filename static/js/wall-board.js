// A wall screen: always as the server has it. Where the connection is lost it says since when, and soon shows nothing old.

import { clock, follow, patch, present } from './live.js'

const BLACK_OUT = 5 * 60 * 1000
const RENEWED_AT = '04:30'
const RENEW_AGAIN = 60 * 1000
const wall = document.querySelector('[data-wall-board]')
const words = document.querySelector('[data-live-words]')
const time = document.querySelector('[data-wall-clock]')
let updatedAt = 0
let silentSince = 0

function onPart(html) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  patch(document.getElementById('wall-board'), page.getElementById('wall-board'))
}

function onState(state) {
  updatedAt = Math.max(updatedAt, state.since)
  silentSince = state.name === 'stale' ? state.since : 0
  words.textContent = {
    live: `Live, last updated ${clock(updatedAt)}`,
    polling: `Live, last updated ${clock(updatedAt)}`,
    reconnecting: `Reconnecting, last updated ${clock(updatedAt)}`,
    stale: `Not live since ${clock(state.since)}`
  }[state.name]
  wall.classList.toggle('app-wall__page--stale', state.name === 'stale')
  wall.classList.toggle('app-wall__page--black', silentSince > 0 && present() - silentSince > BLACK_OUT)
}

// A screen that is paired no longer shows how to pair it: a code, and never a form to sign in.
function onGone() {
  location.assign(wall.dataset.pair)
}

function tick() {
  const now = new Date(present())
  const text = clock(now)
  if (time.textContent !== text) {
    time.textContent = text
    time.dateTime = now.toISOString()
    const date = now.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/London' })
    document.querySelector('[data-wall-date]').textContent = date
    if (text === RENEWED_AT && performance.now() > 3600000) {
      renew()
    }
  }
}

// Once a night the page is loaded anew, which clears its memory and brings new scripts: but only where there is a page to
// load. A browser's own page, which says that nobody answers, runs no script and would stay for good.
async function renew() {
  try {
    const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(10000) })
    if (answer.ok) {
      location.reload()
      return
    }
  } catch {
    // Nobody answers: the board that is here is the better one.
  }
  setTimeout(renew, RENEW_AGAIN)
}

async function stayAwake() {
  try {
    await navigator.wakeLock?.request('screen')
  } catch {
    // A screen that may sleep still shows the truth once it wakes.
  }
}

// The page asks for itself again every ten minutes, in case this script never came. It has: from here on `renew` looks
// first whether anybody answers. Browsers forget what was planned only once they are told to stop.
function takeOver() {
  document.querySelector('meta[http-equiv="refresh"]')?.remove()
  window.stop()
  follow(wall.dataset, { onPart, onState, onGone })
}

if (document.readyState === 'complete') {
  takeOver()
} else {
  addEventListener('load', takeOver)
}
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && stayAwake())
stayAwake()
setInterval(tick, 1000)
tick()
