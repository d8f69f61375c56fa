import Foundation
import RunFiles

/// A directory `_tmp-...` beside the final files, for what is not finished. Readers skip its name.
///
/// Its owner holds a lock on it for as long as the process lives, so that what a killed merge left can be told
/// from what a merge beside us is writing.
final class StagingDirectory: Sendable {
  static let prefix = "_tmp-"
  let path: String
  private let descriptor: Int32

  /// Makes and locks a directory under a name of its own in `parent`, which must exist.
  init(in parent: String) throws {
    while true {
      let path = "\(parent)/\(Self.prefix)\(UUID().uuidString.lowercased())"
      guard mkdir(path, 0o755) == 0 else { throw Self.failure("make", path) }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      // Between mkdir and flock a merge that cleans up may have taken the directory for abandoned.
      if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isLinked(path, descriptor) {
        self.path = path
        self.descriptor = descriptor
        return
      }
      if descriptor >= 0 { close(descriptor) }
    }
  }

  deinit { close(descriptor) }

  /// Removes the directory and what is left in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Removes the staging directories in `parent` that no living process holds.
  static func removeAbandoned(in parent: String) {
    for name in LocalFile.names(in: parent) where name.hasPrefix(prefix) {
      let path = "\(parent)/\(name)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
      close(descriptor)
    }
  }

  private static func isLinked(_ path: String, _ descriptor: Int32) -> Bool {
    var (byPath, byDescriptor) = (stat(), stat())
    return stat(path, &byPath) == 0 && fstat(descriptor, &byDescriptor) == 0
      && byPath.st_ino == byDescriptor.st_ino
  }

  private static func failure(_ operation: String, _ path: String) -> ConsolidateError {
    .system(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }
}
