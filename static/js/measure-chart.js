// Draws one measure's interactive figure over its picture. The picture stays beneath it: for screen readers, for paper, and
// for when anything here fails.

// Below this width of its frame the phone's layout is used, as in the style sheet.
const NARROW = 560

// What plotly would add as inline style sheets, which our content security policy refuses: its own, which we bring as a file,
// and that of maps, which we never draw. It adds neither where the page has an element with that id.
const OWN_STYLE = 'plotly.js-style-global'
const MAP_STYLE = '9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53'

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener('load', resolve)
    element.addEventListener('error', () => reject(new Error('The script or style sheet of the chart did not load.')))
    document.head.append(element)
  })
}

async function loadPlotly(script, style) {
  if (!document.getElementById(OWN_STYLE)) {
    const sheet = Object.assign(document.createElement('link'), { id: OWN_STYLE, rel: 'stylesheet', href: style })
    sheet.className = 'no-inline-styles'
    await loaded(sheet)
  }
  if (!document.getElementById(MAP_STYLE)) {
    document.head.append(Object.assign(document.createElement('meta'), { id: MAP_STYLE }))
  }
  if (!window.Plotly) {
    await loaded(Object.assign(document.createElement('script'), { src: script }))
  }
  return window.Plotly
}

function scaled(data, scale) {
  return data.map((trace) =>
    trace.marker?.size ? { ...trace, marker: { ...trace.marker, size: trace.marker.size * scale } } : trace
  )
}

async function draw(frame) {
  const figure = JSON.parse(document.getElementById(frame.dataset.measureChart).textContent)
  const plotly = await loadPlotly(frame.dataset.plotly, frame.dataset.plotlyStyle)
  const drawing = document.createElement('div')
  drawing.className = 'app-figure__drawing'
  drawing.setAttribute('aria-hidden', 'true')
  frame.append(drawing)
  const fitting = () => (frame.clientWidth < NARROW ? figure.narrow : figure.wide)
  // Plotly writes into what it is given, so each drawing gets a copy of its own.
  const pieces = ({ layout, scale }) => [
    drawing,
    scaled(structuredClone(figure.data), scale),
    structuredClone(layout),
    figure.config
  ]
  let drawn = fitting()
  try {
    await plotly.newPlot(...pieces(drawn))
  } catch (error) {
    drawing.remove()
    throw error
  }
  // Where plotly measures its texts is out of sight, but not out of hearing.
  document.getElementById('js-plotly-tester')?.setAttribute('aria-hidden', 'true')
  new ResizeObserver(() => {
    if (fitting() !== drawn) {
      drawn = fitting()
      plotly.react(...pieces(drawn)).catch(() => drawing.remove())
    }
  }).observe(frame)
}

for (const frame of document.querySelectorAll('[data-measure-chart]')) {
  draw(frame).catch((error) => console.warn(error.message))
}
