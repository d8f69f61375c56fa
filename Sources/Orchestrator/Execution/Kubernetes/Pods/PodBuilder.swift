import Execution
import Foundation
import OrderedCollections
import WorkflowCore

/// Makes the pod of an attempt. Pure: the same launch gives the same pod.
struct PodBuilder {
  typealias Members = OrderedDictionary<String, Value>

  let launch: Launch
  /// The ConfigMap that holds the helper.
  let helper: String
  /// How many pods of this attempt the cluster has lost before this one.
  let replacement: Int
  /// Nodes that earlier attempts ran on, where the retry strategy says to avoid those.
  var avoided: [String] = []

  static let folder = "/orchestrate"
  static let program = "orchestrate-pod-helper"
  static let workspace = "/workspace"
  /// What stands before each step's own command.
  static let command = Value.array([.string("\(folder)/helper/\(program)")])
  private static let helperVolume = "orchestrate-helper"
  private static let scratchVolume = "orchestrate-scratch"
  private static let workspaceVolume = "orchestrate-workspace"
  /// Longest script that fits one argument of a program with room to spare (Linux: 128 KiB).
  private static let longestSource = 100 << 10

  private var workflow: Value { launch.pod?.workflow ?? .object([:]) }
  private var template: Value { launch.pod?.template ?? .object([:]) }
  private var container: Members { (template["container"] ?? template["script"])?.objectValue ?? [:] }

  var name: String { podName(launch.podName, suffix: replacement == 0 ? "" : "-r\(replacement)") }

  /// Marks the helper's lines in the pod's log.
  var mark: String { shortDigest(Data("\(launch.attempt.run)/\(launch.attempt.nodeID)/\(replacement)".utf8)) }

  /// Whether the command is known, so that the helper can stand before it.
  var isWrapped: Bool { !launch.command.isEmpty }

  /// - Throws: `ExecutionError.refused` when the launch cannot be a pod.
  func pod() throws(ExecutionError) -> Value {
    try check()
    var spec = try spec()
    for patch in [workflow["podSpecPatch"], template["podSpecPatch"]].compactMap({ $0?.stringValue })
    where !patch.isEmpty {
      spec = try PodSpecPatch(patch).applied(to: spec)
    }
    let digest = shortDigest(Data(withoutHelperName(spec).jsonText().utf8))
    if !avoided.isEmpty { spec = avoiding(avoided, spec) }
    return .record(["apiVersion": "v1", "kind": "Pod", "metadata": metadata(digest), "spec": spec])
  }

  private func check() throws(ExecutionError) {
    guard launch.image ?? "" != "" else { throw .refused("template '\(launch.templateName)' has no image") }
    guard launch.inputArtifacts.isEmpty && launch.outputArtifacts.isEmpty else {
      throw .refused(
        "template '\(launch.templateName)' has artifacts, which pods do not take or hand over yet: use a volume")
    }
    guard (launch.source ?? "").utf8.count <= Self.longestSource else {
      throw .refused(
        "the script of '\(launch.templateName)' is longer than 100 KiB: put it into the image or a ConfigMap")
    }
    guard !isWrapped, launch.capturesResult || launch.source != nil || !launch.outputFiles.isEmpty else { return }
    throw .refused(
      "the outputs of '\(launch.templateName)' need its command, and image '\(launch.image ?? "")' is not looked into: "
        + "add `command`")
  }

  // MARK: Metadata

  private func metadata(_ digest: String) -> Value {
    var labels = merged(workflow[["podMetadata", "labels"]], template[["metadata", "labels"]])
    var annotations = merged(workflow[["podMetadata", "annotations"]], template[["metadata", "annotations"]])
    labels[PodMarks.managedBy] = .string(PodMarks.manager)
    labels[PodMarks.run] = .string(launch.attempt.run)
    if isLabelValue(launch.workflowName) { labels["workflows.argoproj.io/workflow"] = .string(launch.workflowName) }
    annotations[PodMarks.nodeID] = .string(launch.attempt.nodeID)
    annotations[PodMarks.nodeName] = .string(launch.nodeName)
    annotations[PodMarks.launch] = .string(digest)
    annotations["kubectl.kubernetes.io/default-container"] = "main"
    return .record([
      "name": .string(name), "namespace": .string(launch.namespace), "labels": .object(labels),
      "annotations": .object(annotations), "finalizers": .array([.string(PodMarks.finalizer)]),
    ])
  }

