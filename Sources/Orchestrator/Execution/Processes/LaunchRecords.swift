import Execution
import Foundation
import WorkflowCore

/// A launch in the form the supervisor reads: one record an item, a key byte, the value and a NUL (see CSupervisor/launch.h).
struct LaunchRecords {
  let bytes: Data
  let script: String?
  let needsScratch: Bool

  /// - Throws: `ExecutionError.refused` when the launch cannot be run as a process.
  init(
    _ launch: Launch, in directory: AttemptDirectory, _ settings: ProcessSettings, mounts: [StagedMount] = []
  ) throws(ExecutionError) {
    let defaults = launch.command.isEmpty ? launch.image.flatMap { settings.images[$0] } : nil
    let command = launch.command + (defaults?.entrypoint ?? [])
    guard !command.isEmpty else {
      throw .refused(
        "image '\(launch.image ?? "")' has no known entrypoint on this machine: add `command` to template "
          + "'\(launch.templateName)', or name it under `images` of the configuration file")
    }
    let given = launch.args.isEmpty ? defaults?.cmd ?? [] : launch.args
    let arguments = command + given + (launch.source == nil ? [] : [directory.script])
    if let bad = (arguments + launch.outputFiles.map(\.path) + launch.outputArtifacts.map(\.path)).first(where: {
      $0.utf8.contains(0)
    }) {
      throw .refused("an argument holds a NUL byte: \(bad.debugDescription.prefix(80))")
    }
    let workspace = launch.workspace.map { absolute($0, in: launch.directory) }
    script = launch.source
    needsScratch = workspace == nil && !settings.isPrivate
    let home = workspace ?? (settings.isPrivate ? "/" : directory.scratch)
    var records = arguments.map { "a" + $0 }
    records.append("d" + (launch.workingDirectory.map { absolute($0, in: home) } ?? home))
    records += workspace.map { ["w" + $0] } ?? []
    records += launch.capturesResult ? ["rstdout"] : []
    records += launch.outputFiles.map { "o" + $0.path }
    for mount in mounts { records += ["m" + mount.source, (mount.isReadOnly ? "N" : "n") + mount.target] }
    records += launch.outputArtifacts.map { "x\($0.archive.form)" + $0.path }
    records += launch.deadlineSeconds.map { ["t\($0 * 1000)"] } ?? []
    records.append("g\(settings.graceSeconds * 1000)")
    records += settings.isPrivate ? ["p"] : []
    bytes = Data(records.flatMap { Array($0.utf8) + [0] })
  }
}

extension ArtifactArchive {
  /// How the supervisor is to copy it (see CSupervisor/launch.h).
  fileprivate var form: Character {
    switch self {
    case .tar(level: 0), .zip: "t"
    case .tar: "z"
    case .none: "n"
    }
  }
}

/// `path` as seen from `base`, without `.` and `..`.
private func absolute(_ path: String, in base: String) -> String {
  path.hasPrefix("/") ? path : URL(fileURLWithPath: base + "/" + path).standardizedFileURL.path
}

/// The environment of a step: what its spec gives, PATH and HOME, and what Argo's executor sets.
struct StepEnvironment {
  private(set) var variables: [String: String]

  init(
    _ launch: Launch, in directory: AttemptDirectory, _ settings: ProcessSettings, devices: [Int]
  ) throws(ExecutionError) {
    variables = [
      "PATH": settings.searchPath, "HOME": settings.home,
      "ARGO_WORKFLOW_NAME": launch.workflowName, "ARGO_WORKFLOW_UID": launch.attempt.run,
      "ARGO_NODE_ID": launch.attempt.nodeID, "ARGO_CONTAINER_NAME": "main",
      "ARGO_PROGRESS_FILE": directory.progress,
      "ORCHESTRATE_NODE_KEY": "\(launch.attempt.run)/\(nodeKey(launch.nodeName))",
      "ORCHESTRATE_ATTEMPT": "\(launch.attempt.nodeID)",
      // Without a GPU of its own a step sees none, as in a pod.
      "CUDA_VISIBLE_DEVICES": devices.map(String.init).joined(separator: ","),
    ]
    for variable in settings.variables { variables[variable.name] = variable.value }
    for source in launch.environmentSources { try add(source, launch, settings) }
    for variable in launch.environment {
      variables[variable.name] = try Self.value(of: variable, launch, settings)
    }
  }

