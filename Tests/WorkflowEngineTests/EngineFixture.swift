import Execution
import Foundation
import StateFile
import Synchronization
import Testing
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// A state file, the world around it, and engines over both, one after the other.
final class EngineFixture: Sendable {
  let directory: TemporaryDirectory
  let state: StateFile
  let time: VirtualTime
  let world: World

  /// - Parameter answer: how an attempt ends; nil leaves it running. Without one every attempt succeeds.
  init(
    time: VirtualTime = VirtualTime(),
    answer: @escaping @Sendable (Launch) -> Outcome? = { _ in Outcome(.exited(code: 0)) }
  ) throws {
    directory = try TemporaryDirectory()
    let path = directory.path + "/state.db"
    state = try StateFile(creatingIfMissing: path)
    self.time = time
    world = World(stateFile: path, time: time, answer: answer)
  }

  /// Admits a workflow, as `submit` does.
  @discardableResult
  func submit(_ text: String, uid: String = "uid-1", name: String = "wf") throws -> String {
    let file = WorkflowReader(for: .run, isNamed: true).read(text, name: "test.yaml")
    let workflow = try #require(file.workflows.first, "\(file.report)")
    let run = RunState(
      uid: uid, name: name, namespace: "default", workflow: workflow, parameters: [], createdAt: time.now,
      directory: "/home/user")
    try state.insert(run)
    return uid
  }

  /// An engine with a state file of its own, as in a process of its own.
  func engine(
    _ executor: WorldExecutor? = nil, observer: any TurnObserver = Watcher()
  ) throws -> Engine {
    try Engine(
      state: StateFile(existing: state.path), executor: executor ?? WorldExecutor(world), time: time,
      observer: observer,
      revive: revive)
  }

  func run(_ uid: String = "uid-1") throws -> RunState { try revive(#require(try state.run(uid: uid))) }

  /// Makes every later commit fail, as a full disk would, until `false`.
  func setDiskFull(_ isFull: Bool) throws {
    let sql =
      isFull
      ? "CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
      : "DROP TRIGGER full"
    try tamper(sql)
  }

  func tamper(_ sql: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sqlite3", state.path, sql]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}

/// Brings a stored run back from its manifest and rows.
@Sendable func revive(_ stored: StoredRun) throws -> RunState {
  let file = WorkflowReader(for: .run, parameters: stored.parameters, isNamed: true).read(
    stored.manifest, name: stored.name)
  guard let workflow = file.workflows.first else { throw EngineError.unreadableRun(stored.name, file.report) }
  var run = RunState(
    uid: stored.uid, name: stored.name, namespace: stored.namespace, workflow: workflow, parameters: stored.parameters,
    createdAt: stored.createdAt, directory: stored.directory)
  run.restore(stored.record, nodes: stored.nodes)
  return run
}

/// Counts commits, and checks after each that the run is sound.
final class Watcher: TurnObserver {
  private let state = Mutex((commits: 0, leftOut: [(uid: String, reason: String)](), violations: [String]()))
  private let onCommit: @Sendable (Int) -> Void

  /// - Parameter onCommit: told the number of each commit, before anything is done about it.
  init(onCommit: @escaping @Sendable (Int) -> Void = { _ in }) { self.onCommit = onCommit }

  func turnCommitted(_ run: borrowing RunState, changed: [NodeIndex]) {
    let violations = run.violations().map(\.description)
    let number = state.withLock { state in
      state.commits += 1
      state.violations += violations
      return state.commits
    }
    onCommit(number)
  }

  func runLeftOut(_ uid: String, reason: String) { state.withLock { $0.leftOut.append((uid, reason)) } }

  var leftOut: [(uid: String, reason: String)] { state.withLock(\.leftOut) }
  var violations: [String] { state.withLock(\.violations) }
}

/// A directory that goes with the test that made it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    // Thousands of commits that wait for a disk would take minutes.
    let memory = "/dev/shm"
    let isUsable = FileManager.default.isWritableFile(atPath: memory)
    path = (isUsable ? memory : FileManager.default.temporaryDirectory.path) + "/orchestrate-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A workflow with one step for each name, all at once.
func workflow(_ steps: String..., retry: String = "") -> String {
  """
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: wf}
  spec:
    entrypoint: main
    templates:
      - name: main
        steps:
          - [\(steps.map { "{name: \($0), template: work}" }.joined(separator: ", "))]
      - name: work
        \(retry)
        container: {image: busybox, command: [work]}
  """
}