  private func merged(_ below: Value?, _ above: Value?) -> Members {
    (below?.objectValue ?? [:]).merging(above?.objectValue ?? [:]) { $1 }
  }

  /// An engine of another version brings another helper; the launch is the same.
  private func withoutHelperName(_ spec: Value) -> Value {
    guard var members = spec.objectValue else { return spec }
    members["volumes"] = .array(
      (members["volumes"]?.arrayValue ?? []).filter { $0["name"] != .string(Self.helperVolume) })
    return .object(members)
  }

  // MARK: Spec

  /// Fields that a template has as its pods do, and falls back on the workflow's.
  private static let shared = [
    "affinity", "dnsConfig", "dnsPolicy", "hostAliases", "hostNetwork", "imagePullSecrets", "nodeSelector",
    "resourceClaims", "schedulerName", "securityContext", "serviceAccountName", "tolerations",
  ]

  private func spec() throws(ExecutionError) -> Value {
    var spec: Members = ["restartPolicy": "Never"]
    for field in Self.shared { spec[field] = template[field] ?? workflow[field] }
    spec["priorityClassName"] = template["priorityClassName"] ?? workflow["podPriorityClassName"]
    spec["resources"] = template["podResources"] ?? workflow["podResources"]
    // A step is given no rights of the API unless it asks for them.
    spec["automountServiceAccountToken"] =
      template["automountServiceAccountToken"] ?? workflow["automountServiceAccountToken"] ?? false
    spec["activeDeadlineSeconds"] = launch.deadlineSeconds.map { .int($0) }
    let main = mainContainer()
    let others = (template["sidecars"]?.arrayValue ?? []).map { plain($0, besides: main) }
    let first = (template["initContainers"]?.arrayValue ?? []).map { plain($0, besides: main) }
    spec["initContainers"] = first.isEmpty ? nil : .array(first)
    spec["containers"] = .array([main] + others)
    spec["volumes"] = .array(try volumes(mountedBy: first + [main] + others))
    return .object(spec)
  }

  private func mainContainer() -> Value {
    var main = container
    for field in ["source", "command", "args", "name"] { main[field] = nil }
    main["name"] = "main"
    main["image"] = launch.image.map { .string($0) }
    main["workingDir"] = workingDirectory.map { .string($0) }
    main["env"] = .array(environment + (container["env"]?.arrayValue ?? []))
    main["volumeMounts"] = .array((container["volumeMounts"]?.arrayValue ?? []) + ownMounts)
    guard isWrapped else {
      main["args"] = launch.args.isEmpty ? nil : .array(launch.args.map { .string($0) })
      return .object(main)
    }
    main["command"] = Self.command
    main["args"] = .array((helperOptions.map(literal) + ["--"] + launch.command + launch.args).map(Value.string))
    return .object(main)
  }

  private var helperOptions: [String] {
    var options = ["-m", mark, "-p", "\(Self.folder)/scratch/progress"]
    if launch.capturesResult { options.append("-r") }
    for file in launch.outputFiles { options += ["-o", file.path] }
    if let source = launch.source { options += ["-s", "\(Self.folder)/scratch/script", source] }
    return options
  }

  /// Kubernetes replaces `$(NAME)` in arguments and halves `$$`; what was never meant for it keeps its dollars so.
  private func literal(_ text: String) -> String { text.replacing("$", with: "$$") }

  private var workingDirectory: String? {
    guard let base = launch.pod?.workspaceClaim.map({ _ in Self.workspace }) else { return launch.workingDirectory }
    return [launch.workspace, launch.workingDirectory].compactMap { $0 }.reduce(base) { place, next in
      next.hasPrefix("/") ? next : next == "." ? place : "\(place)/\(next)"
    }
  }

