import Execution
import Foundation
import Testing

@testable import KubernetesExecution
@testable import WorkflowCore

/// An executor over a scripted cluster, and what it reports.
final class ExecutorFixture {
  let folder: TemporaryDirectory
  let cluster: ScriptedCluster
  private let settings: KubernetesSettings

  init(_ fate: @escaping ScriptedCluster.Fate = Fates.succeeds) throws {
    folder = try TemporaryDirectory()
    cluster = try ScriptedCluster(fate)
    try folder.write("the helper", to: PodBuilder.program)
    settings = KubernetesSettings(root: folder.path + "/runs", executable: folder.path + "/orchestrate")
  }

  func start() throws -> (executor: KubernetesExecutor, observations: Observed) {
    let executor = try KubernetesExecutor(KubernetesClient(cluster.access), settings)
    return (executor, Observed(of: executor))
  }

  /// Starts an executor and launches one attempt.
  func launch(
    _ change: (inout Launch) -> Void = { _ in }
  ) async throws -> (executor: KubernetesExecutor, observations: Observed) {
    let (executor, observations) = try start()
    try await executor.ensureLaunched(.pod(change))
    return (executor, observations)
  }

  /// Lets go of an attempt, and expects that nothing of it is left in the cluster.
  func release(_ executor: KubernetesExecutor, _ sourceLocation: SourceLocation = #_sourceLocation) async {
    await executor.release(Launch.pod().attempt)
    await executor.settle()
    #expect(cluster.pods.isEmpty, sourceLocation: sourceLocation)
    #expect(!KubernetesExecutor.knows(Launch.pod().attempt, under: settings.root), sourceLocation: sourceLocation)
  }

  var log: String { (try? folder.text("runs/run/node/main.log")) ?? "" }
}

extension Launch {
  static func pod(_ change: (inout Launch) -> Void = { _ in }) -> Launch {
    var launch = Launch(
      attempt: AttemptID(run: "run", node: NodeIndex(1), nodeID: "node"), workflowName: "workflow",
      namespace: "default", nodeName: "workflow.step(0)", podName: "workflow-step-1", templateName: "step",
      image: "busybox", command: ["sh", "-c"], args: ["echo $HOME"], source: nil, environment: [],
      workingDirectory: nil, requests: [:], outputFiles: [OutputFile(parameter: "text", path: "/out")],
      capturesResult: true, deadlineSeconds: nil, directory: "/", workspace: nil)
    launch.executor = .kubernetes
    launch.pod = PodRequest(template: .record(["container": .record(["image": "busybox"])]))
    change(&launch)
    return launch
  }
}

/// What an executor reports.
actor Observed {
  private var unseen: [Observation] = []
  private var waiter:
    (isWanted: @Sendable (Observation) -> Bool, continuation: CheckedContinuation<Observation?, Never>)?

  /// The executor lives for as long as it is observed.
  private let executor: KubernetesExecutor

  init(of executor: KubernetesExecutor) {
    self.executor = executor
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

  func first(
    _ what: String, _ sourceLocation: SourceLocation = #_sourceLocation,
    where isWanted: @escaping @Sendable (Observation) -> Bool
  ) async throws -> Observation {
    let deadline = Task {
      try await Task.sleep(for: .seconds(120))
      giveUp()
    }
    defer { deadline.cancel() }
    let found = await withCheckedContinuation { continuation in
      waiter = (isWanted, continuation)
      deliver()
    }
    return try #require(found, "\(what) was not reported; left are \(unseen)", sourceLocation: sourceLocation)
  }

  func started(_ sourceLocation: SourceLocation = #_sourceLocation) async throws {
    _ = try await first("the start", sourceLocation) { if case .started = $0 { true } else { false } }
  }

  func delayed(_ sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let found = try await first("a delay", sourceLocation) { if case .delayed = $0 { true } else { false } }
    guard case .delayed(_, let reason) = found else { return "" }
    return reason
  }

  func outcome(_ sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
    let found = try await first("the end", sourceLocation) { if case .ended = $0 { true } else { false } }
    guard case .ended(_, let outcome) = found else { throw Missing() }
    return outcome
  }

  struct Missing: Error {}

  var rest: [Observation] { unseen }
}
