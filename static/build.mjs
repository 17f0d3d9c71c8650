// Gathers what the pages load into static/build/. `npm run build` compiles app.scss first, then runs this.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = dirname(fileURLToPath(import.meta.url))
const packages = join(dirname(sources), 'node_modules')
const build = join(sources, 'build')

// A source map that is not there stops the hashed static storage, so the comment that names it goes.
async function copyScript(from, to) {
  const text = await readFile(from, 'utf8')
  await writeFile(to, text.replace(/^\/\/# sourceMappingURL=.*$/gm, ''))
}

await mkdir(join(build, 'js'), { recursive: true })
await mkdir(join(build, 'nhsuk'), { recursive: true })

const designSystem = join(packages, 'nhsuk-frontend', 'dist', 'nhsuk')
await cp(join(designSystem, 'assets', 'images'), join(build, 'nhsuk', 'images'), {
  recursive: true,
  // The NHS logo is not ours to show.
  filter: (path) => !/(favicon|opengraph|icon-mask|icon-\d+)/.test(path)
})
await copyScript(join(designSystem, 'nhsuk-frontend.min.js'), join(build, 'js', 'nhsuk-frontend.min.js'))
await copyScript(
  join(packages, 'plotly.js-basic-dist-min', 'plotly-basic.min.js'),
  join(build, 'js', 'plotly-basic.min.js')
)
await cp(join(sources, 'js'), join(build, 'js'), { recursive: true })
await cp(join(sources, 'images'), join(build, 'images'), { recursive: true })
await cp(join(sources, 'plotly.css'), join(build, 'plotly.css'))
