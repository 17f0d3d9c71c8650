// Keeps a part of a page as the server has it, and knows in words whether it is.
//
// The server says "it is at version V"; the part is then fetched with its ETag. Where no stream comes through, as behind
// a proxy that holds answers back, the part is asked for every half minute. Silence is never taken for "nothing new".

const BEAT = 10000
const SILENT = BEAT + 5000
const STALE = 25000
const POLL = 30000
const COALESCE = 2000
const PATIENCE = 8000
const RETRY = 5000
const LONGEST_PAUSE = 15000
const SHORTEST_STAY = 5000
const LONGEST_STAY = 90000
const CLOCKS_DIFFER = 2000

// How far this device's clock is behind the server's. What answers say of the time is exact to a second.
let behind = 0

function agreeOnTime(said) {
  const apart = Date.parse(said ?? '') - Date.now()
  if (Number.isFinite(apart)) {
    behind = Math.abs(apart) > CLOCKS_DIFFER ? apart : 0
  }
}

/** The time as the server has it: a telephone may be ten minutes wrong. */
export const present = () => Date.now() + behind

export const clock = (time) => new Date(time).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' })

/**
 * Follow a part. `settings` has the addresses `live` and `part`, the `etag` and `version` that the page came with, `at`,
 * when that was, and `until`, when it must be asked for again whatever happens. `onPart(html)` takes a new part,
 * `onState(state)` what to say: { name: 'live' | 'polling' | 'reconnecting' | 'stale' | 'paused', since, waiting } with
 * `since` by the server's clock, `onGone` that it may not be read any more.
 */
