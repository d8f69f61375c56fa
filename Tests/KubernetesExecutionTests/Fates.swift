import Foundation
import WorkflowCore

@testable import KubernetesExecution

/// What becomes of pods, as the kubelet tells it.
enum Fates {
  static func main(_ state: Value, phase: String) -> Value {
    .record([
      "phase": .string(phase), "containerStatuses": .array([.record(["name": "main", "state": state])]),
    ])
  }

  static let running = main(.record(["running": .record(["startedAt": "2026-01-01T00:00:00Z"])]), phase: "Running")

  static func ended(_ code: Int64, reason: String = "Completed", message: String = "") -> Value {
    let terminated = Value.record([
      "exitCode": .int(code), "reason": .string(reason), "message": .string(message),
      "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:09Z",
    ])
    return main(.record(["terminated": terminated]), phase: code == 0 ? "Succeeded" : "Failed")
  }

  static func failed(_ reason: String) -> Value {
    .record(["phase": "Failed", "reason": .string(reason), "message": "said the kubelet"])
  }

  /// A pod that is deleted before its end is killed; one that has ended stays as it is.
  static func killed(_ pod: Value) -> Value {
    if case .ended = PodStanding(of: pod) { return pod["status"] ?? .null }
    return ended(137, reason: "Error")
  }

  static let succeeds: ScriptedCluster.Fate = { _ in [running, ended(0)] }
  static let runs: ScriptedCluster.Fate = { _ in [running] }
  static let waits: ScriptedCluster.Fate = { _ in [] }

  /// The log of a step that printed a line, wrote an output and told its progress, as the helper leaves it.
  static func log(of pod: Value) -> String {
    let mark = "\u{1E}" + self.mark(of: pod)
    return """
      hello
      \(mark) p 1/2
      world\(mark) o 0 \(Data("text\n".utf8).base64EncodedString())
      \(mark) r \(Data("hello\nworld".utf8).base64EncodedString())
      \(mark) e exited 0 1000 2000

      """
  }

  static func mark(of pod: Value) -> String {
    let arguments =
      pod[["spec", "containers"]]?.arrayValue?.first?["args"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return arguments.firstIndex(of: "-m").map { arguments[$0 + 1] } ?? ""
  }
}
