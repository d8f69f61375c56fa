import Execution
import StateFile
import Synchronization
import Testing
import WorkflowCore
import WorkflowEngine

/// An engine that dies at any moment is followed by one that carries on as if nothing had happened.
@Suite(.timeLimit(.minutes(3)))
struct CrashTests {
  /// A chain, outputs handed on, a retry that waits, a loop with a retry, and an exit handler.
  private static let workflow = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {name: wf}
    spec:
      entrypoint: main
      onExit: bye
      templates:
        - name: main
          steps:
            - [{name: first, template: producer}]
            - [{name: flaky, template: flaky}]
            - - name: each
                template: item
                withItems: [a, b, c]
                arguments: {parameters: [{name: item, value: "{{item}}"}]}
            - - name: last
                template: item
                arguments: {parameters: [{name: item, value: "{{steps.first.outputs.parameters.text}}"}]}
        - name: producer
          container: {image: i, command: [produce]}
          outputs: {parameters: [{name: text, valueFrom: {path: /tmp/text}}]}
        - name: flaky
          retryStrategy: {limit: "2", backoff: {duration: "10s"}}
          container: {image: i, command: [flaky]}
        - name: item
          inputs: {parameters: [{name: item}]}
          retryStrategy: {limit: "1"}
          container: {image: i, command: [work, "{{inputs.parameters.item}}"]}
        - name: bye
          container: {image: i, command: [bye]}
    """

  @Sendable private static func answer(_ launch: Launch) -> Outcome {
    switch launch.command {
    case ["produce"]: Outcome(.exited(code: 0), parameters: [ParameterValue(name: "text", value: "made")])
    case ["flaky"]: Outcome(.exited(code: launch.nodeName.hasSuffix("(0)") ? 3 : 0))
    case ["work", "b"]: Outcome(.exited(code: launch.nodeName.hasSuffix("(0)") ? 4 : 0))
    default: Outcome(.exited(code: 0))
    }
  }

  /// When an engine dies.
  private enum Crash: Sendable {
    case never
    /// After this commit, before anything is done about it.
    case commit(Int)
    /// After this call to the executor, before anything comes of it.
    case call(Int)
  }

  /// What came of a run whose engine died once, or ended before that.
  private struct Ending {
    let object: Value
    let starts: Set<String>
    let hasDied: Bool
  }

  private func ending(_ crash: Crash) async throws -> Ending {
    let fixture = try EngineFixture(answer: Self.answer)
    try fixture.submit(Self.workflow)
    let hasDied = try await live(fixture, until: crash)
    if hasDied { try await fixture.engine().run() }
    let run = try fixture.run()
    #expect(fixture.world.problems.isEmpty)
    #expect(fixture.world.running.isEmpty)
    #expect(Set(fixture.world.starts).count == fixture.world.starts.count, "no attempt is started twice")
    #expect(run.violations().isEmpty)
    return Ending(object: run.workflowObject, starts: Set(fixture.world.starts), hasDied: hasDied)
  }

  /// Drives with an engine that at one point is cut off from the world and loses the file to another: for all that
  /// anybody can tell, its process is gone. Returns whether it came to that.
  private func live(_ fixture: EngineFixture, until crash: Crash) async throws -> Bool {
    let life = Life(fixture.state)
    let executor = WorldExecutor(fixture.world) { call in
      if case .call(call) = crash { life.end() }
    }
    let watcher = Watcher { commit in
      if case .commit(commit) = crash { life.end() }
    }
    let engine = try fixture.engine(executor, observer: watcher)
    life.begin(engine, executor)
    do {
      return try await !engine.run()
    } catch StateError.superseded {
      return true
    }
  }

  @Test("whichever commit an engine dies after, the run ends as if it had not", arguments: [false, true])
  func everyPoint(isCall: Bool) async throws {
    let whole = try await ending(.never)
    #expect(whole.object["status"]?["phase"] == "Succeeded")
    #expect(whole.starts.count == 9)
    var points = 0
    while true {
      points += 1
      let ending = try await ending(isCall ? .call(points) : .commit(points))
      #expect(ending.object == whole.object, "died at \(isCall ? "call" : "commit") \(points)")
      #expect(ending.starts == whole.starts)
      if !ending.hasDied { break }
    }
    #expect(points > 8, "the crashes fell into \(points) different places")
  }
}

/// The life of one engine.
private final class Life: Sendable {
  private let state: StateFile
  private let holder = Mutex<(engine: Engine, executor: WorldExecutor)?>(nil)

  init(_ state: StateFile) { self.state = state }

  func begin(_ engine: Engine, _ executor: WorldExecutor) { holder.withLock { $0 = (engine, executor) } }

  func end() {
    guard let (engine, executor) = holder.withLock({ $0 }) else { return }
    executor.cut()
    #expect(throws: Never.self) { try state.claim(at: VirtualTime.start) }
    engine.leave()
  }
}
