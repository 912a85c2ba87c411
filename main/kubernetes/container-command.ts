// The kubelet expands $(NAME) and $$ in a container's command, args and values of env, before any shell sees them; never in what is exec'd.
// https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/

/** The text that the kubelet expands to `text`. */
export const literal = (text: string): string => text.replaceAll('$', '$$$$')

/** What the kubelet makes of a text that `literal` gave. */
export const fromLiteral = (text: string): string => text.replaceAll('$$', '$')

/** A container's command that runs as these very words. */
export const containerCommand = (words: readonly string[]): readonly string[] => words.map(literal)
