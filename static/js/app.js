// Brings the page's components to life. Every page works without it.

import { createAll, Button, CharacterCount, Checkboxes, ErrorSummary, FileUpload, Header, NotificationBanner, PasswordInput, Radios, Scroll, SkipLink } from './nhsuk-frontend.min.js'

const components = [Button, CharacterCount, Checkboxes, ErrorSummary, FileUpload, Header, NotificationBanner, PasswordInput, Radios, Scroll, SkipLink]

function start(scope) {
  for (const component of components) {
    createAll(component, {}, scope)
  }
}

// The design system looks for its marks on the body; enabled.js sets them on the root, which exists before the body does.
document.body.classList.add(...document.documentElement.classList)
start(document)

// A fragment that htmx brought has components of its own.
document.addEventListener('htmx:after:swap', (event) => start(event.target))
