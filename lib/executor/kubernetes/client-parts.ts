/** What is taken of the Kubernetes client: named here, a bundle has these and not its models, fifteen megabytes. */
export { Exec, KubeConfig, PortForward } from "@kubernetes/client-node";
