// A wall screen: always as the server has it. Where the connection is lost it says since when, and soon shows nothing old.

import { clock, follow, patch } from './live.js'

const BLACK_OUT = 5 * 60 * 1000
const wall = document.querySelector('[data-wall-board]')
const words = document.querySelector('[data-live-words]')
const time = document.querySelector('[data-wall-clock]')
let updatedAt = Date.now()
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
  wall.classList.toggle('app-wall__page--black', silentSince > 0 && Date.now() - silentSince > BLACK_OUT)
}

// A screen that is paired no longer shows how to pair it: a code, and never a form to sign in.
function onGone() {
  location.assign(wall.dataset.pair)
}

function tick() {
  const now = new Date()
  const text = clock(now)
  if (time.textContent !== text) {
    time.textContent = text
    time.dateTime = now.toISOString()
    const date = now.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/London' })
    document.querySelector('[data-wall-date]').textContent = date
    // Once a night the page is loaded anew, which clears its memory and brings new scripts.
    if (text === '04:30' && performance.now() > 3600000) {
      location.reload()
    }
  }
}

async function stayAwake() {
  try {
    await navigator.wakeLock?.request('screen')
  } catch {
    // A screen that may sleep still shows the truth once it wakes.
  }
}

follow(wall.dataset, { onPart, onState, onGone })
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && stayAwake())
stayAwake()
setInterval(tick, 1000)
tick()
