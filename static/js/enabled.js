// Runs before the page is drawn, so that parts which need JavaScript are never seen in their plain form first.
document.documentElement.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.documentElement.classList.add('nhsuk-frontend-supported')
}
