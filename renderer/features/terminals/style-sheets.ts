/**
 * Runs what makes parts of xterm. xterm writes rules into <style> elements, which the page's policy forbids (nothing inline); meanwhile
 * such an element is one that hands its text to a constructed style sheet, which is allowed. (Its option documentOverride would be the
 * place for this, but xterm 6.0's Viewport ignores it.)
 */
export function withStyleSheets(work: () => void): void {
  const native = document.createElement.bind(document)
  const create = (name: string, options?: ElementCreationOptions) =>
    name.toLowerCase() === 'style' ? styleElement() : native(name, options)
  Object.defineProperty(document, 'createElement', { value: create, configurable: true })
  try {
    work()
  } finally {
    // What is left is the prototype's.
    Reflect.deleteProperty(document, 'createElement')
  }
}

function styleElement(): HTMLElement {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  const element = Document.prototype.createElement.call(document, 'span')
  element.hidden = true
  Object.defineProperty(element, 'textContent', {
    set(text: string) {
      sheet.replaceSync(text)
    },
  })
  Object.defineProperty(element, 'remove', {
    value: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet)
      HTMLElement.prototype.remove.call(element)
    },
  })
  return element
}

/**
 * xterm writes exact colours (24 bits) into the style attributes of spans when it draws with elements, which the policy ignores as well. Set
 * through the CSSOM, as here, they are allowed.
 */
export function allowSpanStyles(): void {
  Object.defineProperty(HTMLSpanElement.prototype, 'setAttribute', {
    configurable: true,
    value(this: HTMLSpanElement, name: string, value: string) {
      if (name === 'style') this.style.cssText = value
      else Element.prototype.setAttribute.call(this, name, value)
    },
  })
}
