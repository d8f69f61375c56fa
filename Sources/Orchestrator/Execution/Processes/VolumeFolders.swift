import ArtifactStorage
import Foundation
import WorkflowCore

/// Folders of this machine that stand for a pod's volumes.
struct VolumeFolders {
  private let launch: Launch
  private let directory: AttemptDirectory
  private let settings: ProcessSettings
  /// Those that are made for this attempt, by name of volume.
  private var made: [String: String] = [:]

  init(_ launch: Launch, in directory: AttemptDirectory, _ settings: ProcessSettings) {
    self.launch = launch
    self.directory = directory
    self.settings = settings
  }

  /// The folder, or the part of it that `subPath` names; a part that is missing is made.
  mutating func folder(of mount: LaunchMount) throws(ArtifactError) -> String {
    let whole = try whole(mount)
    guard let subPath = mount.subPath else { return whole }
    guard !subPath.hasPrefix("/"), !subPath.split(separator: "/").contains("..") else {
      throw ArtifactError(.invalid, "the subPath '\(subPath)' of volume '\(mount.volume)' leads out of it")
    }
    let part = whole + "/" + subPath
    if !FileManager.default.fileExists(atPath: part) { try ProcessExecution.folder(part) }
    return part
  }

  private mutating func whole(_ mount: LaunchMount) throws(ArtifactError) -> String {
    guard let first = mount.source.objectValue?.elements.first else {
      throw ArtifactError(.invalid, "volume '\(mount.volume)' does not say what it holds")
    }
    switch first.key {
    case "hostPath": return try hostPath(first.value)
    case "persistentVolumeClaim": return try claim(first.value["claimName"]?.stringValue ?? "", mount.volume)
    case "emptyDir", "configMap", "secret", "projected", "downwardAPI": break
    default:
      throw ArtifactError(.invalid, "a process has no volume of kind '\(first.key)' (volume '\(mount.volume)')")
    }
    if let path = made[mount.volume] { return path }
    let path = "\(directory.volumes)/\(mount.volume)"
    try? FileManager.default.removeItem(atPath: path)
    try ProcessExecution.folder(path)
    // As in a pod, whoever the step runs as may write to it.
    if first.key == "emptyDir" { chmod(path, 0o777) } else { try fill(path, first.key, first.value, mount.volume) }
    made[mount.volume] = path
    return path
  }

  private func hostPath(_ source: Value) throws(ArtifactError) -> String {
    let path = source["path"]?.stringValue ?? ""
    guard path.hasPrefix("/") else { throw ArtifactError(.invalid, "the hostPath '\(path)' is not absolute") }
    if source["type"]?.stringValue == "DirectoryOrCreate" { try ProcessExecution.folder(path) }
    guard FileManager.default.fileExists(atPath: path) else {
      throw ArtifactError(.invalid, "there is no hostPath '\(path)' on this machine")
    }
    return path
  }

  /// A claim that was kept lies beside the state file, for every run; one that is made for the run goes with it.
  private func claim(_ name: String, _ volume: String) throws(ArtifactError) -> String {
    guard !name.isEmpty, !name.contains("/"), name != ".." else {
      throw ArtifactError(.invalid, "volume '\(volume)' names no claim")
    }
    let isOfRun = name == "\(launch.workflowName)-\(volume)"
    guard isOfRun || settings.objects.hasClaim(launch.namespace, name) else {
      throw ArtifactError(
        .invalid, "there is no PersistentVolumeClaim '\(name)': keep it first with 'orchestrate apply'")
    }
    let path =
      isOfRun
      ? "\(settings.root)/\(launch.attempt.run)/claims/\(volume)" : "\(settings.claims)/\(launch.namespace)/\(name)"
    guard !FileManager.default.fileExists(atPath: path) else { return path }
    try ProcessExecution.folder(path)
    chmod(path, 0o777)
    return path
  }

  // MARK: Entries of ConfigMaps and Secrets as files

  private func fill(_ path: String, _ kind: String, _ source: Value, _ volume: String) throws(ArtifactError) {
    guard kind == "projected" else { return try write(kind, source, to: path, volume) }
    for part in source["sources"]?.arrayValue ?? [] {
      for (kind, source) in part.objectValue ?? [:] { try write(kind, source, to: path, volume) }
    }
  }

  private func write(_ kind: String, _ source: Value, to path: String, _ volume: String) throws(ArtifactError) {
    guard kind != "downwardAPI" else { return try writeFields(source, to: path) }
    let name = (source["secretName"] ?? source["name"])?.stringValue ?? ""
    let found =
      kind == "secret"
      ? settings.objects.secret(launch.namespace, name) : settings.objects.configMap(launch.namespace, name)
    guard let entries = found else {
      guard source["optional"] != .bool(true) else { return }
      let word = kind == "secret" ? "Secret" : "ConfigMap"
      throw ArtifactError(
        .invalid, "there is no \(word) '\(name)' for volume '\(volume)': keep it first with 'orchestrate apply'")
    }
    let mode = number(source["defaultMode"]) ?? (kind == "secret" ? 0o600 : 0o644)
    guard let items = source["items"]?.arrayValue else {
      for (key, data) in entries { try write(data, key, to: path, mode) }
      return
    }
    for item in items {
      guard let data = entries[item["key"]?.stringValue ?? ""] else { continue }
      try write(data, item["path"]?.stringValue ?? "", to: path, number(item["mode"]) ?? mode)
    }
  }

  private func writeFields(_ source: Value, to path: String) throws(ArtifactError) {
    for item in source["items"]?.arrayValue ?? [] {
      let field = item["fieldRef"]?["fieldPath"]?.stringValue ?? ""
      try write(
        Data(StepEnvironment.field(field, launch).utf8), item["path"]?.stringValue ?? "", to: path,
        number(item["mode"]) ?? 0o644)
    }
  }

  private func write(_ data: Data, _ name: String, to path: String, _ mode: Int) throws(ArtifactError) {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
      throw ArtifactError(.invalid, "'\(name)' is no path inside a volume")
    }
    let file = path + "/" + name
    try ProcessExecution.folder(URL(fileURLWithPath: file).deletingLastPathComponent().path)
    let descriptor = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode_t(mode & 0o777))
    guard descriptor >= 0 else { throw ArtifactError(.unavailable, "cannot write \(file)") }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try handle.write(contentsOf: data)
    } catch {
      throw ArtifactError(.unavailable, "cannot write \(file): \(error.localizedDescription)")
    }
  }

  private func number(_ value: Value?) -> Int? {
    guard case .int(let number) = value else { return nil }
    return Int(number)
  }
}
