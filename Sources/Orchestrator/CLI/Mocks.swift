import ArgumentParser
import Execution
import Foundation
import WorkflowCore
import WorkflowSpec

/// Outputs that stand in for steps, so that a workflow's logic can be tried without them.
///
///     {"parameters": {"count": "3"}, "result": "heads", "exitCode": 0, "artifacts": {"data": "text of the file"}}
struct Mocks: Sendable {
  private struct Entry: Sendable {
    let node: String
    let outputs: Value
  }

  private var entries: [Entry] = []

  var isEmpty: Bool { entries.isEmpty }

  /// - Parameter options: each `NODE=FILE`, where NODE is a display name, a template, a node's name or its ID.
  init(_ options: [String]) throws {
    for option in options {
      let pair = try ParameterValue(pair: option, option: "--mock")
      let (bytes, shown) = try readInput(pair.value)
      let document = PlainDocument(bytes, name: shown)
      guard let value = document.value, value.objectValue != nil else {
        throw fail(document.report ?? "\(shown) is not a mapping of outputs", ExitStatus.wrongWorkflow)
      }
      entries.append(Entry(node: pair.name, outputs: value))
    }
  }

  /// What takes the place of a launch; nil for one that is to run.
  func outcome(of launch: Launch) -> Outcome? {
    let short = launch.nodeName.split(separator: ".").last.map(String.init) ?? launch.nodeName
    let names = [
      launch.nodeName, launch.attempt.nodeID, launch.templateName, short, String(short.prefix { $0 != "(" }),
    ]
    return entries.first { names.contains($0.node) }.map { Self.outcome($0.outputs, launch) }
  }

  private static func outcome(_ outputs: Value, _ launch: Launch) -> Outcome {
    var code: Int32 = 0
    if case .int(let number) = outputs["exitCode"] { code = Int32(clamping: number) }
    return Outcome(
      .exited(code: code),
      parameters: (outputs["parameters"]?.objectValue ?? [:]).map {
        ParameterValue(name: $0.key, value: $0.value.tagText)
      },
      artifacts: (outputs["artifacts"]?.objectValue ?? [:]).map {
        ArtifactValue(name: $0.key, location: .record(["raw": .record(["data": .string($0.value.tagText)])]))
      }, result: outputs["result"]?.tagText)
  }
}

/// Runs what is not mocked.
struct MockingExecutor: AttemptExecutor {
  private let executor: any AttemptExecutor
  private let mocks: Mocks
  let observations: AsyncStream<Observation>
  private let continuation: AsyncStream<Observation>.Continuation

  init(_ executor: any AttemptExecutor, _ mocks: Mocks) {
    self.executor = executor
    self.mocks = mocks
    (observations, continuation) = AsyncStream.makeStream()
    Task { [continuation] in
      for await observation in executor.observations { continuation.yield(observation) }
    }
  }

  func ensureLaunched(_ launch: Launch) async throws(ExecutionError) {
    guard let outcome = mocks.outcome(of: launch) else { return try await executor.ensureLaunched(launch) }
    continuation.yield(.started(launch.attempt))
    continuation.yield(.ended(launch.attempt, outcome))
  }

  func inspect(_ attempt: AttemptID) async throws(ExecutionError) -> AttemptStatus {
    try await executor.inspect(attempt)
  }

  func terminate(_ attempt: AttemptID) async throws(ExecutionError) { try await executor.terminate(attempt) }
  func release(_ attempt: AttemptID) async throws(ExecutionError) { try await executor.release(attempt) }
  func setAside(_ attempt: AttemptID) async throws(ExecutionError) { try await executor.setAside(attempt) }
  func removeAll(ofRun uid: String) async throws(ExecutionError) { try await executor.removeAll(ofRun: uid) }
  func settle() async { await executor.settle() }
}

/// A run in which nothing is executed: each step ends at once and well, with its mocked outputs or with made-up ones.
struct Rehearsal {
  private(set) var run: RunState
  private let mocks: Mocks
  private var now: Timestamp

  init(_ run: RunState, _ mocks: Mocks, at now: Timestamp) {
    self.run = run
    self.mocks = mocks
    self.now = now
  }

  /// Plays the run to its end, or until nothing more happens.
  mutating func play() {
    var open = run.apply(.begun, at: now).commands
    var place = 0
    while true {
      while place < open.count {
        open += react(to: open[place])
        place += 1
      }
      guard !run.phase.isFinished, run.nodes.contains(where: { $0.type == .suspend && !$0.phase.isFulfilled }) else {
        return
      }
      let more = run.apply(.resumeRequested(nil), at: now)
      guard more.note == nil, !more.changedNodes.isEmpty else { return }
      open += more.commands
    }
  }

  private mutating func react(to command: Command) -> [Command] {
    switch command {
    case .launch(let launch):
      let outcome = mocks.outcome(of: launch) ?? assumed(launch)
      return run.apply(.attemptStarted(launch.attempt), at: now).commands
        + run.apply(.attemptEnded(launch.attempt, outcome), at: now).commands
    case .wake(let node, let instant):
      now = max(now, instant)
      return run.apply(.retryDue(node), at: now).commands
    case .terminate(let attempt):
      return run.apply(.attemptEnded(attempt, Outcome(.signaled(15))), at: now).commands
    case .release: return []
    }
  }

  private func assumed(_ launch: Launch) -> Outcome {
    Outcome(
      .exited(code: 0),
      parameters: launch.outputFiles.map { ParameterValue(name: $0.parameter, value: "<\($0.parameter)>") },
      artifacts: launch.outputArtifacts.map {
        ArtifactValue(name: $0.name, location: .record(["s3": .record(["key": .string($0.defaultKey)])]))
      }, result: launch.capturesResult ? "<result>" : nil)
  }
}
