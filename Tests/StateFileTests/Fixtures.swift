import Foundation
import GRDB
import Testing
import WorkflowCore

@testable import StateFile

/// A state file in a directory that goes with the test.
final class StateFixture {
  let directory: TemporaryDirectory
  let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/state.db"
  }

  func open() throws -> StateFile { try StateFile(creatingIfMissing: path) }

  /// Another program at the same file: what the state file did not write itself.
  func tamper(_ sql: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }
}

/// A directory that goes with the test that made it.
final class TemporaryDirectory {
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

let start = Timestamp(milliseconds: 1_372_914_000_000)  // 2013-07-04T05:00:00Z

/// A run that has not begun.
func makeRun(_ uid: String, name: String? = nil, namespace: String = "default", createdAt: Timestamp = start)
  -> RunState
{
  let manifest = Value.record(["kind": "Workflow", "spec": .record(["entrypoint": "main", "weight": .double(0.5)])])
  return RunState(
    uid: uid, name: name ?? uid, namespace: namespace,
    workflow: Workflow(
      metadata: ObjectMetadata(name: name ?? uid), spec: WorkflowSpec(entrypoint: Located("main"), templates: []),
      manifest: manifest),
    parameters: [ParameterValue(name: "date", value: "2013-07-04")], createdAt: createdAt, directory: "/home/user")
}

extension StateFile {
  /// Commits as the engine of `epoch` would.
  func commit(_ epoch: Epoch, _ change: (inout Batch) -> Void) throws(StateError) {
    var batch = Batch(epoch: epoch, at: start)
    change(&batch)
    try commit(batch)
  }

  func count(_ sql: String) throws -> Int { try read { try Int.fetchOne($0, sql: sql) ?? 0 } }
}

extension RunRecord {
  static func phase(_ phase: RunPhase, message: String? = nil) -> RunRecord {
    RunRecord(phase: phase, message: message, startedAt: nil, finishedAt: nil, shutdown: nil, globalOutputs: [])
  }
}
