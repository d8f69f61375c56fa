import WorkflowCore

/// Which fields the engine acts on, which mean nothing to a step that runs as a process, and which only pods have. A field
/// in none of the lists is reported when the workflow is to be run; so is everything that is added to Argo after this was
/// written.
struct SupportedFields {
  let acted: Set<String>
  let ignored: Set<String>
  var pod: Set<String> = []

  func cover(_ field: String, asPod: Bool) -> Bool {
    acted.contains(field) || ignored.contains(field) || (asPod && pod.contains(field))
  }
}

extension SupportedFields {
  static let spec = SupportedFields(
    acted: [
      "entrypoint", "arguments", "templates", "onExit", "retryStrategy", "parallelism", "priority",
      "serviceAccountName", "suspend", "hooks", "workflowTemplateRef", "activeDeadlineSeconds", "volumes",
      "volumeClaimTemplates",
    ],
    ignored: [
      "affinity", "archiveLogs", "artifactGC", "artifactRepositoryRef", "automountServiceAccountToken",
      "dnsConfig", "dnsPolicy", "executor", "hostAliases", "hostNetwork", "imagePullSecrets", "metrics",
      "nodeSelector", "podDisruptionBudget", "podGC", "podMetadata", "podPriorityClassName", "podResources",
      "schedulerName", "securityContext", "tolerations", "ttlStrategy", "volumeClaimGC",
    ],
    pod: PodFields.spec)

  static let template = SupportedFields(
    acted: [
      "name", "inputs", "outputs", "container", "script", "steps", "dag", "suspend", "retryStrategy",
      "activeDeadlineSeconds", "timeout", "pendingTimeout", "parallelism", "failFast", "annotations", "resource",
      "volumes",
    ],
    ignored: [
      "affinity", "archiveLocation", "automountServiceAccountToken", "executor", "hostAliases", "metadata",
      "metrics", "nodeSelector", "podResources", "priorityClassName", "schedulerName", "securityContext",
      "serviceAccountName", "tolerations",
    ],
    pod: PodFields.template)

  static let step = SupportedFields(
    acted: [
      "name", "template", "arguments", "when", "withItems", "withParam", "withSequence", "continueOn",
      "depends", "dependencies", "hooks", "onExit",
    ],
    ignored: [])

  static let container = SupportedFields(
    acted: [
      "image", "command", "args", "env", "envFrom", "workingDir", "resources", "source", "volumeMounts",
    ],
    ignored: [
      "imagePullPolicy", "livenessProbe", "name", "ports", "readinessProbe", "resizePolicy", "restartPolicy",
      "securityContext", "startupProbe", "stdin", "stdinOnce", "terminationMessagePath",
      "terminationMessagePolicy", "tty",
    ],
    pod: PodFields.container)

  static let hook = SupportedFields(acted: ["template", "arguments", "expression"], ignored: [])
  static let dag = SupportedFields(acted: ["tasks", "target", "failFast"], ignored: [])
  static let parameters = SupportedFields(acted: ["parameters", "artifacts"], ignored: [])
  static let input = SupportedFields(
    acted: ["name", "value", "default", "enum", "description", "valueFrom"], ignored: ["globalName"])
  static let inputSource = SupportedFields(acted: ["configMapKeyRef", "default", "supplied"], ignored: [])
  static let argument = SupportedFields(
    acted: ["name", "value"], ignored: ["default", "description", "enum", "globalName"])
  static let output = SupportedFields(
    acted: ["name", "value", "valueFrom", "default", "globalName"], ignored: ["description", "enum"])
  static let outputSource = SupportedFields(
    acted: ["path", "parameter", "expression", "supplied", "default", "jsonPath", "jqFilter"], ignored: [])
  static let resource = SupportedFields(
    acted: [
      "action", "manifest", "mergeStrategy", "flags", "setOwnerReference", "successCondition", "failureCondition",
    ],
    ignored: [])
  static let environmentSource = SupportedFields(
    acted: ["secretKeyRef", "configMapKeyRef", "fieldRef"], ignored: [], pod: PodFields.environmentSource)
  static let volumeMount = SupportedFields(
    acted: ["name", "mountPath", "subPath", "readOnly"], ignored: ["mountPropagation", "recursiveReadOnly"],
    pod: ["subPathExpr"])
  static let volume = SupportedFields(
    acted: [
      "name", "emptyDir", "configMap", "secret", "persistentVolumeClaim", "hostPath", "projected", "downwardAPI",
    ],
    ignored: [], pod: PodFields.volume)
  static let artifact = SupportedFields(
    acted: [
      "name", "path", "from", "fromExpression", "globalName", "subPath", "archive", "mode", "recurseMode", "optional",
      "raw", "http", "s3",
    ],
    ignored: ["artifactGC", "archiveLogs", "deleted"])
  static let retry = SupportedFields(acted: ["limit", "retryPolicy", "backoff", "expression"], ignored: ["affinity"])
}
