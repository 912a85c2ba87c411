/**
 * What the kubelet makes of a container's command, args and values of env: $$ is one $, $(NAME) a variable that the container's env names;
 * a reference to any other stays as it is (k8s.io/kubernetes/third_party/forked/golang/expansion).
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (all, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? all),
  )
}
