import ArgumentParser
import ArtifactStorage
import Foundation
import ProcessExecution
import StateFile
import WorkflowCore
import WorkflowSpec

/// What is the same for every run of this machine, in the words of Argo's controller configuration.
///
///     images: {argoproj/argosay:v2: {entrypoint: [./argosay]}}
///     artifactRepository: {s3: {bucket: b, endpoint: "minio:9000", insecure: true}}
///     workflowDefaults: {spec: {activeDeadlineSeconds: 3600}}
///     executor: {env: [{name: A, value: b}], mounts: [{hostPath: ./tools, mountPath: /tools}]}
///
/// Paths in it are relative to the file.
struct Configuration {
  /// Where it was read from; nil when there is none.
  private(set) var path: String?
  private(set) var images = ImageEntrypoints()
  /// The default bucket; nil is a folder of this machine.
  private(set) var bucket: Value?
  /// The folder that is the artifact repository, where it is not the one beside the state file.
  private(set) var artifactFolder: String?
  private(set) var workflowDefaults: Value?
  /// The most runs that are at work at once.
  private(set) var parallelism: Int?
  private(set) var variables: [ParameterValue] = []
  private(set) var mounts: [(source: String, target: String)] = []

  private static let keys = ["images", "artifactRepository", "workflowDefaults", "parallelism", "executor"]
  /// Those that Argo has and a single machine has no use for.
  private static let ignored = [
    "namespaceParallelism", "resourceRateLimit", "persistence", "synchronization", "nodeEvents", "workflowEvents",
    "retentionPolicy", "failedPodRestart", "initlessPod", "instanceID", "mainContainer", "links", "columns", "navColor",
    "sso", "metricsConfig", "telemetryConfig", "podSpecLogStrategy", "workflowRestrictions", "kubeConfig",
    "containerRuntimeExecutor", "namespace", "initialDelay", "podGCGracePeriodSeconds", "podGCDeleteDelayDuration",
  ]
}

extension Configuration {
  /// Where the runs of a state file keep artifacts.
  func repository(for file: StateFile, attemptsRoot: String) -> ArtifactRepository {
    let beside = URL(fileURLWithPath: attemptsRoot).deletingLastPathComponent().path + "/artifacts"
    return ArtifactRepository(
      root: artifactFolder ?? beside, s3: bucket, objects: file.lookUp,
      environment: ProcessInfo.processInfo.environment)
  }
}

extension Configuration {
  /// Reads the file that is named, else the first of the usual places that is there.
  static func read(_ given: String?, besideStateFile statePath: String) throws -> Configuration {
    let named = given ?? ProcessInfo.processInfo.environment["ORCHESTRATE_CONFIG"]
    let beside = URL(fileURLWithPath: statePath).deletingLastPathComponent().path + "/config.yaml"
    let found = [beside, "orchestrate.yaml"].first { FileManager.default.fileExists(atPath: $0) }
    guard let path = named ?? found else { return Configuration() }
    let (bytes, shown) = try readInput(path)
    let document = PlainDocument(bytes, name: shown)
    if let report = document.report { throw fail(report, ExitStatus.wrongWorkflow) }
    var configuration = Configuration()
    configuration.path = URL(fileURLWithPath: path).standardizedFileURL.path
    try configuration.take(try plain(document.value ?? .null, shown), shown)
    return configuration
  }

  /// Argo's own ConfigMap holds the same, as texts of YAML.
  private static func plain(_ value: Value, _ name: String) throws -> Value {
    guard value["kind"]?.stringValue == "ConfigMap", let data = value["data"]?.objectValue else { return value }
    func parsed(_ text: Value) throws -> Value {
      let document = PlainDocument(Array(text.tagText.utf8), name: name)
      if let report = document.report { throw fail(report, ExitStatus.wrongWorkflow) }
      return document.value ?? .null
    }
    if let whole = data["config"] { return try parsed(whole) }
    return .object(try data.mapValues(parsed))
  }

  private mutating func take(_ value: Value, _ name: String) throws {
    guard let members = value.objectValue else {
      if value == .null { return }
      throw fail("\(name) is not a mapping", ExitStatus.wrongWorkflow)
    }
    for (key, value) in members {
      switch key {
      case "images": try takeImages(value, name)
      case "artifactRepository": try takeRepository(value, name)
      case "workflowDefaults": workflowDefaults = value
      case "parallelism":
        guard case .int(let number) = value, number > 0 else {
          throw fail("\(name): parallelism is a number above 0", ExitStatus.wrongWorkflow)
        }
        parallelism = Int(number)
      case "executor": try takeExecutor(value, name)
      case _ where Self.ignored.contains(key): continue
      default:
        throw fail("\(name): '\(key)' is not known", hint: didYouMean(key, among: Self.keys), ExitStatus.wrongWorkflow)
      }
    }
  }

  private mutating func takeImages(_ value: Value, _ name: String) throws {
    var entries: [String: ImageEntrypoints.Entry] = [:]
    for (image, entry) in value.objectValue ?? [:] {
      let command = (entry["entrypoint"] ?? entry["command"])?.arrayValue?.map(\.tagText) ?? []
      guard let program = command.first else {
        throw fail("\(name): images: '\(image)' has no entrypoint", ExitStatus.wrongWorkflow)
      }
      entries[image] = ImageEntrypoints.Entry(
        entrypoint: [program.contains("/") ? absolute(program) : program] + command.dropFirst(),
        cmd: entry["cmd"]?.arrayValue?.map(\.tagText) ?? [])
    }
    images = ImageEntrypoints(entries)
  }

  private mutating func takeRepository(_ value: Value, _ name: String) throws {
    bucket = value["s3"]
    artifactFolder = value["folder"]?.stringValue.map(absolute)
    for key in (value.objectValue ?? [:]).keys where !["s3", "folder", "archiveLogs"].contains(key) {
      throw fail(
        "\(name): artifactRepository: '\(key)' is not known here", hint: "known: s3, folder", ExitStatus.wrongWorkflow)
    }
  }

  private mutating func takeExecutor(_ value: Value, _ name: String) throws {
    variables = (value["env"]?.arrayValue ?? []).map {
      ParameterValue(name: $0["name"]?.tagText ?? "", value: $0["value"]?.tagText ?? "")
    }
    for mount in value["mounts"]?.arrayValue ?? [] {
      guard let source = mount["hostPath"]?.stringValue, let target = mount["mountPath"]?.stringValue,
        target.hasPrefix("/")
      else { throw fail("\(name): executor.mounts: each has a hostPath and a mountPath", ExitStatus.wrongWorkflow) }
      mounts.append((absolute(source), target))
    }
  }

  private func absolute(_ path: String) -> String {
    let folder = URL(fileURLWithPath: self.path ?? "/").deletingLastPathComponent()
    return URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path
  }
}
