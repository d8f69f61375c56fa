import Foundation
import StateFile
import WorkflowCore

/// Prints what the steps of a run add to their logs, as they add it, whoever drives the run.
final class LogFollower {
  private enum News: Sendable { case change, left }

  private var run: RunState
  private let stateFile: StateFile
  private let root: String
  private let prefixes: Bool
  private let isWanted: (Node, RunState) -> Bool
  /// How much of each file has been printed.
  private var offsets: [String: UInt64] = [:]
  /// One listener for each attempt that runs.
  private var listeners: [String: Task<Void, any Error>] = [:]

  init(
    _ run: RunState, _ stateFile: StateFile, attemptsRoot root: String, prefixes: Bool,
    isWanted: @escaping (Node, RunState) -> Bool
  ) {
    self.run = run
    self.stateFile = stateFile
    self.root = root
    self.prefixes = prefixes
    self.isWanted = isWanted
  }

  /// Returns whether the run has ended; false when Ctrl-C came first.
  func follow() async throws -> Bool {
    let (news, continuation) = AsyncStream<News>.makeStream(bufferingPolicy: .bufferingOldest(2))
    listeners[""] = listen(to: try stateFile.commits()) { continuation.yield(.change) }
    defer { listeners.values.forEach { $0.cancel() } }
    onInterrupt { continuation.yield(.left) }
    continuation.yield(.change)
    for await item in news {
      guard case .change = item else { return false }
      guard let stored = try stateFile.run(uid: run.uid) else { return true }
      run.restore(stored.record, nodes: stored.nodes)
      for node in run.nodes where node.type.isLeaf && isWanted(node, run) {
        try look(at: node) { continuation.yield(.change) }
      }
      if run.isSettled { return true }
    }
    return false
  }

  private func listen(to changes: FileChanges, _ tell: @escaping @Sendable () -> Void) -> Task<Void, any Error> {
    Task {
      for await _ in changes.news {
        tell()
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  private func look(at node: Node, _ tell: @escaping @Sendable () -> Void) throws {
    let folder = "\(root)/\(run.uid)/\(node.id)"
    let hasEnded = node.phase.isFulfilled
    if hasEnded {
      listeners.removeValue(forKey: folder)?.cancel()
    } else if listeners[folder] == nil, FileManager.default.fileExists(atPath: folder) {
      listeners[folder] = listen(to: try FileChanges(of: ["main.log", "stdout"], in: folder), tell)
    }
    for file in ["main.log", "stdout"] { printAdded("\(folder)/\(file)", of: node, isWhole: hasEnded) }
  }

  /// Prints whole lines; the beginning of one waits for its end, unless there is none to come.
  private func printAdded(_ path: String, of node: Node, isWhole: Bool) {
    guard let handle = FileHandle(forReadingAtPath: path) else { return }
    defer { try? handle.close() }
    let offset = offsets[path] ?? 0
    guard (try? handle.seek(toOffset: offset)) != nil, var data = try? handle.readToEnd(), !data.isEmpty else { return }
    if !isWhole {
      guard let end = data.lastIndex(of: UInt8(ascii: "\n")) else { return }
      data = data[...end]
    }
    offsets[path] = offset + UInt64(data.count)
    var lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\n")
    if lines.last == "" { lines.removeLast() }
    let text = lines.map { prefixes ? "\(node.displayName): \($0)\n" : $0 + "\n" }.joined()
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}