  private static func value(
    of variable: LaunchVariable, _ launch: Launch, _ settings: ProcessSettings
  ) throws(ExecutionError) -> String? {
    switch variable.source {
    case .value(let text): return text
    case .secret(let name, let key, let optional):
      if let data = settings.objects.secret(launch.namespace, name)?[key] {
        return String(decoding: data, as: UTF8.self)
      }
      return try lookUp("SECRET", name, key, optional, variable.name, settings)
    case .configMap(let name, let key, let optional):
      if let data = settings.objects.configMap(launch.namespace, name)?[key] {
        return String(decoding: data, as: UTF8.self)
      }
      return try lookUp("CONFIGMAP", name, key, optional, variable.name, settings)
    case .field(let path): return field(path, launch)
    }
  }

  /// Every entry of an object whose name can be a variable's, as Kubernetes does.
  private mutating func add(
    _ source: EnvironmentSource, _ launch: Launch, _ settings: ProcessSettings
  ) throws(ExecutionError) {
    let found =
      source.kind == .secret
      ? settings.objects.secret(launch.namespace, source.name)
      : settings.objects.configMap(launch.namespace, source.name)
    guard let entries = found else {
      guard !source.isOptional else { return }
      let word = source.kind == .secret ? "Secret" : "ConfigMap"
      throw .refused("there is no \(word) '\(source.name)' for envFrom: keep it first with 'orchestrate apply'")
    }
    for (key, data) in entries where !key.contains("=") && !key.isEmpty {
      variables[source.prefix + key] = String(decoding: data, as: UTF8.self)
    }
  }

  /// What a pod would say of itself (https://kubernetes.io/docs/concepts/workloads/pods/downward-api/).
  static func field(_ path: String, _ launch: Launch) -> String {
    switch path {
    case "metadata.name": launch.podName
    case "metadata.namespace": launch.namespace
    case "metadata.uid": launch.attempt.nodeID
    case "spec.nodeName": ProcessInfo.processInfo.hostName
    case "spec.serviceAccountName": "default"
    case "status.podIP", "status.hostIP", "status.podIPs", "status.hostIPs": "127.0.0.1"
    default: ""
    }
  }

  /// A secret's value comes from `ORCHESTRATE_SECRET_<NAME>_<KEY>`, else from a variable of the same name as the step's.
  private static func lookUp(
    _ kind: String, _ name: String, _ key: String, _ optional: Bool, _ variable: String, _ settings: ProcessSettings
  ) throws(ExecutionError) -> String? {
    let dedicated = "ORCHESTRATE_\(kind)_\(shouted(name))_\(shouted(key))"
    if let value = settings.environment[dedicated] ?? settings.environment[variable] { return value }
    if optional { return nil }
    throw .refused(
      "\(kind.lowercased()) \(name)/\(key) is not known here: keep it with 'orchestrate apply', or export \(variable) or \(dedicated)"
    )
  }
}

private func shouted(_ name: String) -> String {
  String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
}

/// The node's name without the number of the attempt: the same for every attempt, so a step can use it as an
/// idempotency key.
private func nodeKey(_ nodeName: String) -> String {
  guard nodeName.hasSuffix(")"), let open = nodeName.lastIndex(of: "("),
    nodeName[nodeName.index(after: open)...].dropLast().allSatisfy(\.isNumber)
  else { return nodeName }
  return String(nodeName[..<open])
}