export function follow(settings, { onPart, onState, onGone }) {
  let source = null
  let etag = settings.etag
  let version = Number(settings.version)
  let newest = version
  // When what is shown was last known to be right, and when the stream last said anything.
  let rightAt = Date.now()
  let streamedAt = Date.now()
  let fetchedAt = 0
  // When what is shown is good no longer, even if nobody has changed it.
  let dueAt = Infinity
  let failed = false
  let streams = false
  let fetching = false
  let again = false
  let paused = false
  let offline = false
  let pause = 1000
  let timers = {}
  let over = false

  function later(name, work, wait) {
    clearTimeout(timers[name])
    timers[name] = setTimeout(work, Math.max(0, wait))
  }

  const owed = () => !paused && (newest > version || Date.now() >= dueAt)

  // A sign of life proves nothing while a newer version, or a later hour, waits to be fetched.
  function heard() {
    if (!owed() && !offline) {
      rightAt = Date.now()
      failed = false
    }
    say()
  }

  function say() {
    if (over) {
      return
    }
    const silence = Date.now() - rightAt
    const since = rightAt + behind
    const patience = streams ? SILENT : POLL + PATIENCE
    if (silence > Math.max(STALE, streams ? 0 : patience) || (failed && silence > STALE)) {
      onState({ name: 'stale', since })
    } else if (failed || silence > patience) {
      onState({ name: 'reconnecting', since })
    } else if (paused) {
      onState({ name: 'paused', since, waiting: Math.max(0, newest - version) })
    } else {
      onState({ name: streams ? 'live' : 'polling', since })
    }
  }

  async function fetchPart() {
    if (over) {
      return
    }
    if (fetching) {
      again = true
      return
    }
    fetching = true
    fetchedAt = Date.now()
    try {
      const answer = await fetch(settings.part, {
        headers: { 'If-None-Match': etag, 'NHC-Background': '1' },
        cache: 'no-store',
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE)
      })
      if (answer.type === 'opaqueredirect' || [401, 403, 404].includes(answer.status)) {
        stop()
        onGone(answer.status)
        return
      }
      if (answer.status !== 304 && !answer.ok) {
        throw new Error(String(answer.status))
      }
      agreeOnTime(answer.headers.get('Date'))
      const told = Number(answer.headers.get('NHC-Version') ?? version)
      const until = Date.parse(answer.headers.get('NHC-Until') ?? '')
      if (answer.status === 200) {
        const html = await answer.text()
        newest = Math.max(newest, told)
        // Answers may overtake each other: an older one never replaces a newer. Who paused is told, and not disturbed.
        if (told >= version && !paused) {
          etag = answer.headers.get('ETag') ?? etag
          version = told
          onPart(html)
        }
      } else {
        version = Math.max(version, told)
      }
      newest = Math.max(newest, version)
      planRefresh(until)
      heard()
    } catch {
      // What is owed stays owed: `watch` asks again, and no sign of life says that all is well meanwhile.
      failed = true
      say()
    } finally {
      fetching = false
      if (again || (newest > version && !paused && !failed)) {
        again = false
        soon()
      }
    }
  }

  // One fetch in two seconds, however many signals come.
  function soon() {
    if (!paused && !over) {
      later('fetch', fetchPart, fetchedAt + COALESCE - Date.now())
    }
  }

  // What is written on it may become untrue though nobody touches it: a shift ends, something is late.
  function planRefresh(until) {
    const stays = Number.isFinite(until) ? until - present() : 60000
    const wait = Math.min(Math.max(stays, SHORTEST_STAY), LONGEST_STAY) + Math.random() * 3000
    dueAt = Date.now() + wait
    later('refresh', soon, wait)
  }

  function connect() {
    clearTimeout(timers.connect)
    source?.close()
    if (over || offline) {
      return
    }
    streamedAt = Date.now()
    source = new EventSource(settings.live)
    source.addEventListener('version', (event) => {
      streams = true
      streamedAt = Date.now()
      pause = 1000
      newest = Math.max(newest, Number(JSON.parse(event.data).version))
      heard()
      if (newest > version) {
        soon()
      }
    })
    source.addEventListener('beat', () => {
      streams = true
      streamedAt = Date.now()
      pause = 1000
      heard()
      if (newest > version) {
        soon()
      }
    })
    // The stream has lasted as long as streams do: nothing is wrong, another follows.
    source.addEventListener('again', connect)
    source.addEventListener('over', () => {
      source.close()
      fetchPart().then(reconnectLater, reconnectLater)
    })
    source.addEventListener('error', () => {
      if (streams) {
        failed = true
        streams = false
        say()
      }
      if (source.readyState === EventSource.CLOSED) {
        reconnectLater()
      }
    })
  }

  function reconnectLater() {
    streams = false
    later('connect', connect, pause * (0.5 + Math.random()))
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }

  function watch() {
    if (streams && Date.now() - streamedAt > SILENT) {
      streams = false
      failed = true
      reconnectLater()
      soon()
    } else if (!offline && Date.now() - fetchedAt > rest()) {
      later('fetch', fetchPart, 0)
    }
    say()
  }

  // How long after a fetch the next one comes by itself.
  function rest() {
    if (streams) {
      return owed() ? RETRY : Infinity
    }
    return failed ? RETRY : POLL
  }

  function stop() {
    over = true
    source?.close()
    clearInterval(timers.watch)
    Object.values(timers).forEach(clearTimeout)
  }

  addEventListener('offline', () => {
    // Some browsers keep a stream open that nothing will come through.
    offline = true
    failed = true
    streams = false
    source?.close()
    say()
  })
  addEventListener('online', () => {
    offline = false
    connect()
    later('fetch', fetchPart, 0)
  })
  addEventListener('pagehide', () => source?.close())
  addEventListener('pageshow', (event) => event.persisted && connect())
  timers.watch = setInterval(watch, 1000)
  agreeOnTime(settings.at)
  planRefresh(Date.parse(settings.until))
  connect()

  return {
    /** Fetch now, because this page has just changed something. */
    refresh() {
      fetchedAt = 0
      return fetchPart()
    },
    /** Hold still, or go on and catch up. */
    hold(held) {
      paused = held
      if (!held) {
        this.refresh()
      }
      say()
    }
  }
}

/** Make `from` read as `to`, element by element, so that focus, scrolling and what is typed elsewhere stay. */
export function patch(from, to) {
  if (from.isEqualNode(to)) {
    return from
  }
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) {
    from.replaceWith(to)
    return to
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.nodeValue = to.nodeValue
    return from
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name)) {
      from.removeAttribute(name)
    }
  }
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value) {
      from.setAttribute(name, value)
    }
  }
  const known = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]))
  let place = from.firstChild
  for (const wanted of [...to.childNodes]) {
    const same = wanted.id ? known.get(wanted.id) : place && !place.id && place.nodeName === wanted.nodeName ? place : null
    if (!same) {
      from.insertBefore(wanted, place)
    } else {
      if (same === place) {
        place = place.nextSibling
      } else {
        from.insertBefore(same, place)
      }
      patch(same, wanted)
    }
  }
  while (place) {
    const next = place.nextSibling
    place.remove()
    place = next
  }
  return from
}
