// Warns before the session ends, in every tab in step, lets people go on, and keeps what they typed where they do not.

const dialog = document.querySelector('[data-time-out]')
const SECOND = 1000
// How long before the end what was typed is sent to be kept, in seconds.
const MARGIN = 5

const place = () => location.pathname + location.search

function forms() {
  return [...document.querySelectorAll('main form[method=post]')].filter((form) => !form.querySelector('[type=password], [autocomplete=one-time-code]'))
}

function start(settings) {
  const warning = Number(settings.warning)
  const lasts = Number(settings.seconds)
  const words = dialog.querySelector('[data-time-out-words]')
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel('nhc-session') : null
  let endsAt = Date.now() + lasts * SECOND
  let toldAt = Date.now()
  let asked = false
  let leaving = false
  let typed = Boolean(settings.kept)

  const left = () => Math.ceil((endsAt - Date.now()) / SECOND)

  function goOn(seconds) {
    endsAt = Date.now() + seconds * SECOND
    asked = false
    if (seconds > warning && dialog.open) {
      dialog.close()
    }
  }

  async function send(address, fields = new FormData()) {
    fields.set('csrfmiddlewaretoken', settings.token)
    return fetch(address, { method: 'POST', body: fields, keepalive: true, redirect: 'error' })
  }

  async function extend() {
    toldAt = Date.now()
    const answer = await send(settings.extend)
    const { seconds } = await answer.json()
    channel?.postMessage(seconds)
    goOn(seconds)
  }

  async function remaining() {
    const answer = await fetch(settings.session, { headers: { 'NHC-Background': '1' } })
    return (await answer.json()).seconds
  }

  async function keep() {
    const fields = new FormData()
    for (const form of forms()) {
      for (const [name, value] of new FormData(form)) {
        if (typeof value === 'string' && name !== 'csrfmiddlewaretoken') {
          fields.append(name, value)
        }
      }
    }
    fields.set('nhc-page', place())
    typed = false
    await send(settings.keep, fields)
  }

  async function leave() {
    leaving = true
    const seconds = await remaining().catch(() => 0)
    if (seconds > 0) {
      leaving = false
      goOn(seconds)
      return
    }
    if (typed) {
      await keep().catch(() => {})
    }
    location.assign(`${settings.signIn}?ended=1&next=${encodeURIComponent(place())}`)
  }

  function say() {
    const minutes = Math.ceil(left() / 60)
    const tens = Math.max(1, Math.ceil(left() / 15)) * 15
    const time = left() > 60 ? `${minutes} minutes` : left() > 45 ? '1 minute' : `${tens} seconds`
    const sentence = `You will be signed out in less than ${time}.`
    if (words.textContent !== sentence) {
      words.textContent = sentence
    }
  }

  async function tick() {
    if (leaving) {
      return
    }
    if (left() <= 0) {
      await leave()
    } else if (left() <= warning) {
      if (!asked) {
        asked = true
        goOnIfLonger(await remaining().catch(() => left()))
      }
      if (left() <= warning && !dialog.open) {
        dialog.showModal()
      }
      if (typed && left() <= Math.min(MARGIN, warning / 2)) {
        await keep().catch(() => {})
      }
      say()
    }
  }

  // Another tab, or another page of this one, may have gone on without a word.
  function goOnIfLonger(seconds) {
    if (seconds > left() + 1) {
      goOn(seconds)
    }
  }

  document.addEventListener('input', (event) => {
    if (event.target.closest('main form')) {
      typed = true
    }
    // Typing is activity of which the server would know nothing.
    if (Date.now() - toldAt > Math.min(30, lasts / 10) * SECOND) {
      extend().catch(() => {})
    }
  })
  dialog.querySelector('[data-time-out-stay]').addEventListener('click', () => extend().catch(() => leave()))
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
    extend().catch(() => leave())
  })
  channel?.addEventListener('message', (event) => goOn(event.data))
  channel?.postMessage(lasts)
  setInterval(() => tick().catch(() => {}), SECOND)
}

function put(fields) {
  const used = new Map()
  for (const [name, value] of fields) {
    const named = forms().flatMap((form) => [...form.elements]).filter((element) => element.name === name)
    const choices = named.filter((element) => element.type === 'radio' || element.type === 'checkbox')
    if (choices.length) {
      for (const choice of choices) {
        choice.checked = choice.value === value || (choice.type === 'checkbox' && choice.checked)
      }
      continue
    }
    const element = named.filter((each) => each.type !== 'hidden')[used.get(name) ?? 0]
    used.set(name, (used.get(name) ?? 0) + 1)
    if (element) {
      element.value = value
      element.dispatchEvent(new Event('change', { bubbles: true }))
    }
  }
}

async function restore(address) {
  const answer = await fetch(address, { headers: { 'NHC-Background': '1' } })
  put((await answer.json()).fields)
  const note = Object.assign(document.createElement('p'), {
    className: 'nhsuk-inset-text',
    textContent: 'What you had typed is back. It is not sent yet.'
  })
  note.setAttribute('role', 'status')
  document.querySelector('main form[method=post]')?.before(note)
}

if (dialog) {
  if (dialog.dataset.keptText) {
    restore(dialog.dataset.keptText).catch((error) => console.warn(error.message))
  }
  start(dialog.dataset)
}
