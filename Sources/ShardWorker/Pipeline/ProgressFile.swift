import Foundation

/// Tells the orchestrator how far a shard is: one line `rows done/rows in all` in the file that
/// `ARGO_PROGRESS_FILE` names.
final class ProgressFile {
  private static let interval = Duration.milliseconds(500)

  private let path: String?
  private let total: Int
  private var last: ContinuousClock.Instant?

  /// Without a path nothing is written.
  init(path: String?, total: Int) {
    self.path = path
    self.total = total
  }

  /// Writes the line, twice a second at most, and always the last one.
  func update(_ done: Int) {
    guard let path else { return }
    let now = ContinuousClock.now
    if done < total, let last, now - last < Self.interval { return }
    last = now
    // Progress is a courtesy: a file that cannot be written must not end the shard.
    try? Data("\(done)/\(total)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
