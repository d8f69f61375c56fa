import Execution
import Foundation
import OrderedCollections
import Testing

@testable import ProcessExecution
@testable import WorkflowCore

extension Launch {
  /// A launch of a shell script. Its steps see the machine's own file system unless the executor's settings say otherwise.
  static func shell(
    _ script: String, _ arguments: String..., number: Int = 0, requests: OrderedDictionary<String, Int64> = [:],
    environment: [LaunchVariable] = []
  ) -> Launch {
    Launch(
      attempt: attemptID(number), workflowName: "workflow", namespace: "default", nodeName: "workflow.step(\(number))",
      podName: "pod", templateName: "step", image: "image", command: ["/bin/sh", "-c", script, "sh"], args: arguments,
      source: nil, environment: environment, workingDirectory: nil, requests: requests, outputFiles: [],
      capturesResult: false, deadlineSeconds: nil, directory: "/", workspace: nil)
  }

  func with(_ change: (inout Launch) -> Void) -> Launch {
    var launch = self
    change(&launch)
    return launch
  }
}

/// A folder of attempts and executors over it: one after the other, as when an engine is started again.
final class ExecutorFixture {
  let folder: TemporaryDirectory
  var settings: ProcessSettings
  private var gates: [Gate] = []

  init(gpus: Int = 0, environment: [String: String] = [:]) throws {
    folder = try TemporaryDirectory()
    settings = ProcessSettings(
      root: folder.path + "/runs", environment: environment, executable: try Supervision.program(),
      capacity: MachineCapacity(cpu: 2000, memory: 1 << 40, gpus: gpus))
    settings.isPrivate = false
    settings.graceSeconds = 1
    settings.searchPath = "/usr/bin:/bin"
  }

  func start() throws -> (executor: ProcessExecutor, observations: Observations) {
    let executor = try ProcessExecutor(settings)
    return (executor, Observations(of: executor))
  }

  /// A gate that stays open for as long as the fixture is there.
  func gate(_ name: String = "gate") throws -> Gate {
    let gate = try Gate("\(folder.path)/\(name)")
    gates.append(gate)
    return gate
  }

  func directory(_ number: Int = 0) -> AttemptDirectory {
    AttemptDirectory(of: attemptID(number), under: settings.root)
  }

  func log(_ number: Int = 0) throws -> String { try String(contentsOfFile: directory(number).log, encoding: .utf8) }

  /// The process that supervises an attempt.
  func supervisor(_ number: Int = 0) throws -> ProcessHandle {
    guard case .supervised(let pid) = directory(number).state() else {
      throw Unexpected(what: "attempt \(number) is \(directory(number).state())")
    }
    return try ProcessHandle(pid)
  }

  struct Unexpected: Error { let what: String }
}

/// What an executor reports, in its order.
actor Observations {
  private var unseen: [Observation] = []
  private var waiter:
    (isWanted: @Sendable (Observation) -> Bool, continuation: CheckedContinuation<Observation?, Never>)?

  init(of executor: ProcessExecutor) {
    // Only the stream is held: an executor that the test has dropped lets go of what it watches.
    let news = executor.observations
    Task { for await observation in news { await add(observation) } }
  }

  private func add(_ observation: Observation) {
    unseen.append(observation)
    deliver()
  }

  private func deliver() {
    guard let waiter, let place = unseen.firstIndex(where: waiter.isWanted) else { return }
    self.waiter = nil
    waiter.continuation.resume(returning: unseen.remove(at: place))
  }

  private func giveUp() {
    waiter?.continuation.resume(returning: nil)
    waiter = nil
  }

  /// Waits for the first report that has not been handed out and is wanted.
  func first(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    where isWanted: @escaping @Sendable (Observation) -> Bool
  ) async throws -> Observation {
    let deadline = Task {
      try await Task.sleep(for: .seconds(20))
      giveUp()
    }
    defer { deadline.cancel() }
    let found = await withCheckedContinuation { continuation in
      waiter = (isWanted, continuation)
      deliver()
    }
    return try #require(found, "\(what) was not reported; left are \(unseen)", sourceLocation: sourceLocation)
  }

  func started(_ number: Int = 0, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    _ = try await first("the start of \(number)", sourceLocation: sourceLocation) { $0 == .started(attemptID(number)) }
  }

  /// Waits for the end of an attempt and tells how it was.
  func outcome(_ number: Int = 0, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
    let found = try await first("the end of \(number)", sourceLocation: sourceLocation) { observation in
      if case .ended(attemptID(number), _) = observation { true } else { false }
    }
    guard case .ended(_, let outcome) = found else { throw ExecutorFixture.Unexpected(what: "\(found)") }
    return outcome
  }

  func delayed(_ number: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let found = try await first("the delay of \(number)", sourceLocation: sourceLocation) { observation in
      if case .delayed(attemptID(number), _) = observation { true } else { false }
    }
    guard case .delayed(_, let reason) = found else { throw ExecutorFixture.Unexpected(what: "\(found)") }
    return reason
  }

  func progress(sourceLocation: SourceLocation = #_sourceLocation) async throws -> WorkflowCore.Progress {
    let found = try await first("progress", sourceLocation: sourceLocation) { observation in
      if case .progressed = observation { true } else { false }
    }
    guard case .progressed(_, let progress) = found else { throw ExecutorFixture.Unexpected(what: "\(found)") }
    return progress
  }

  /// What has been reported and not asked for.
  var rest: [Observation] { unseen }
}