  /// What Argo's executor and ours tell every step.
  private var environment: [Value] {
    let given = Set((container["env"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
    let variables = [
      ("ARGO_WORKFLOW_NAME", launch.workflowName), ("ARGO_WORKFLOW_UID", launch.attempt.run),
      ("ARGO_NODE_ID", launch.attempt.nodeID), ("ARGO_CONTAINER_NAME", "main"), ("ARGO_POD_NAME", name),
      ("ARGO_PROGRESS_FILE", "\(Self.folder)/scratch/progress"),
      ("ORCHESTRATE_NODE_KEY", "\(launch.attempt.run)/\(launch.nodeKey)"),
      ("ORCHESTRATE_ATTEMPT", launch.attempt.nodeID),
    ]
    return variables.filter { !given.contains($0.0) }.map { .record(["name": .string($0.0), "value": .string($0.1)]) }
  }

  /// Another container of the pod; `mirrorVolumeMounts` is Argo's, and gives it the mounts of the main one.
  private func plain(_ container: Value, besides main: Value) -> Value {
    guard var members = container.objectValue else { return container }
    let mirrors = members.removeValue(forKey: "mirrorVolumeMounts") == .bool(true)
    if mirrors {
      let mounts = (main["volumeMounts"]?.arrayValue ?? []).filter { !ownMounts.contains($0) }
      members["volumeMounts"] = .array((members["volumeMounts"]?.arrayValue ?? []) + mounts)
    }
    return .object(members)
  }

  // MARK: Volumes

  private var ownMounts: [Value] {
    var mounts: [Value] = []
    func add(_ volume: String, _ path: String, isReadOnly: Bool = false) {
      mounts.append(
        .record([
          "name": .string(volume), "mountPath": .string(path), "readOnly": isReadOnly ? .bool(true) : nil,
        ]))
    }
    if isWrapped {
      add(Self.helperVolume, "\(Self.folder)/helper", isReadOnly: true)
      add(Self.scratchVolume, "\(Self.folder)/scratch")
    }
    if launch.pod?.workspaceClaim != nil { add(Self.workspaceVolume, Self.workspace) }
    return mounts
  }

  /// Of the declared volumes those that a container mounts: one that is missing holds up only who needs it.
  private func volumes(mountedBy containers: [Value]) throws(ExecutionError) -> [Value] {
    let wanted = containers.flatMap { container in
      (container["volumeMounts"]?.arrayValue ?? []) + (container["volumeDevices"]?.arrayValue ?? [])
    }.compactMap { $0["name"]?.stringValue }
    let known = (template["volumes"]?.arrayValue ?? []) + (workflow["volumes"]?.arrayValue ?? []) + claims + ownVolumes
    var volumes: Members = [:]
    for name in wanted where volumes[name] == nil {
      guard let volume = known.first(where: { $0["name"]?.stringValue == name }) else {
        throw .refused("template '\(launch.templateName)' mounts the volume '\(name)', which is nowhere declared")
      }
      volumes[name] = volume
    }
    return Array(volumes.values)
  }

  private var claims: [Value] {
    claimTemplates(of: launch).compactMap { claim -> Value? in
      guard let name = claim.template else { return nil }
      let source = Value.record(["claimName": .string(claim.name)])
      return .record(["name": .string(name), "persistentVolumeClaim": source])
    }
  }

  private var ownVolumes: [Value] {
    var volumes: [Value] = [
      .record([
        "name": .string(Self.helperVolume),
        "configMap": .record(["name": .string(helper), "defaultMode": .int(0o555)]),
      ]),
      .record(["name": .string(Self.scratchVolume), "emptyDir": .object([:])]),
    ]
    if let claim = launch.pod?.workspaceClaim {
      volumes.append(
        .record([
          "name": .string(Self.workspaceVolume), "persistentVolumeClaim": .record(["claimName": .string(claim)]),
        ]))
    }
    return volumes
  }
}

/// The claims that a run makes for itself: their names in the cluster, in the workflow, and what they ask for.
func claimTemplates(of launch: Launch) -> [(name: String, template: String?, spec: Value)] {
  (launch.pod?.workflow["volumeClaimTemplates"]?.arrayValue ?? []).map { claim in
    let template = claim[["metadata", "name"]]?.stringValue
    return ("\(launch.workflowName)-\(template ?? "")", template, claim["spec"] ?? .object([:]))
  }
}

extension Launch {
  /// The node's name without the number of the attempt: the same for every attempt.
  var nodeKey: String {
    guard nodeName.hasSuffix(")"), let open = nodeName.lastIndex(of: "("),
      nodeName[nodeName.index(after: open)...].dropLast().allSatisfy(\.isNumber)
    else { return nodeName }
    return String(nodeName[..<open])
  }
}
