// Forms of the board's things, opened over it. Closing one throws nothing away, and what waits to be sent is sent.

import { isInUse, noteOf, plain, putBack, read, sending, since } from './board-forms.js'

const MORE = 'What you have typed since is not stored yet.'
const opened = document.querySelector('[data-opened]')
const openedContent = document.querySelector('[data-opened-content]')

// What was typed and not sent, by the address that opens it: { typed, version } with the version it was typed over.
const kept = new Map()
// What is on its way, by the same address, as it was shown.
const waiting = new Map()
// How each form read before anybody typed into it.
const came = new WeakMap()
let openedFrom = null
let openedAddress = ''

const isShown = (form) => opened.open && openedContent.contains(form)
const typedInto = (form) => since(read(form), came.get(form))

function place(content, address) {
  openedContent.replaceChildren(content)
  openedAddress = address
  if (!opened.open) {
    opened.showModal()
  }
}

function contentOf(page) {
  const form = page.querySelector('.app-form')
  if (form) {
    return form
  }
  const content = document.createElement('div')
  content.append(...page.querySelector('main').childNodes)
  return content
}

/** Show what a page holds; `from` is what was pressed, where the focus goes back to. Return its first form. */
export function show(page, address, from = openedFrom) {
  openedFrom = from
  const content = contentOf(page)
  content.querySelector('h1')?.setAttribute('id', 'opened-heading')
  place(content, address)
  openedContent.dispatchEvent(new Event('htmx:after:swap', { bubbles: true }))
  content.querySelectorAll('form').forEach((form) => came.set(form, read(form)))
  const form = content.querySelector('form')
  const mine = kept.get(address)
  if (form && mine) {
    putBack(form, mine.typed)
    // Sent for the version it was typed over, or it would replace what others have stored since, unseen.
    if (mine.version && form.elements.version) {
      form.elements.version.value = mine.version
    }
  }
  content.querySelector('.nhsuk-error-summary, input:not([type=hidden]), select, textarea, button')?.focus()
  return form
}

/** Open what a link leads to; `say` tells in words where that is not possible now. */
export async function open(link, say) {
  if (waiting.has(link.href)) {
    openedFrom = link
    place(waiting.get(link.href), link.href)
    openedContent.querySelector('input:not([type=hidden]), select, textarea')?.focus()
    return
  }
  try {
    const answer = await fetch(link.href, { headers: { 'NHC-Part': '1' }, signal: AbortSignal.timeout(8000) })
    if (answer.redirected || !answer.ok) {
      location.assign(link.href)
      return
    }
    show(plain(await answer.text()), link.href, link)
  } catch {
    say('The connection is away, so this cannot be opened now.')
  }
}

function keep(form, address) {
  const typed = typedInto(form)
  if (typed.size) {
    kept.set(address, { typed, version: form.elements.version?.value })
  } else {
    kept.delete(address)
  }
}

function close() {
  openedContent.replaceChildren()
  opened.close()
}

// The form as it stands now, with what was typed while the last of it was on its way.
async function showAgain(address, sentence) {
  const name = document.activeElement?.name
  try {
    const answer = await fetch(address, { headers: { 'NHC-Part': '1' }, signal: AbortSignal.timeout(8000) })
    if (answer.redirected || !answer.ok) {
      throw new Error(String(answer.status))
    }
    const page = plain(await answer.text())
    if (opened.open && openedAddress === address) {
      const form = show(page, address)
      noteOf(form).textContent = `${sentence}. ${MORE}`
      form.elements[name]?.focus?.()
    }
  } catch {
    if (openedAddress === address) {
      close()
    }
  }
}

/** Send a form of the dialog. `say` tells what came of it, `onDone` that something is stored. */
export function submit(form, say, onDone) {
  const address = openedAddress
  waiting.set(address, openedContent.firstElementChild)
  sending(form, form.getAttribute('action') ? form.action : address, {
    done(sentence, typed) {
      waiting.delete(address)
      kept.delete(address)
      if (typed.size) {
        kept.set(address, { typed })
      }
      if (isShown(form) && typed.size) {
        showAgain(address, sentence)
      } else if (isShown(form)) {
        close()
      }
      say(typed.size ? `${sentence}. ${MORE}` : sentence)
      onDone()
    },
    page(page, typed) {
      waiting.delete(address)
      const meant = typedInto(form)
      if (!isShown(form)) {
        keep(form, address)
        say('What you typed was not stored. Open it again to see why: it is still there.')
        return
      }
      kept.delete(address)
      const before = came.get(form)
      const again = show(page, address)
      if (again) {
        // It holds what was sent, which nobody has stored: closed now, that is kept too.
        came.set(again, new Map([...read(again)].map(([name, values]) => [name, meant.has(name) ? before.get(name) : values])))
        putBack(again, typed)
      }
    }
  })
}

opened.addEventListener('close', () => {
  const form = openedContent.querySelector('form')
  if (form && !form.dataset.sending) {
    keep(form, openedAddress)
  }
  const path = new URL(openedAddress || location.href, location.href).pathname
  const back = openedFrom?.isConnected ? openedFrom : document.querySelector(`a[href="${path}"]`)
  if (isInUse(opened)) {
    back?.focus()
  }
})
opened.querySelector('[data-opened-close]').addEventListener('click', () => opened.close())

/** Whether a form is one of the dialog's. */
export const holds = (form) => openedContent.contains(form)
