/** What is taken of the Kubernetes client: named here, a bundle has these and not its nine thousand kilobytes of models. */
export { Exec, KubeConfig, PortForward } from "@kubernetes/client-node";
