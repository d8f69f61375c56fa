import Execution
import Foundation
import OrderedCollections
import WorkflowCore

/// What is known of an attempt's pod on this side, kept beside the attempt's log.
///
///     pod.json       the pod as it is asked for, its UID once it is there, how many were lost before it
///     main.log       what the step printed
///     outcome.json   how it ended, before anyone is told: the pod's own log may be gone by the next start
struct PodRecord: Hashable, Sendable {
  var manifest: Value
  var uid: String?
  var replacements: Int
  /// Marks the helper's lines.
  var mark: String
  /// Whether the object stays when the attempt is over and did not succeed (podGC OnPodSuccess).
  var keepsFailed: Bool

  var name: String { manifest[["metadata", "name"]]?.stringValue ?? "" }
  var namespace: String { manifest[["metadata", "namespace"]]?.stringValue ?? "" }
  var digest: Value? { manifest[["metadata", "annotations", PodMarks.launch]] }
}

extension PodRecord {
  init(
    of launch: Launch, helper: String, replacements: Int = 0, avoiding nodes: [String] = []
  ) throws(ExecutionError) {
    let builder = PodBuilder(launch: launch, helper: helper, replacement: replacements, avoided: nodes)
    let strategy = launch.pod?.workflow[["podGC", "strategy"]]?.stringValue
    self.init(
      manifest: try builder.pod(), uid: nil, replacements: replacements, mark: builder.mark,
      keepsFailed: ["OnPodSuccess", "OnWorkflowSuccess"].contains(strategy))
  }

  init?(_ value: Value) {
    guard let manifest = value["manifest"], let mark = value["mark"]?.stringValue,
      let replacements = value["replacements"]?.integer
    else { return nil }
    self.init(
      manifest: manifest, uid: value["uid"]?.stringValue, replacements: Int(replacements), mark: mark,
      keepsFailed: value["keepsFailed"] == .bool(true))
  }

  var value: Value {
    .record([
      "uid": uid.map { .string($0) }, "replacements": .int(Int64(replacements)), "mark": .string(mark),
      "keepsFailed": .bool(keepsFailed), "manifest": manifest,
    ])
  }
}

/// The folder of an attempt that runs as a pod.
struct PodFolder: Hashable, Sendable {
  let path: String

  init(of attempt: AttemptID, under root: String) { path = "\(root)/\(attempt.run)/\(attempt.nodeID)" }

  init(path: String) { self.path = path }

  static let recordName = "pod.json"
  var log: String { path + "/main.log" }
  private var recordPath: String { "\(path)/\(Self.recordName)" }
  private var outcomePath: String { path + "/outcome.json" }

  func record() -> PodRecord? { read(recordPath).flatMap { PodRecord($0) } }

  func write(_ record: PodRecord) throws(ExecutionError) { try write(record.value, to: recordPath) }

  func outcome() -> Outcome? { read(outcomePath).flatMap { Outcome($0) } }

  func write(_ outcome: Outcome) throws(ExecutionError) { try write(outcome.value, to: outcomePath) }

  /// The pod is gone, and the outcome is recorded elsewhere.
  func tidy() {
    unlink(outcomePath)
    unlink(recordPath)
  }

  private func read(_ file: String) -> Value? {
    FileManager.default.contents(atPath: file).flatMap { try? Value(json: String(decoding: $0, as: UTF8.self)) }
  }

  /// Puts a file in place whole, and on the disk: what it says is relied on after a crash.
  private func write(_ value: Value, to file: String) throws(ExecutionError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let new = file + ".new"
      try Data(value.jsonText().utf8).write(to: URL(fileURLWithPath: new))
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: new))
      try handle.synchronize()
      try handle.close()
      guard rename(new, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
    } catch {
      throw .unavailable("cannot write \(file): \(error.localizedDescription)")
    }
  }
}

// MARK: Outcomes as JSON

extension Outcome {
  fileprivate var value: Value {
    let (kind, code, text) = ending.parts
    return .record([
      "ending": .string(kind), "code": code.map { .int(Int64($0)) }, "text": text.map { .string($0) },
      "result": result.map { .string($0) },
      "parameters": .object(
        OrderedDictionary(parameters.map { ($0.name, Value.string($0.value)) }, uniquingKeysWith: { $1 })),
      "startedAt": startedAt.map { .int($0.milliseconds) }, "finishedAt": finishedAt.map { .int($0.milliseconds) },
    ])
  }

  fileprivate init?(_ value: Value) {
    let code = value["code"]?.integer.flatMap { Int32(exactly: $0) }
    guard let kind = value["ending"]?.stringValue,
      let ending = Ending(kind, code: code ?? 0, text: value["text"]?.stringValue ?? "")
    else { return nil }
    let parameters = (value["parameters"]?.objectValue ?? [:]).compactMap { name, text in
      text.stringValue.map { ParameterValue(name: name, value: $0) }
    }
    self.init(
      ending, parameters: parameters, result: value["result"]?.stringValue,
      startedAt: value["startedAt"]?.integer.map { Timestamp(milliseconds: $0) },
      finishedAt: value["finishedAt"]?.integer.map { Timestamp(milliseconds: $0) })
  }
}

extension Outcome.Ending {
  fileprivate var parts: (kind: String, code: Int32?, text: String?) {
    switch self {
    case .exited(let code): ("exited", code, nil)
    case .signaled(let signal): ("signaled", signal, nil)
    case .deadlineExceeded: ("deadlineExceeded", nil, nil)
    case .outOfMemory: ("outOfMemory", nil, nil)
    case .notStarted(let text): ("notStarted", nil, text)
    case .error(let text): ("error", nil, text)
    case .lost(let text): ("lost", nil, text)
    }
  }

  fileprivate init?(_ kind: String, code: Int32, text: String) {
    switch kind {
    case "exited": self = .exited(code: code)
    case "signaled": self = .signaled(code)
    case "deadlineExceeded": self = .deadlineExceeded
    case "outOfMemory": self = .outOfMemory
    case "notStarted": self = .notStarted(text)
    case "error": self = .error(text)
    case "lost": self = .lost(text)
    default: return nil
    }
  }
}
