// A screen that shows its code waits here until it is paired, and then goes to the wall.

const EVERY = 15000
const PATIENCE = 4

let missed = 0

function blackOut(wall) {
  const words = document.createElement('p')
  words.textContent = 'The connection is lost. Nothing old is shown.'
  wall.replaceChildren(words)
}

async function refresh() {
  const wall = document.querySelector('[data-wall]')
  try {
    const answer = await fetch(location.href, { headers: { 'NHC-Background': '1' } })
    if (answer.ok && answer.redirected) {
      // It is paired: the wall itself has an address of its own.
      location.assign(answer.url)
      return
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (!answer.ok || !page.querySelector('main.app-wall')) {
      throw new Error('no wall')
    }
    missed = 0
    document.title = page.title
    wall.replaceWith(page.querySelector('main'))
  } catch {
    missed += 1
    if (missed >= PATIENCE) {
      blackOut(wall)
    }
  }
  // A screen that was revoked asks for its pairing again, and then waits for a person.
  if (document.querySelector('[data-wall]')) {
    setTimeout(refresh, EVERY)
  }
}

if (document.querySelector('[data-wall]')) {
  setTimeout(refresh, EVERY)
}
